"""A request's query, parsed once and in one way: what a signature is held to is what is answered."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import parse_qsl


@lru_cache(maxsize=1024)  # a query is one of four sizes, or one of the signed URLs that a page shows again
def parameters(text: bytes) -> Mapping[str, str]:
    """The value of each parameter; of one that is there twice the last."""
    return MappingProxyType(dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True)))
