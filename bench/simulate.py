"""A discrete-event simulation of many functions on one file system: `python -m bench.simulate`.

It first reproduces what bench/contention.py measures, with the same lock habits (core/volume/polling.py is the
code itself, not a copy), then puts network latencies in place of the local disk's and extends the picture
to a thousand functions and a million projects. docs/scaling.md lists the assumptions and reads the figures.
"""

import heapq
import itertools
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from core.volume import polling

Process = Generator[float, None, None]  # yields the seconds until it goes on


class Clock:
    """Runs processes in the order of simulated time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, Process]] = []
        self._order = itertools.count()

    def start(self, process: Process, delay: float = 0.0) -> None:
        heapq.heappush(self._queue, (self.now + delay, next(self._order), process))

    def run(self, until: float) -> None:
        while self._queue and self._queue[0][0] < until:
            self.now, _, process = heapq.heappop(self._queue)
            for delay in process:
                self.start(process, delay)
                break


@dataclass(slots=True)
class Lock:
    """A file lock as its server sees it."""

    taken: bool = False


@dataclass(slots=True)
class Pipe:
    """A resource with a rate: work is done in the order in which it comes."""

    rate: float
    free_at: float = 0.0

    def delay(self, now: float, amount: float) -> float:
        self.free_at = max(self.free_at, now) + amount / self.rate
        return self.free_at - now


@dataclass(frozen=True, slots=True)
class Storage:
    """What the storage costs, in seconds: a poll for the lock, and a commit while it is held."""

    poll: float
    held: float


@dataclass(slots=True)
class Tally:
    """What the simulated clients saw."""

    waits: list[float] = field(default_factory=list)
    turns: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    refused: int = 0

    @property
    def p99(self) -> float:
        return sorted(self.waits)[int(0.99 * len(self.waits))]

    @property
    def median(self) -> float:
        return statistics.median(self.waits)


def commit(clock: Clock, lock: Lock, storage: Storage, state: dict[str, float], tally: Tally, who: int) -> Process:
    """One turn at a project's lock, as core/volume/locking.py takes it; refused after ten seconds, as by default."""
    began = clock.now
    if state["resume"] > began:
        yield state["resume"] - began
    asked = clock.now
    while True:
        yield storage.poll
        if not lock.taken:
            break
        waited = clock.now - asked
        if clock.now - began > 10:
            tally.refused += 1
            return
        yield polling.poll_interval(storage.poll, waited)
    waited = clock.now - storage.poll - asked
    lock.taken = True
    tally.waits.append(clock.now - began)
    tally.turns[who] += 1
    yield storage.held
    lock.taken = False
    state["courtesy"] = polling.courtesy(state["courtesy"], waited, storage.held)
    state["resume"] = clock.now + polling.about(state["courtesy"])


def writers(count: int, storage: Storage, between: Callable[[], float], seconds: float) -> Tally:
    """So many hosts that commit to one project, each again after `between()` seconds."""
    clock, lock, tally = Clock(), Lock(), Tally()

    def host(who: int) -> Process:
        state = {"resume": 0.0, "courtesy": 0.0}
        while True:
            yield between()
            yield from commit(clock, lock, storage, state, tally, who)

    for who in range(count):
        clock.start(host(who), random.uniform(0, between() + storage.held))
    clock.run(seconds)
    return tally


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload but for its commit: seconds of computing, seconds of waiting for writes, bytes written."""

    compute: float
    latency: float
    bytes: float


def service(functions: int, projects: int, popularity: float, storage: Storage, upload: Upload, rate: float) -> Tally:
    """Functions that upload without a pause to projects picked by a Zipf law, for 30 simulated seconds.

    All writes share the file system's throughput, `rate` bytes a second.
    """
    clock, tally, pipe = Clock(), Tally(), Pipe(rate)
    locks: dict[int, Lock] = defaultdict(Lock)
    states: dict[tuple[int, int], dict[str, float]] = defaultdict(lambda: {"resume": 0.0, "courtesy": 0.0})

    def function(who: int) -> Process:
        while True:
            project = _zipf(projects, popularity)
            yield upload.compute
            yield max(upload.latency, pipe.delay(clock.now, upload.bytes))
            yield from commit(clock, locks[project], storage, states[who, project], tally, who)

    for who in range(functions):
        clock.start(function(who), random.uniform(0, upload.compute))
    clock.run(SECONDS)
    return tally


def _zipf(count: int, exponent: float) -> int:
    """A number below `count`, the lower ones more often: the inverse of the continuous law of that exponent."""
    if exponent == 0:
        return random.randrange(count)
    if exponent == 1:
        return int(count ** random.random()) - 1
    power = 1 - exponent
    return int((1 + random.random() * (count**power - 1)) ** (1 / power)) - 1


SECONDS = 30.0
LOCAL = Storage(poll=0.00009, held=0.0023)  # measured: a poll, and two milliseconds held with its release
# Assumed: 1 ms an RPC that reads and 2.7 ms one that writes (Regional), 1.6 ms (One Zone); a locked cycle is 16
# RPCs of which 6 write (docs/scaling.md counts them), a poll that fails is 4 that read.
REGIONAL = Storage(poll=0.004, held=10 * 0.001 + 6 * 0.0027)
ONE_ZONE = Storage(poll=0.004, held=10 * 0.001 + 6 * 0.0016)
PHOTO = Upload(compute=0.30, latency=20 * 0.0027, bytes=3.9e6)  # 12 megapixels on one vCPU; four files, 20 RPCs
WRITE_RATE = 5 * 2**30  # bytes a second, the default quota of elastic throughput in the large regions


def main() -> None:
    random.seed(6)
    print("One project, all the time, local disk (compare with `python -m bench contention`)")
    for count in (1, 2, 4, 8, 16, 32):
        _print(f"{count} processes", writers(count, LOCAL, lambda: 0.0, SECONDS), SECONDS)
    for name, storage in (("Regional EFS", REGIONAL), ("One Zone EFS", ONE_ZONE)):
        print(f"\nOne project, functions that upload 12-megapixel photos without a pause, {name}")
        for count in (1, 10, 32, 100, 300, 1000):
            _print(f"{count} functions", writers(count, storage, lambda: 0.35, SECONDS * 2), SECONDS * 2)
    for popularity in (0.0, 0.8, 1.0):
        print(f"\nA million projects, popularity exponent {popularity}, Regional EFS at 5 GiB/s of writes")
        for count in (100, 300, 1000):
            tally = service(count, 1_000_000, popularity, REGIONAL, PHOTO, WRITE_RATE)
            _print(f"{count} functions", tally, SECONDS)
    print("\nThe same with 1,000 functions, popularity exponent 0.8, and more file systems (sharded roots)")
    for shards in (1, 2, 4):
        tally = service(1000, 1_000_000, 0.8, REGIONAL, PHOTO, shards * WRITE_RATE)
        _print(f"{shards} file systems", tally, SECONDS)


def _print(what: str, tally: Tally, seconds: float) -> None:
    counts = sorted(tally.turns.values())
    print(
        f"  {what:<16} {len(tally.waits) / seconds:8.1f} commits/s   wait median {tally.median * 1000:7.1f} ms"
        f"   p99 {tally.p99 * 1000:8.1f} ms   turns {counts[0]}-{counts[-1]}   refused {tally.refused}"
    )


if __name__ == "__main__":
    main()
