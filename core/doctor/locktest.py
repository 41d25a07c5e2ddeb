"""Tests whether a mount's locks are exclusive, between processes and between hosts, and whether stale reads occur.

Every process of every host increments one counter under one lock: first with core's own protocol, which
must lose nothing; then with plain reads, like a program that knows nothing of NFS, which shows whether
this mount serves stale reads. Start it with `--hosts 2` on two hosts at once: they find each other
through the folder.
"""

import multiprocessing
import os
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import StorageUnavailable
from core.volume import durable, folders, locking, looking, removing

_MEETING = 120.0  # seconds that hosts wait for each other
_LOCK_TIMEOUT = 120.0
_POLL = 0.2


@dataclass(frozen=True, slots=True)
class LockTest:
    """A test in `path`; hosts that pass the same folder and number of hosts take part in one test.

    `me` is this host's name in it: the host's own, which may have dots, its boot, and a random part.
    """

    path: Path
    hosts: int
    processes: int
    rounds: int
    me: str = field(default_factory=lambda: f"{socket.gethostname()}.{_boot_id()}.{secrets.token_hex(4)}")

    @property
    def folder(self) -> Path:
        return self.path.resolve() / "locktest"

    def run(self) -> dict[str, Any]:
        """Runs the test and returns the counts of lost increments and stale reads, which are the same on every host."""
        folders.make_folder(self.folder, self.folder.parent.parent)
        self._meet("here")
        hosts = [name.rsplit(".", 2) for name in self._names("here")]
        lost = self._count("safe", _increment)
        stale = self._count("plain", _increment_plainly)
        self._leave()
        return {
            "hosts": self.hosts,
            "processes": self.processes,
            "changes": self.hosts * self.processes * self.rounds,
            "lost": lost,
            "lost_by_plain_reads": stale,
            "same_host_name": len({boot for _, boot, _ in hosts}) > len({host for host, _, _ in hosts}),
        }

    def _count(self, name: str, increment: Callable[[Path], None]) -> int:
        """Increments together with the other hosts, and returns how many increments are missing in the end."""
        counter = self.folder / name
        durable.create(counter, b"0")
        self._meet(f"ready-{name}")
        workers = [
            multiprocessing.get_context("spawn").Process(target=_work, args=(counter, self.rounds, increment))
            for _ in range(self.processes)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if failed := [worker.exitcode for worker in workers if worker.exitcode]:
            raise StorageUnavailable(f"{len(failed)} of {self.processes} processes failed on {counter}.")
        self._meet(f"done-{name}")
        looking.refresh(self.folder)
        return self.hosts * self.processes * self.rounds - int(counter.read_bytes())

    def _meet(self, stage: str) -> None:
        """Waits until every host has reached this stage."""
        durable.create(self.folder / f"{stage}.{self.me}", b"")
        end = time.monotonic() + _MEETING
        while len(found := self._names(stage)) != self.hosts:
            if time.monotonic() > end or len(found) > self.hosts:
                detail = f"{len(found)} hosts at stage {stage!r}, not {self.hosts}; remove {self.folder}."
                raise StorageUnavailable(detail)
            time.sleep(_POLL)

    def _leave(self) -> None:
        """The last host to leave removes the folder."""
        durable.create(self.folder / f"left.{self.me}", b"")
        with suppress(FileNotFoundError):  # another host left last, and removed it first
            if len(self._names("left")) == self.hosts:
                removing.remove_tree(self.folder)

    def _names(self, stage: str) -> list[str]:
        """`me` of every host that has reached this stage."""
        start = f"{stage}."
        return [name.removeprefix(start) for name in os.listdir(self.folder) if name.startswith(start)]


def told(result: dict[str, Any]) -> str:
    """The result in words."""
    lines = [
        f"{result['changes']} changes by {result['hosts']} host(s) x {result['processes']} processes",
        f"{result['lost']} lost by this service's protocol"
        + (": THE LOCKS OF THIS MOUNT DO NOT EXCLUDE" if result["lost"] else ": its locks exclude"),
        f"{result['lost_by_plain_reads']} lost by plain reads"
        + (": this mount serves stale reads, which the service refreshes" if result["lost_by_plain_reads"] else ""),
    ]
    if result["same_host_name"]:
        lines.append("Two hosts have the same name: to an NFS server they may be one client. Rename one.")
    return "\n".join(lines)


def _work(counter: Path, rounds: int, increment: Callable[[Path], None]) -> None:
    for _ in range(rounds):
        increment(counter)


def _increment(counter: Path) -> None:
    with locking.held(counter.with_suffix(".lock"), _LOCK_TIMEOUT) as lock:
        looking.refresh(counter.parent)
        durable.replace(counter, str(int(counter.read_bytes()) + 1).encode(), before_rename=lock.fence)


def _increment_plainly(counter: Path) -> None:
    with locking.held(counter.with_suffix(".lock"), _LOCK_TIMEOUT):
        value = int(counter.read_bytes()) + 1
        time.sleep(0.001)
        durable.replace(counter, str(value).encode())


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(os.getppid())
