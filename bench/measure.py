"""Interleaved measurement: medians, spread, CPU beside wall, peak memory.

Milliseconds of one run on a shared machine mean little; ratios of contenders that took turns
within the same seconds hold. So contenders always run in rounds, in an order that rotates, and a
ratio is the median of the ratios of the rounds, with its quartiles.
"""

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Clock = Callable[[], float]


def children_cpu() -> float:
    """CPU seconds of the child processes that have ended and were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cpu_of(*pids: int) -> Clock:
    """A clock of the CPU seconds that running processes have used, threads that ended included.

    Linux numbers the CPU clock of a process ~pid << 3 | 2, in nanoseconds; /proc/<pid>/stat
    counts in ticks of 10 ms, too coarse for a request.
    """
    return lambda: sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)


def peak_rss(pid: int) -> int:
    """The most memory, in bytes, that a running process held at once since `reset_peak`."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(f"{pid} has no memory to speak of")


def reset_peak(pid: int) -> None:
    """Start `peak_rss` of a process anew from what it holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


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
