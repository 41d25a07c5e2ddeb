"""Runs a function in a forked child and stops before every system call that touches one folder.

    trace(operation, folder, visitor) -> exit status

At each such stop `visitor(n, call)` decides: let it pass (None), kill the child instead (KILL), or
let the call fail with an errno without being made. Threads of the child are followed too. A fork of
a process that has everything imported starts in milliseconds, so that hundreds of runs are cheap.
"""

import contextlib
import ctypes
import os
import platform
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from faults.calls import Call, call

KILL = -1
_PATIENCE = 300  # seconds after which a child that hangs is ended
Visitor = Callable[[int, Call], int | None]

_TRACEME, _POKEUSER, _SYSCALL, _SETOPTIONS, _GET_SYSCALL_INFO = 0, 6, 24, 0x4200, 0x420E
_OPTIONS = 0x1 | 0x8 | 0x2 | 0x4 | 0x100000  # mark system-call stops; follow clone, fork, vfork; kill with the tracer
_ORIG_RAX, _RAX = 15 * 8, 10 * 8
_ENTRY = 1
_WALL = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


@dataclass(frozen=True)
class Ended:
    """How the child ended: its exit status (negative: the signal), and how many calls touched the folder."""

    status: int
    calls: int


def why_not() -> str | None:
    """The reason why nothing can be traced on this machine, or None."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "system calls are traced on x86-64 Linux only"
    child = _fork(lambda: None)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) else "this machine forbids ptrace"


def trace(operation: Callable[[], object], folder: Path, visitor: Visitor) -> Ended:
    """Runs `operation` in a child; exit status 0 when it returned, 1 when it raised (its traceback is printed)."""
    return _Run(_fork(operation), str(folder), visitor).follow()


class _Run:
    """One child and its threads, from its first stop to its end."""

    def __init__(self, child: int, folder: str, visitor: Visitor) -> None:
        self.child, self.folder, self.visitor = child, folder, visitor
        self.calls = 0
        self.failing: dict[int, int] = {}  # thread -> errno that its present call is to return

    def follow(self) -> Ended:
        _ptrace(_SETOPTIONS, self.child, 0, _OPTIONS)
        _ptrace(_SYSCALL, self.child, 0, 0)
        while True:
            thread, status = os.waitpid(-1, _WALL)
            if os.WIFSTOPPED(status):
                self._resume(thread, self._stopped(thread, os.WSTOPSIG(status), status >> 16))
            elif thread == self.child:
                code = os.waitstatus_to_exitcode(status)
                return Ended(code, self.calls)

    def _stopped(self, thread: int, number: int, event: int) -> int:
        """The signal to deliver on resuming."""
        if number == signal.SIGTRAP | 0x80:
            with contextlib.suppress(ProcessLookupError):  # killed meanwhile
                self._system_call(thread)
            return 0
        # a thread's first stop and ptrace's own events are not signals of the program's
        return 0 if event or number == signal.SIGSTOP else number

    def _system_call(self, thread: int) -> None:
        information = ctypes.create_string_buffer(88)
        _ptrace(_GET_SYSCALL_INFO, thread, len(information), ctypes.addressof(information))
        if information.raw[0] != _ENTRY:
            if (error := self.failing.pop(thread, None)) is not None:
                _ptrace(_POKEUSER, thread, _RAX, -error)
            return
        number, *arguments = struct.unpack_from("<Q6Q", information.raw, 24)
        now = call(thread, number, tuple(arguments))
        if now is None or not now.touches(self.folder):
            return
        self.calls += 1
        verdict = self.visitor(self.calls, now)
        if verdict == KILL:
            os.kill(self.child, signal.SIGKILL)
        elif verdict is not None:
            _ptrace(_POKEUSER, thread, _ORIG_RAX, -1)  # no such call: the kernel does nothing
            self.failing[thread] = verdict

    def _resume(self, thread: int, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # killed while it was stopped; waitpid tells
            _ptrace(_SYSCALL, thread, 0, number)


def forked(function: Callable[[], object], patience: int = _PATIENCE) -> None:
    """Runs `function` in a child of its own; AssertionError when it raises there."""
    child = os.fork()
    if not child:
        _run_and_exit(function, patience)
    assert os.waitpid(child, 0)[1] == 0, "a child failed; its traceback is above"


def _fork(operation: Callable[[], object]) -> int:
    """A traced child, stopped before it runs `operation`."""
    child = os.fork()
    if not child:
        _libc.ptrace(_TRACEME, 0, None, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        _run_and_exit(operation)
    os.waitpid(child, 0)
    return child


def _run_and_exit(function: Callable[[], object], patience: int = _PATIENCE) -> NoReturn:
    status = 1
    try:
        signal.alarm(patience)
        function()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _ptrace(request: int, thread: int, address: int, data: int) -> None:
    if _libc.ptrace(request, thread, address, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
