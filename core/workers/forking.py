"""The server's side of the template, from which workers are forked: starts it, and replaces it when it dies."""

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import msgspec

from core.errors import DecoderLost
from core.settings import Settings
from core.workers import protocol

START_SECONDS = 30  # for the template to load and for a worker to be ready, on a busy machine
_CODE = Path(__file__).resolve().parents[2]  # the folder that holds `core`
_MEGABYTE = 1 << 20


class Template:
    """The process from which workers are forked; started when it is needed. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        largest_file = max(settings.decode_memory, settings.max_upload_bytes) + _MEGABYTE
        self._allowance = protocol.Allowance(settings.worker_memory, largest_file, settings.decode_cpu_seconds)
        self._lock = threading.Lock()
        self._closed = False
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def fork(self) -> tuple[int, socket.socket]:
        """Forks a worker; returns its process id and the socket to it; DecoderLost when the system cannot."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ExitStack() as undo, theirs:
            undo.callback(ours.close)
            pid = self._ask(protocol.Order(), [theirs.fileno()]).pid
            if pid == 0:
                raise DecoderLost("The system has no room for another process; try again.")
            undo.pop_all()
        return pid, ours

    def end(self, pid: int) -> int:
        """Kills a worker unless it is dead already; returns its exit status as `os.waitpid` does."""
        ended = self._ask(protocol.Order(ends=pid))
        return ended.status if ended.pid else signal.SIGKILL  # killed together with the template that forked it

    def _ask(self, order: protocol.Order, files: list[int] | None = None) -> protocol.Forked:
        with self._lock:
            for _ in range(2):  # a dead template is started again, once
                if self._closed:
                    raise DecoderLost("The service is stopping.")
                try:
                    self._control = self._control or self._start()
                    protocol.send(self._control, order, files or [])
                    return protocol.receive(self._control, protocol.Forked)
                except (OSError, EOFError, ValueError) as error:
                    failure = error
                    self._stop()
        raise DecoderLost("No decoder could be started; try again.") from failure

    def _start(self) -> socket.socket:
        """Starts the template, without our variables, which may be secrets; returns the server's end of the socket."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(START_SECONDS)
        path = os.pathsep.join(dict.fromkeys([str(_CODE), *filter(None, sys.path)]))
        allowance = msgspec.json.encode(self._allowance).decode()
        with ExitStack() as undo, theirs:
            undo.callback(ours.close)
            self._process = subprocess.Popen(  # noqa: S603  nothing in it comes from outside
                [sys.executable, "-m", "core.workers.template", str(theirs.fileno()), allowance],
                env={"PYTHONPATH": path},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # a terminal's Ctrl-C reaches only the server, which finishes its work
            )
            undo.pop_all()
        return ours

    def close(self) -> None:
        """Ends the template and all its workers, for good."""
        self._closed = True
        self._stop()

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
