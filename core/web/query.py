"""Parses a request's query once and in one way, so that the signed parameters are those that are answered."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import parse_qsl

_REMEMBERED = 256  # bytes; a longer query is not ours, and a thousand of them would keep much memory


def parameters(text: bytes) -> Mapping[str, str]:
    """The value of each parameter; if one occurs twice, the last."""
    return _known(text) if len(text) <= _REMEMBERED else _parsed(text)


def _parsed(text: bytes) -> Mapping[str, str]:
    return MappingProxyType(dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True)))


_known = lru_cache(maxsize=1024)(_parsed)  # most queries are one of four sizes, or a signed URL that a page shows again
