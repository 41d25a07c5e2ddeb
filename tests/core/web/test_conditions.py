"""A request's conditions: how each header is read, and what is ignored."""

import pytest

from core.errors import RangeNotSatisfiable
from core.web.conditions import conditions, date, http_date, named_versions, parse_range, quoted


def test_only_conditions_are_taken_and_a_field_sent_twice_is_one_list() -> None:
    headers = [(b"accept", b"x"), (b"if-match", b'"a"'), (b"range", b"bytes=0-"), (b"if-match", b'"b"')]
    assert conditions(headers) == {b"if-match": b'"a","b"', b"range": b"bytes=0-"}


def test_etag_is_quoted_if_there_is_one() -> None:
    assert (quoted("e"), quoted(None)) == (b'"e"', None)


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        (None, None),
        ("*", None),
        ('"a"', ["a"]),
        ('"a" , "b-gzip", W/"c"', ["a", "b"]),
        ('W/"c"', []),
        ("", [""]),
    ],
)
def test_versions_that_a_change_names(header: str | None, versions: list[str] | None) -> None:
    assert named_versions(header) == versions


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (b"bytes=0-0", (0, 1)), (b"bytes=0-9", (0, 10)), (b"bytes=0-99", (0, 10)), (b"bytes=3-5", (3, 6)),
        (b"bytes=9-", (9, 10)), (b"bytes=-1", (9, 10)), (b"bytes=-10", (0, 10)), (b"bytes=-99", (0, 10)),
        (b" Bytes = 3-5 ", (3, 6)), (b"bytes=0-" + b"9" * 19, (0, 10)),
    ],
)  # fmt: skip
def test_range_is_the_bytes_that_it_names(header: bytes, span: tuple[int, int]) -> None:
    assert parse_range(header, 10) == span


@pytest.mark.parametrize(
    "header",
    [
        *(b"", b"bytes", b"bytes=", b"bytes=-", b"bytes=5", b"bytes=5-3", b"bytes=0-1,3-4", b"lines=0-1"),
        *(b"bytes=a-5", b"bytes=0-b", b"bytes=0-" + b"9" * 20, b"bytes=" + b"0" * 20 + b"-", b"bytes=--1"),
    ],
)
def test_range_that_is_none_is_ignored(header: bytes) -> None:
    assert parse_range(header, 10) is None


@pytest.mark.parametrize(("header", "length"), [(b"bytes=10-", 10), (b"bytes=-0", 10), (b"bytes=0-", 0)])
def test_range_past_the_end_is_refused(header: bytes, length: int) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_range(header, length)
    assert dict(caught.value.extra) == {"length": length}


def test_date_is_read_as_it_is_written() -> None:
    assert http_date(784111777) == b"Sun, 06 Nov 1994 08:49:37 GMT"
    assert date(b"Sun, 06 Nov 1994 08:49:37 GMT") == 784111777
    for none in (None, b"", b"yesterday", b"Sun, 99 Nov 1994 08:49:37 GMT", b"\xff"):
        assert date(none) is None
