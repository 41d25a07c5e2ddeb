"""Decodes pictures in separate processes, which hold nothing but the picture.

The server process queues the pictures, passes files to the workers and checks their results; it never loads an image
library. Inside a Lambda, which is itself a sandbox with one request at a time, and on systems other than Linux, the
same code runs in this process instead.

    pool        a fixed number of decoders, and the threads around them
    line        whose turn it is
    process     the server's side of a worker: limits, verdicts, replacement
    forking     the server's side of the template
    protocol    the messages between the processes
    template    the process from which workers are forked, and the work of one
    sandbox     the rights that a worker gives up first
"""

import asyncio
import atexit
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import BinaryIO

from core import machine, settings
from core.errors import DecoderLost
from core.index.entries import Entry
from core.settings import Limits, Settings
from core.sizes import Sizes
from core.workers.pool import Decoder, Isolation, Workers

__all__ = ["Isolation", "Workers", "isolation", "require_room", "shared", "started"]

_log = logging.getLogger("imgsrv.workers")
_starting = threading.Lock()  # two event loops may request the shared workers at once


class InProcess:
    """A decoder in the calling thread; in a Lambda this lacks no isolation, since a Lambda is itself a sandbox."""

    def prepare(self) -> Isolation:
        """Loads nothing early, so that a Lambda's cold start loads only what its first picture needs."""
        return Isolation(lacks=[] if _in_lambda() else ["processes of their own (Linux)"])

    def render(self, source: BinaryIO, outputs: Mapping[str, BinaryIO], limits: Limits, sizes: Sizes) -> Entry:
        """As `renditions.render`."""
        from core import renditions

        return renditions.render(source, outputs, limits, sizes)


def shared() -> Workers:
    """The workers of this server process; the first call starts them."""
    with _starting:
        return _workers()


@cache
def _workers() -> Workers:
    current = settings.current()
    if not _apart():
        return Workers([InProcess() for _ in range(current.workers)], current.decode_queue)
    from core.workers.forking import Template
    from core.workers.process import Worker

    template = Template(current)
    atexit.register(template.close)
    decoders: list[Decoder] = [Worker(template, current.decode_seconds) for _ in range(current.workers)]
    return Workers(decoders, current.decode_queue)


def isolation() -> Isolation:
    """Where pictures are decoded and how isolated; waits for the first worker, or raises why there is none."""
    return shared().isolation() if _apart() else InProcess().prepare()


@asynccontextmanager
async def started(app: object) -> AsyncIterator[None]:
    """The lifespan of an app that accepts uploads: the workers are ready before it is; the log says how isolated."""
    found = await asyncio.to_thread(isolation)
    log = _log.warning if found.lacks else _log.info
    log("pictures are decoded %s; holds: %s; lacks: %s", found.where, _listed(found.holds), _listed(found.lacks))
    yield


def require_room(settings: Settings) -> None:
    """Raises DecoderLost when one picture may take more memory than the machine has: its worker would be killed.

    A Lambda's settings follow its memory.
    """
    there = machine.memory() if _apart() else None
    if there is not None and settings.decode_memory > there:
        raise DecoderLost(
            f"One picture may take {settings.decode_memory} bytes of memory, and there are {there}: "
            "set IMGSRV_DECODE_MEMORY to less."
        )


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


def _apart() -> bool:
    """Whether pictures are decoded in separate processes."""
    return sys.platform == "linux" and not _in_lambda()


def _in_lambda() -> bool:
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ
