"""32 processes that want one project all the time: how long each waits, and how many turns each gets."""

import multiprocessing
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Queue

from bench import inputs, measure
from bench.results import Goal, Results, Row
from core.volume import locking

SECTION = "contention"
WRITERS = 32
HELD = 0.002  # seconds; what a commit at a thousand images takes


def run(results: Results) -> None:
    """Waits and turns with the lock held for two milliseconds, nothing else being done."""
    curve: dict[str, list[float]] = {"writers": [], "median": [], "p99": [], "turns_a_second": []}
    seconds = 4.0 if results.quick else 10.0
    for writers in (WRITERS,) if results.quick else (1, 2, 4, 8, 16, WRITERS):
        turns = contend(writers, seconds)
        waits = sorted(wait for mine in turns for wait in mine)
        median, p99 = measure.spread(waits).median, waits[int(0.99 * len(waits))]
        for name, value in zip(curve, (writers, median, p99, len(waits) / seconds), strict=True):
            curve[name].append(value)
    results.plot("contention", **curve)
    counts = sorted(map(len, turns))
    detail = f"median {median * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, {len(waits) / seconds:.0f} turns/s"
    fair = measure.spread([p99 / median])
    results.add(Row(SECTION, f"p99 wait, {WRITERS} writers on one project", fair, "x median", Goal(5), detail))
    least = measure.spread([counts[0] / (sum(counts) / len(counts))])
    detail = f"{counts[0]} to {counts[-1]} turns a process"
    results.add(Row(SECTION, "turns of the process that had the fewest", least, "x mean", Goal(0.5, True), detail))


def contend(writers: int, seconds: float) -> list[list[float]]:
    """The waits of each of so many processes, in seconds, in as long as they try."""
    context = multiprocessing.get_context("spawn")
    together, waits = context.Event(), context.Queue()
    with tempfile.TemporaryDirectory(dir=inputs.scratch()) as folder:
        arguments = (Path(folder) / "meta.lock", together, waits, seconds)
        processes = [context.Process(target=_writer, args=arguments) for _ in range(writers)]
        for process in processes:
            process.start()
        time.sleep(1 + writers / 16)  # until all have imported what they need
        together.set()
        turns = [waits.get(timeout=seconds + 60) for _ in processes]
        for process in processes:
            process.join()
    return turns


def _writer(lock: Path, together: Event, waits: "Queue[list[float]]", seconds: float) -> None:
    together.wait()
    mine, end = [], time.perf_counter() + seconds
    while (wanted := time.perf_counter()) < end:
        with locking.held(lock, timeout=60):
            mine.append(time.perf_counter() - wanted)
            time.sleep(HELD)
    waits.put(mine)
