"""The error tree: drawn at its top as it is, and each kind told apart."""

import re
from pathlib import Path

from core import errors
from docs import errors as errors_page


def kinds(base=errors.ServiceError):
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_the_drawing_is_the_tree():
    drawn = re.findall(r"[├└]── (\w+)\s+(\d{3})(?: +([a-z-]+))?", errors.__doc__ or "")
    real = {kind.__name__: kind for kind in kinds()}
    assert {name for name, _, _ in drawn} == set(real)
    for name, status, slug in drawn:
        assert real[name].status == int(status), name
        assert not slug or real[name].slug == slug, name


def test_the_page_is_the_tree():
    page = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()
    assert page == errors_page.page(), "run make docs"


def test_each_kind_says_what_happened():
    told = [(kind.__doc__ or "", kind.again) for kind in [errors.ServiceError, *kinds()]]
    assert len({sentence for sentence, _ in told}) == len(told), "a kind has the sentence of another"
    assert all(text.endswith(".") and "|" not in text for both in told for text in both)


def test_who_is_told_when_is_told_to_ask_again():
    for kind in kinds():
        assert kind.retry_after is None or kind.again.startswith("Yes"), kind.__name__


def test_each_kind_has_a_slug_of_its_own():
    slugs = [kind.slug for kind in kinds()]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z-]+", slug) for slug in slugs)
