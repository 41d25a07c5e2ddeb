"""Interleaved measurement: medians, spread, CPU beside wall, peak memory.

Milliseconds of one run on a shared machine mean little; ratios of contenders that took turns
within the same seconds hold. So contenders always run in rounds, in an order that rotates, and a
ratio is the median of the ratios of the rounds, with its quartiles.
"""

import os
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

Clock = Callable[[], float]


def children_cpu() -> float:
    """CPU seconds of the child processes that have ended and were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it has ended
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def cpu_of(pid: int) -> Clock:
    """A clock of the CPU seconds that a process and its family have used, threads and members that ended included.

    Linux numbers the CPU clock of a process ~pid << 3 | 2, in nanoseconds; /proc/<pid>/stat
    counts in ticks of 10 ms, too coarse for a request.
    """
    used: dict[int, float] = {}

    def clock() -> float:
        for member in family(pid):
            with suppress(OSError):
                used[member] = time.clock_gettime(~member << 3 | 2)
        return sum(used.values())

    return clock


def peak_memory(pid: int, work: Callable[[], object]) -> int:
    """The most memory, in bytes, that a process and its family hold during the work, each shared page counted once.

    Looked at every 10 ms: the kernel keeps a peak of each process's resident memory, but none of what they share.
    """
    done = threading.Event()

    def watch() -> int:
        most = 0
        while not done.wait(0.01):
            most = max(most, sum(map(_proportional, family(pid))))
        return most

    with ThreadPoolExecutor(1) as watcher:
        peak = watcher.submit(watch)
        try:
            work()
        finally:
            done.set()
        return peak.result()


def _proportional(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


@dataclass(frozen=True, slots=True)
class Contender:
    """Something to run again and again, and the clock of the CPU that it costs."""

    run: Callable[[], object]
    cpu: Clock = time.process_time


@dataclass(slots=True)
class Samples:
    """Seconds of wall and of CPU, one of each a round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and the quartiles around it."""

    median: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        return f"{self.median:{spec}} ({self.low:{spec}}-{self.high:{spec}})"

    def scaled(self, factor: float) -> "Spread":
        return Spread(self.median * factor, self.low * factor, self.high * factor)


def spread(values: list[float]) -> Spread:
    """Median and quartiles of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratio(ours: list[float], theirs: list[float]) -> Spread:
    """Ours over theirs, round by round."""
    return spread([mine / other for mine, other in zip(ours, theirs, strict=True)])


def interleave(
    contenders: Mapping[str, Contender], rounds: int, label: str = "", warm_up: bool = True
) -> dict[str, Samples]:
    """Run every contender once a round, in rotating order, after one round that does not count."""
    names = list(contenders)
    samples = {name: Samples() for name in names}
    if warm_up:
        for contender in contenders.values():
            contender.run()
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            progress(label, turn * len(names) + names.index(name), rounds * len(names), name)
            contender = contenders[name]
            cpu, wall = contender.cpu(), time.perf_counter()
            contender.run()
            samples[name].wall.append(time.perf_counter() - wall)
            samples[name].cpu.append(contender.cpu() - cpu)
    progress(label, 1, 1, "")
    return samples


def progress(label: str, done: int, total: int, now: str) -> None:
    """One line on the terminal that fills up; nothing when nobody watches."""
    if not sys.stderr.isatty():
        return
    width = 24
    filled = width * done // total
    line = f"{label:<34} [{'#' * filled}{'.' * (width - filled)}] {now}"
    columns = os.get_terminal_size(sys.stderr.fileno()).columns
    end = "\n" if done == total else ""
    sys.stderr.write(f"\r\x1b[K{line[: columns - 1]}{end}")
    sys.stderr.flush()
