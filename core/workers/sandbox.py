"""The rights that a worker gives up, irrevocably, before it sees a byte from a client.

Guarantees, where the kernel and libseccomp support them: a worker has no files except those that it receives, opens
none, has no socket except the one to its server, starts no program and no process, sends no signal, sees no other
process's memory, and has no privilege and no environment variable. `Doors.shut` returns which of these hold.

All this is done while the process has one thread; threads that it starts later inherit the same rules.
"""

import ctypes
import errno
import os
import resource
import signal
import struct
from collections.abc import Callable
from contextlib import suppress
from importlib import util
from typing import Any

_SET_PDEATHSIG, _SET_DUMPABLE, _SET_NO_NEW_PRIVS = 1, 4, 38  # options of prctl
_CAPABILITY_VERSION_3 = 0x20080522
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446  # the same on every architecture
_LANDLOCK_CREATE_RULESET_VERSION = 1
_CLONE_THREAD = 0x00010000

# What Python, its threads and the decoders need to compute, and to read and write their open files. Opening,
# connecting, executing and signalling are not included, nor is anything that a later kernel adds.
_ALLOWED = [
    *("read", "pread64", "readv", "write", "pwrite64", "writev", "lseek", "close", "dup", "fcntl", "ftruncate"),
    *("fstat", "recvmsg", "poll", "ppoll"),
    *("mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "membarrier"),
    *("futex", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity", "gettid", "getpid", "exit", "exit_group"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "getrandom", "sysinfo"),
    "getcwd",  # Pillow calls it to name an unnamed file; the answer is /
    "getrusage",
]


class Doors:
    """Prepared once in the template, which may still open libraries; each worker calls `shut` after its fork."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._filter = _system_calls() if util.find_spec("pyseccomp") else None
        self._doors: dict[str, Callable[[], bool]] = {
            "no new privileges": lambda: self._prctl(_SET_NO_NEW_PRIVS, 1),
            "no capabilities": self._drop_capabilities,
            "no core dump, no tracing": lambda: self._prctl(_SET_DUMPABLE, 0),
            "no files (Landlock)": self._landlock,
            "no system calls beyond its work (seccomp)": self._load_filter,
        }

    def shut(self, keep: int, memory: int, largest_file: int) -> tuple[list[str], list[str]]:
        """Gives up everything except the descriptor `keep`; returns what holds now, and what this system lacks.

        `memory` bounds the address space, `largest_file` each file that is written, both in bytes.
        """
        os.environ.clear()
        _close_all_but(keep)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        holds: list[str] = []
        lacks: list[str] = []
        for name, shut in self._doors.items():
            (holds if shut() else lacks).append(name)
        return holds, lacks

    def end_with(self, parent: int) -> None:
        """Has the kernel kill this process when `parent`, which forked it, ends; at once if it has ended already."""
        self._prctl(_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    def _prctl(self, option: int, value: int) -> bool:
        return bool(self._libc.prctl(option, value, 0, 0, 0) == 0)

    def _drop_capabilities(self) -> bool:
        """Drops the capabilities of a server that runs as root; others have none."""
        header, left = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), ctypes.create_string_buffer(24)
        self._libc.capset(header, bytes(24))
        return bool(self._libc.capget(header, left) == 0 and left.raw == bytes(24))

    def _landlock(self) -> bool:
        """Applies Landlock without exceptions: no file, no TCP, no signal to and no tracing of a process outside."""
        version = self._libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION)
        if version < 1:
            return False
        files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
        network, scopes = 0b11 if version >= 4 else 0, 0b11 if version >= 6 else 0
        rules = struct.pack("=QQQ", files, network, scopes)
        ruleset = self._libc.syscall(_LANDLOCK_CREATE_RULESET, rules, len(rules), 0)
        if ruleset < 0:
            return False
        held = self._libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0
        os.close(ruleset)
        return bool(held)

    def _load_filter(self) -> bool:
        if self._filter is None:
            return False
        try:
            self._filter.load()
        except OSError:
            return False
        return True


def _system_calls() -> Any:
    """The filter of system calls; None without libseccomp."""
    try:
        import pyseccomp  # type: ignore[import-untyped]
    except (RuntimeError, OSError):  # the package is installed, but not the system's library
        return None
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in _ALLOWED:
        rules.add_rule(pyseccomp.ALLOW, name)
    rules.add_rule(pyseccomp.ALLOW, "prlimit64", pyseccomp.Arg(0, pyseccomp.EQ, 0))  # only of itself
    threads = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD)
    rules.add_rule(pyseccomp.ALLOW, "clone", threads)
    # A filter cannot read clone3's flags, which are in memory; after ENOSYS the C library calls clone instead.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    return rules


def _close_all_but(keep: int) -> None:
    """Closes all descriptors except `keep` and 0, 1 and 2, which lead nowhere from now on."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != keep:
            with suppress(OSError):  # the descriptor that listed them is closed already
                os.close(int(name))
