"""Runs a storm on several hosts while things happen to one of them, and judges what is left on the volume."""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from multihost.rig.channel import Command, HostGone
from multihost.rig.cluster import Cluster, Machine
from multihost.volume import events

PROJECT = "storm"
VICTIM = "b"
Misfortune = Callable[[Cluster], None]


@dataclass
class Tally:
    """What a storm did, and what came of it."""

    hosts: int = 0
    processes: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reads: int = 0
    reader_errors: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    undead: set[str] = field(default_factory=set)
    found: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return json.dumps(
            {
                "hosts": self.hosts,
                "processes": self.processes,
                "operations": self.answered.total(),
                **self.answered,
                "refused": dict(self.refused),
                "reads": self.reads,
                "reader errors": len(self.reader_errors),
                "lost": len(self.lost),
                "brought back": len(self.undead),
                "repair found": self.found,
                "left after repair": self.left,
            }
        )


def storm(
    cluster: Cluster, root: str, hosts: str, processes: int, operations: int, misfortune: Misfortune | None = None
) -> Tally:
    """Writers and a reader on each of `hosts`, `misfortune` meanwhile; repaired and judged in the end."""
    stop = cluster.share / root.rpartition("/")[2]
    kept = _kept(cluster[hosts[0]], root)
    arguments = [root, PROJECT, str(processes), str(operations)]
    writers = {name: _start(cluster[name], "write", *arguments) for name in hosts}
    guest_stop = f"/mnt/share/{stop.name}"
    readers = [_start(cluster[name], "read", root, PROJECT, "1", guest_stop, *kept) for name in hosts]
    if misfortune:
        writers[VICTIM].wait_for('"did"')
        time.sleep(1)
        misfortune(cluster)
    outputs = [output(writer) for writer in writers.values()]
    stop.touch()
    tally = Tally(len(hosts), processes)
    for reader in readers:
        for event in events(output(reader)):
            tally.reads += event.get("reads", 0)
            tally.reader_errors += [event["error"]] if "error" in event else []
    _judge(cluster, hosts, root, kept, [event for output in outputs for event in events(output)], tally)
    return tally


def _judge(cluster: Cluster, hosts: str, root: str, kept: list[str], said: list[dict[str, str]], tally: Tally) -> None:
    present, deleted, trying = set(kept), set[str](), set[str]()
    for event in said:
        if "refused" in event:
            tally.refused[event["refused"]] += 1
        if "trying" in event:
            trying.add(event["image"])
        if "did" in event:
            tally.answered[event["did"]] += 1
            {"upload": present, "delete": deleted}.get(event["did"], set()).add(event["image"])
    alive = next(cluster[name] for name in hosts if cluster[name].alive())
    tally.found = doctor(alive, "repair", root)
    tally.left = doctor(alive, "check", root)
    listed = set(_listed(alive, root))
    tally.lost = present - trying - listed
    tally.undead = deleted & listed


def doctor(machine: Machine, command: str, root: str, abandoned_after: int = 0) -> dict[str, int]:
    """The counts of what doctor finds there; by default it takes nothing for work under way."""
    options = ["--json", "--storage", root, "--abandoned-after", str(abandoned_after)]
    ended = machine.start([sys.executable, "-m", "core.doctor", command, *options])
    lines = output(ended).splitlines()
    summary: dict[str, dict[str, int]] = json.loads(lines[-1])["summary"]
    assert not summary["failed"], lines
    return summary["found"]


def _kept(machine: Machine, root: str) -> list[str]:
    """Images that nobody deletes."""
    code = f"""
import pathlib; from multihost import volume
pathlib.Path({root!r}).mkdir(exist_ok=True)
current = volume.settings({root!r})
for _ in range(3): print(volume.upload(current, {PROJECT!r}, volume.picture()))
"""
    return machine.python(code).wait().split()


def _listed(machine: Machine, root: str) -> list[str]:
    code = f"""
from core import projects; from multihost import volume
page = projects.Page(None, None)
print(*(e.id for e in projects.list_images(volume.settings({root!r}), volume.project({PROJECT!r}), page).images))
"""
    return machine.python(code).wait().split()


def _start(machine: Machine, *arguments: str) -> Command:
    return machine.start([sys.executable, "-m", "multihost.storm", *arguments])


def output(command: Command) -> str:
    """All that a command said, even when its host died meanwhile or it failed."""
    try:
        command.wait(timeout=1800)
    except HostGone:
        pass
    except AssertionError:
        if command.exit is None:
            raise
    return command.out
