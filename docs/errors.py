# ruff: noqa: E501  one sentence a line
"""Prints docs/errors.md, the page of all errors, from the tree in core/errors.py: python -m docs.errors"""

from collections.abc import Iterator

from core.errors import ServiceError

HEAD = """\
# Errors

Every error is an RFC 9457 problem, `application/problem+json`: `{"type": "/problems/image-not-found", "title": …, "status": 404, "detail": …}`.
`type` names the kind and stays; `title` says it in words; `detail` is a sentence for this time, fit to be shown.
Some carry a number to act on: `limit`, `length`, `offset`.
Where asking again makes sense after a while, `Retry-After` says how many seconds.

What API Gateway answers by itself is not of this form: `{"message": "Too Many Requests"}`, as `application/json`.
It does so for 404 (no such route), 413 (more than it carries), 429 (too many requests: ask again, later each time), 500 and 503 (the function failed or took longer than 29 seconds: ask again as for `unavailable`).

This page is made of [core/errors.py](../core/errors.py) by `make docs`.

| type | status | what happened | ask again? |
| --- | --- | --- | --- |
"""


def kinds(base: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    """The kind and all below it, as the tree draws them."""
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def page() -> str:
    """The page, as Markdown."""
    return HEAD + "".join(
        f"| `{kind.slug}` | {kind.status} | {kind.__doc__} | {kind.again} |\n"
        for kind in sorted(kinds(), key=lambda kind: kind.status)
    )


if __name__ == "__main__":
    print(page(), end="")
