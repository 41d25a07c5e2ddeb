"""The messages between the server, the template and a worker: one JSON message per packet, with open files beside it.

Each pair has its own socket (SOCK_SEQPACKET, so that a message is one packet and a close is seen). A worker's message
is checked like a client's: its types are validated, and its length is bounded.
"""

import socket
from collections.abc import Iterable
from typing import Annotated, TypeVar

import msgspec

from core.settings import Limits
from core.sizes import Sizes

Message = TypeVar("Message", bound=msgspec.Struct)

_LONGEST = 1 << 16  # bytes of a message
_FILES = 64  # at most with one message


class Allowance(msgspec.Struct):
    """On the template's command line: how much memory a worker may take and how long a file it may write, in bytes, and
    how many seconds of CPU it may use for one picture."""

    memory: int
    largest_file: int
    cpu_seconds: int


class Order(msgspec.Struct):
    """Server -> template: `ends` is the worker to kill; 0 requests a new worker, whose socket is with the message."""

    ends: int = 0


class Forked(msgspec.Struct):
    """Template -> server: a worker that was forked, or that has ended, with its exit status as in `os.waitpid`.

    `pid` 0 means that the system could not fork, or that the template has no such worker.
    """

    pid: int
    status: int = 0


class Ready(msgspec.Struct):
    """Worker -> server, as the first message: what the worker gave up, and what this system cannot take from it."""

    holds: list[str]
    lacks: list[str]


class Task(msgspec.Struct):
    """Server -> worker: the source is the first file with the message, followed by one file per size, in this order."""

    limits: Limits
    sizes: Sizes


class Done(msgspec.Struct):
    """Worker -> server: all outputs are written, with the rest of the image's record; or the file is rejected (`kind`
    is a slug); or the worker failed."""

    kind: str = ""
    detail: str = ""
    extra: dict[str, str | int | None] = {}
    failure: str = ""
    taken_at: Annotated[str, msgspec.Meta(max_length=25)] = ""
    placeholder: Annotated[str, msgspec.Meta(max_length=40)] = ""


def send(connection: socket.socket, message: msgspec.Struct, files: Iterable[int] = ()) -> None:
    """Sends one message; OSError when there is no receiver."""
    socket.send_fds(connection, [msgspec.json.encode(message)], list(files))


def receive(connection: socket.socket, kind: type[Message]) -> Message:
    """Receives a message; EOFError when the socket was closed, TimeoutError, ValueError for another kind of message."""
    return _decoded(connection.recv(_LONGEST), kind)


def receive_with_files(connection: socket.socket, kind: type[Message]) -> tuple[Message, list[int]]:
    """Receives a message and the descriptors that came with it, which the caller must close."""
    data, files, _, _ = socket.recv_fds(connection, _LONGEST, _FILES)
    return _decoded(data, kind), files


def _decoded(data: bytes, kind: type[Message]) -> Message:
    if not data:
        raise EOFError("the other process has ended")
    return msgspec.json.decode(data, type=kind)
