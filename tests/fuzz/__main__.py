"""Mutated files through the real decode path: `python -m fuzz --files 100000`, or `make fuzz`.

Each file gets ten seconds and each process two gigabytes. What is not a clean image or a clean refusal is a finding:
it is printed, kept under the state folder, and makes the exit code 1. A stopped run goes on where it was.
"""

import argparse
import json
import queue
import select
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzz.seeds import seeds
from fuzz.worker import file

Report = Callable[[int, dict[str, Any] | str, float], None]  # of a file: its number, its outcome, its seconds


@dataclass
class Campaign:
    """What has been run, kept in a file between runs."""

    folder: Path
    done: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest: float = 0
    peaks: dict[int, int] = field(default_factory=dict)  # process -> MiB
    seconds: float = 0

    def load(self) -> None:
        path = self.folder / "state.json"
        if path.exists():
            kept = json.loads(path.read_text())
            self.outcomes = Counter(kept.pop("outcomes"))
            self.__dict__ |= kept

    def save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in self.__dict__.items() if name not in ("folder", "peaks")}
        (self.folder / "state.json").write_text(json.dumps(kept))

    def find(self, number: int, what: str) -> None:
        self.findings.append(f"file {number}: {what}")
        self.outcomes["FAULT"] += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"finding-{number}").write_bytes(file(number, list(seeds().values())))
        print(f"\nfile {number}: {what}", flush=True)


def run(campaign: Campaign, files: int, processes: int, seconds: float) -> None:
    """Bring the campaign to this many files."""
    begun, before = time.monotonic(), campaign.seconds
    numbers: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(campaign.done, files):
        numbers.put(number)
    lock = threading.Lock()

    def report(number: int, answer: dict[str, Any] | str, took: float) -> None:
        with lock:
            campaign.done += 1
            campaign.slowest = max(campaign.slowest, took)
            campaign.seconds = before + time.monotonic() - begun
            if isinstance(answer, str) or str(answer["outcome"]).startswith("FAULT"):
                campaign.find(number, answer if isinstance(answer, str) else str(answer["outcome"]))
            else:
                campaign.outcomes[str(answer["outcome"])] += 1
            if campaign.done % 500 == 0:
                campaign.save()
                print(f"\r{campaign.done} of {files}, {len(campaign.findings)} findings", end="", flush=True)

    threads = [
        threading.Thread(target=_feed, args=(numbers, report, seconds, campaign.peaks)) for _ in range(processes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    campaign.save()


def _feed(numbers: queue.SimpleQueue[int], report: Report, seconds: float, peaks: dict[int, int]) -> None:
    """Hand numbers to one worker process after another; a new one whenever one dies or is killed for being slow."""
    worker = None
    while not numbers.empty():
        try:
            number = numbers.get_nowait()
        except queue.Empty:
            break
        worker = worker or _start()
        assert worker.stdin
        assert worker.stdout
        asked = time.monotonic()
        worker.stdin.write(f"{number}\n")
        worker.stdin.flush()
        in_time, _, _ = select.select([worker.stdout], [], [], seconds)
        if not in_time:
            worker.kill()
        line = in_time and worker.stdout.readline()
        took = time.monotonic() - asked
        if line:
            answer = json.loads(line)
            peaks[worker.pid] = max(peaks.get(worker.pid, 0), answer["peak_mib"])
            report(number, answer, took)
        else:
            worker.communicate()
            report(number, f"killed it: {worker.returncode}" if in_time else f"took over {seconds} s", took)
            worker = None
    if worker:
        worker.communicate()


def _start() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fuzz.worker"]
    pipe, ignored = subprocess.PIPE, subprocess.DEVNULL
    worker = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=ignored, text=True)
    assert worker.stdout
    worker.stdout.readline()  # it is ready: its start is not counted as the first file's time
    return worker


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10, help="for each file")
    parser.add_argument("--state", type=Path, default=Path(".fuzz"))
    options = parser.parse_args(arguments)
    campaign = Campaign(options.state)
    campaign.load()
    run(campaign, options.files, options.processes, options.seconds)
    print(f"\n{campaign.done} files in {campaign.seconds:.0f} s, slowest {campaign.slowest:.2f} s")
    print(f"peak memory of a process {max(campaign.peaks.values(), default=0)} MiB")
    for name, count in campaign.outcomes.most_common():
        print(f"  {count:8} {name}")
    return 1 if campaign.findings else 0


if __name__ == "__main__":
    sys.exit(main())
