"""The hosts' network: one bridge and a tap per host, in a namespace that no other process shares.

The namespace has no name. One thread lives in it, everything that belongs there is started by that
thread, and the kernel removes it with the last of its processes: nothing to clean up, nothing to
collide with.
"""

import ctypes
import os
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SUBNET = "10.77.0."
SERVER_ADDRESS = SUBNET + "1"
_CLONE_NEWNET = 0x40000000


class Network:
    """Cables between hosts. Closing it kills whatever was started in it (see kernel.start)."""

    def __init__(self) -> None:
        self._resident = ThreadPoolExecutor(1, thread_name_prefix="namespace", initializer=_leave_host_network)
        self._ip("link", "set", "lo", "up")
        self._ip("link", "add", "bridge0", "type", "bridge")
        self._ip("addr", "add", SUBNET + "254/24", "dev", "bridge0")
        self._ip("link", "set", "bridge0", "up")

    def inside(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Runs `function` in the namespace; sockets and processes it makes stay there."""
        return self._resident.submit(function, *arguments).result()

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        return self.inside(socket.create_connection, address, timeout)  # type: ignore[no-any-return]

    def plug(self, host: str) -> str:
        """A new cable for `host`; returns the tap's name."""
        tap = _tap(host)
        if tap in self.inside(_interfaces):
            self._ip("link", "del", tap)
        self._ip("tuntap", "add", tap, "mode", "tap")
        self._ip("link", "set", tap, "master", "bridge0", "up")
        return tap

    def cut(self, host: str) -> None:
        self._ip("link", "set", _tap(host), "nomaster")

    def mend(self, host: str) -> None:
        self._ip("link", "set", _tap(host), "master", "bridge0")

    def close(self) -> None:
        self._resident.shutdown()

    def _ip(self, *arguments: str) -> None:
        self.inside(lambda: subprocess.run(["ip", *arguments], check=True))


def _leave_host_network() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):  # this thread alone; its children inherit
        raise OSError(ctypes.get_errno(), "unshare: " + os.strerror(ctypes.get_errno()))


def _interfaces() -> list[str]:
    return [name for _, name in socket.if_nameindex()]


def _tap(host: str) -> str:
    return "tap-" + host
