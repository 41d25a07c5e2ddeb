"""Parses the conditions of a request (RFC 9110): If-Match, If-None-Match, their dates, If-Range, Range. Pure."""

import re
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

from core.errors import RangeNotSatisfiable

_CONDITIONS = frozenset(
    (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"if-range", b"range")
)
_range = re.compile(rb"\s*bytes\s*=\s*([0-9]{0,19})-([0-9]{0,19})\s*", re.IGNORECASE).fullmatch

Headers = list[tuple[bytes, bytes]]


def conditions(headers: Headers) -> dict[bytes, bytes]:
    """The headers on which a read may depend; a field sent twice becomes one list."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _CONDITIONS:
            found[name] = found[name] + b"," + value if name in found else value
    return found


def quoted(etag: str | None) -> bytes | None:
    """An ETag in the form of a header."""
    return None if etag is None else f'"{etag}"'.encode()


def is_fresh(if_none_match: bytes | None, etag: bytes | None) -> bool:
    """Whether an If-None-Match names this ETag; compared weakly, as RFC 9110 13.1.2 requires."""
    if if_none_match is None or etag is None:
        return False
    found = [name.removeprefix(b"W/") for name in names(if_none_match)]
    return etag in found or found == [b"*"]


def named_versions(if_match: str | None) -> list[str] | None:
    """The versions that an If-Match names; None when any version matches."""
    found = [] if if_match is None else names(if_match.encode("latin-1"))
    if if_match is None or found == [b"*"]:
        return None
    return [name.decode("latin-1").strip('"').removesuffix("-gzip") for name in found if not name.startswith(b"W/")]


def names(header: bytes) -> list[bytes]:
    """The ETags in a header's list."""
    return [name.strip() for name in header.split(b",")]


def parse_range(header: bytes, length: int) -> tuple[int, int] | None:
    """The bytes from start up to stop of one satisfiable range; None for a range to ignore; RangeNotSatisfiable."""
    match = _range(header)
    first, last = match.groups() if match else (b"", b"")
    if (not first and not last) or (first and last and int(last) < int(first)):
        return None
    start = int(first) if first else max(length - int(last), 0)
    stop = min(int(last) + 1, length) if first and last else length
    if start >= stop:
        raise RangeNotSatisfiable(f"The range starts past the end: there are {length} bytes.", length=length)
    return start, stop


@lru_cache(maxsize=1024)  # a rendition's time never changes, and formatting it costs as much as reading a thumb
def http_date(seconds: int) -> bytes:
    return formatdate(seconds, usegmt=True).encode()


def date(value: bytes | None) -> int | None:
    """Parses a date into seconds since 1970; None when it is not a date."""
    try:
        return int(parsedate_to_datetime(value.decode()).timestamp()) if value else None
    except (ValueError, OverflowError):
        return None
