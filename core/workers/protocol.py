"""What the server, the template and a worker say to each other: one JSON message a packet, open files beside it.

Each pair talks over a socket of its own (SOCK_SEQPACKET, so that a message is one packet and an end is seen).
What a worker says is looked at as closely as what a client says: its types are checked, and its length is bounded.
"""

import socket
from collections.abc import Iterable
from typing import Annotated, TypeVar

import msgspec

from core.settings import Limits
from core.sizes import Sizes

Message = TypeVar("Message", bound=msgspec.Struct)

_LONGEST = 1 << 16  # bytes of a message
_FILES = 64  # at most beside one message


class Order(msgspec.Struct):
    """Server -> template: `ends` names a worker to kill; 0 asks for a new one, whose socket comes beside it."""

    ends: int = 0


class Forked(msgspec.Struct):
    """Template -> server: a worker that was forked, or one that was ended and its exit status as `os.waitpid` has it.

    `pid` 0 says that the system would not fork, or that the template knows no such worker.
    """

    pid: int
    status: int = 0


class Ready(msgspec.Struct):
    """Worker -> server, first of all: what it gave up, and what this system has no means to take from it."""

    holds: list[str]
    lacks: list[str]


class Task(msgspec.Struct):
    """Server -> worker: the source is the first of the files beside it, then comes one of each size, in this order."""

    limits: Limits
    sizes: Sizes


class Done(msgspec.Struct):
    """Worker -> server: all outputs are written, and what else is told of the image; or the file is refused (`kind` is
    a slug); or the worker failed."""

    kind: str = ""
    detail: str = ""
    extra: dict[str, str | int | None] = {}
    failure: str = ""
    taken_at: Annotated[str, msgspec.Meta(max_length=25)] = ""
    placeholder: Annotated[str, msgspec.Meta(max_length=40)] = ""


def send(connection: socket.socket, message: msgspec.Struct, files: Iterable[int] = ()) -> None:
    """Send one message; OSError when nobody is there to take it."""
    socket.send_fds(connection, [msgspec.json.encode(message)], list(files))


def receive(connection: socket.socket, kind: type[Message]) -> Message:
    """The next message; EOFError at the other's end, TimeoutError after the socket's, ValueError for any other."""
    return _decoded(connection.recv(_LONGEST), kind)


def receive_with_files(connection: socket.socket, kind: type[Message]) -> tuple[Message, list[int]]:
    """The next message and the descriptors that came beside it, which are the receiver's to close."""
    data, files, _, _ = socket.recv_fds(connection, _LONGEST, _FILES)
    return _decoded(data, kind), files


def _decoded(data: bytes, kind: type[Message]) -> Message:
    if not data:
        raise EOFError("the other process has ended")
    return msgspec.json.decode(data, type=kind)
