"""What code that has taken over a decoder would try, each as a function that raises OSError when the door is shut."""

import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import threading

_libc = ctypes.CDLL(None, use_errno=True)
_CALLS = {  # by their numbers on x86-64 and, where they differ, on AArch64
    "ptrace": (101, 117),
    "mount": (165, 40),
    "unshare": (272, 97),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "open_by_handle_at": (304, 265),
    "io_uring_setup": (425, 425),
    "pidfd_open": (434, 434),
}


def attempts(file, port, parent, other):
    """By name: another's `file`, a TCP `port`, the server's process id and another worker's."""
    return {
        "read the storage": lambda: open(file),
        "write to the storage": lambda: open(file + ".new", "w"),
        "list the storage": lambda: os.listdir(os.path.dirname(file)),
        "remove a file": lambda: os.unlink(file),
        "rename a file": lambda: os.rename(file, file + "2"),
        "link a file": lambda: os.link(file, file + "3"),
        "ask for a file's size": lambda: os.stat(file),
        "change the folder": lambda: os.chdir(os.path.dirname(file)),
        "read the system's files": lambda: open("/etc/passwd"),
        "open a device": lambda: os.open("/dev/null", os.O_RDWR),
        "read its own environment as it began": lambda: open("/proc/self/environ"),
        "open a descriptor again": lambda: os.open("/proc/self/fd/3", os.O_RDWR),
        "make a file in memory": lambda: os.memfd_create("more"),
        "connect": lambda: checked(_libc.connect(3, address(port), 16)),
        "open a socket": socket.socket,
        "open a pair of sockets": socket.socketpair,
        "send a descriptor": lambda: checked(_libc.sendmsg(3, None, 0)),
        "execute": lambda: os.execv("/bin/true", ["true"]),
        "fork": os.fork,
        "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "read the server's memory": lambda: open(f"/proc/{parent}/mem", "rb"),
        "copy the server's memory": lambda: copied(parent),
        "trace the server": lambda: called("ptrace", 16, parent, 0, 0),
        "trace a worker": lambda: called("ptrace", 16, other, 0, 0),
        "signal the server": lambda: os.kill(parent, signal.SIGTERM),
        "kill a worker": lambda: os.kill(other, signal.SIGKILL),
        "kill everything": lambda: os.kill(-1, signal.SIGKILL),
        "hold a process": lambda: called("pidfd_open", other, 0),
        "raise its memory limit": lambda: raised_limit(resource.RLIMIT_AS),
        "raise its limit of a file's length": lambda: raised_limit(resource.RLIMIT_FSIZE),
        "limit another process": lambda: resource.prlimit(other, resource.RLIMIT_CPU, (0, 0)),
        "be traceable again": lambda: checked(_libc.prctl(4, 1, 0, 0, 0)),
        **{name: (lambda name=name: called(name, 0, 0, 0, 0)) for name in _CALLS},
        "do any of it in a thread": lambda: in_a_thread(lambda: open(file)),
    }


def knock(targets):
    """What each attempt came to: the error that shut the door, or `done`."""
    found = {}
    for name, attempt in attempts(**targets).items():
        try:
            attempt()
            found[name] = "done"
        except (OSError, ValueError) as error:  # of a limit that may not be raised
            found[name] = type(error).__name__
    found["descriptors"] = [number for number in range(256) if is_open(number)]
    found["environment"] = dict(os.environ)
    return json.dumps(found)


def address(port):
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", port, b"\x7f\0\0\1")


def called(name, *args):
    number = _CALLS[name][os.uname().machine == "aarch64"]
    checked(_libc.syscall(number, *args))


def copied(pid):
    buffer = ctypes.create_string_buffer(8)
    parts = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
    checked(_libc.process_vm_readv(pid, parts, 1, parts, 1, 0))


def raised_limit(which):
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (hard + 1, hard + 1))


def in_a_thread(attempt):
    caught = []

    def run():
        try:
            attempt()
        except OSError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if caught:
        raise caught[0]


def checked(result):
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def is_open(number):
    try:
        fcntl.fcntl(number, fcntl.F_GETFD)
    except OSError:
        return False
    return True
