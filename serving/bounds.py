"""How much one box takes from clients: the head of a request, connections, open files."""

import resource
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from core import settings
from core.errors import HeadTooLarge, ServiceError, UrlTooLong

URL_BYTES = 8 * 1024
HEAD_BYTES = 32 * 1024  # URL and headers together
MOST_FILES = 1 << 16  # more are never needed, and some systems have no limit that could be asked for


def raise_file_limit() -> int:
    """Lets this process open as many files as the system allows it, and says how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # a sandbox may forbid it; the limit is then what it is
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def backlog(files: int) -> int:
    """Connections that may wait to be accepted; the event loop opens as many at once before any can be refused."""
    return max(4, min(2048, files // 16))


@cache
def connections() -> int:
    """Connections that this process holds at a time: never more than a quarter of the files that it may open."""
    return max(1, min(settings.current().max_connections, raise_file_limit() // 4))


def objection(scope: Mapping[str, Any]) -> ServiceError | None:
    """What is wrong with the size of a request's head, if anything is."""
    url = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
    if url > URL_BYTES:
        return UrlTooLong(f"The URL has {url} bytes; at most {URL_BYTES} are read.")
    head = url + sum([len(name) + len(value) + len(": \r\n") for name, value in scope["headers"]])
    return (
        HeadTooLarge(f"URL and headers have {head} bytes; at most {HEAD_BYTES} are read.")
        if head > HEAD_BYTES
        else None
    )
