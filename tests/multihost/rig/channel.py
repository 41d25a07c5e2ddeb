"""Commands on a guest, over TCP: one connection a command, one JSON object a line.

caller -> guest   {"argv": [...], "env": {...}}
guest -> caller   {"out": text} or {"err": text}, any number of them, then {"exit": status}

A caller that leaves takes its command with it. A frozen or unplugged guest is waited for; a dead
one is not (it sends no FIN, so the caller looks at its kernel).
"""

import contextlib
import json
import os
import queue
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

PORT = 9000
PATIENCE = 900  # seconds: only what hangs takes as long, on however busy a machine


class HostGone(Exception):
    """The host died before its command ended."""


class Command:
    """A command that runs on a guest. `out` and `err` grow as it prints; `exit` is None until it ends."""

    def __init__(self, connection: socket.socket, argv: list[str], env: dict[str, str], alive: Callable[[], bool]):
        self.out, self.err = "", ""
        self.exit: int | None = None
        self._alive = alive
        self._connection = connection
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        connection.settimeout(None)
        connection.sendall(json.dumps({"argv": argv, "env": env}).encode() + b"\n")
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait_for(self, text: str, timeout: float = PATIENCE) -> None:
        """Returns once the command has printed `text`; AssertionError if it ends without, or too late."""
        self.wait_until(lambda out: text in out, timeout)

    def wait_until(self, condition: Callable[[str], bool], timeout: float = PATIENCE) -> None:
        """Returns once `condition` holds for what the command has printed; AssertionError as in wait_for."""
        end = time.monotonic() + timeout
        while not condition(self.out):
            assert self.exit is None, f"ended too early, with {self.exit}:\n{self.out}{self.err}"
            self._next(end)

    def wait(self, timeout: float = PATIENCE) -> str:
        """The whole standard output; AssertionError when the command fails."""
        end = time.monotonic() + timeout
        while self.exit is None:
            self._next(end)
        assert self.exit == 0, f"exit status {self.exit}:\n{self.out}{self.err}"
        return self.out

    def stop(self) -> None:
        """Leaves the command, which kills it."""
        with contextlib.suppress(OSError):  # it ended, or its host did
            self._connection.shutdown(socket.SHUT_RDWR)
        self._listener.join()

    def _next(self, end: float) -> None:
        while True:
            assert time.monotonic() < end, f"no answer in time:\n{self.out}{self.err}"
            try:
                message = self._messages.get(timeout=0.5)
            except queue.Empty:
                if not self._alive():
                    self.stop()
                    raise HostGone(self.out + self.err) from None
                continue
            if message is None:
                raise HostGone(self.out + self.err)
            self.out += message.get("out", "")
            self.err += message.get("err", "")
            self.exit = message.get("exit")
            return

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # cut off in the middle of a line
            with self._connection, self._connection.makefile("rb") as lines:
                for line in lines:
                    self._messages.put(json.loads(line))
        self._messages.put(None)


def serve() -> None:
    """The guest's end: runs what callers ask for, for ever."""
    with socket.create_server(("0.0.0.0", PORT), backlog=64) as listener:
        while True:
            threading.Thread(target=_serve_one, args=(listener.accept()[0],), daemon=True).start()


def _serve_one(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as lines:
        request = json.loads(lines.readline())
        process = subprocess.Popen(
            request["argv"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | request["env"],
            cwd="/",
            start_new_session=True,
        )
        try:
            for message in _output(process, connection):
                connection.sendall(json.dumps(message).encode() + b"\n")
            connection.sendall(json.dumps({"exit": process.wait()}).encode() + b"\n")
        except OSError:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _output(process: subprocess.Popen[bytes], connection: socket.socket) -> Iterator[dict[str, str]]:
    assert process.stdout
    assert process.stderr
    streams = {process.stdout.fileno(): "out", process.stderr.fileno(): "err"}
    while streams:
        ready, _, _ = select.select([*streams, connection.fileno()], [], [])
        if connection.fileno() in ready and not connection.recv(1):
            raise OSError("the caller left")
        for stream in streams.keys() & set(ready):
            if data := os.read(stream, 1 << 16):
                yield {streams[stream]: data.decode(errors="replace")}
            else:
                del streams[stream]
