"""What eight clients that loop the zoo do to everybody else: `python -m zoo [--seconds 120] [--repository FOLDER]`.

Reads are a thumb, again and again, from a process of their own, first while nothing else is asked of the server. Two
honest clients upload 12-megapixel photos, each to a project of its own. Memory is that of the server and all of its
processes together (proportional set size), looked at ten times a second.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from processes import descendants
from service import free_port
from zoo.animals import saved, soft, zoo

HOSTILE, HONEST = 8, 2
PATIENCE = 150  # seconds that a client waits for an answer


@dataclass(slots=True)
class Answers:
    """What one client was answered, and after how many seconds; status 0 is no answer."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def ask(self, request: Callable[[], httpx.Response]) -> httpx.Response | None:
        began = time.monotonic()
        answer = None
        with suppress(httpx.HTTPError):
            answer = request()
        self.seconds.append(time.monotonic() - began)
        self.statuses[answer.status_code if answer is not None else 0] += 1
        return answer

    def __add__(self, other: "Answers") -> "Answers":
        return Answers(self.seconds + other.seconds, self.statuses + other.statuses)

    def __str__(self) -> str:
        told = ", ".join(f"{count} x {status or 'none'}" for status, count in sorted(self.statuses.items()))
        spread = f"p50 {at(self.seconds, 50)}, p99 {at(self.seconds, 99)}, longest {max(self.seconds) * 1000:.0f} ms"
        return f"{spread} ({told})"


def at(seconds: list[float], percent: int) -> str:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 100
    return f"{cuts[percent - 1] * 1000:.0f} ms"


def read(url: str, until: float) -> Answers:
    """Twenty thumbs a second."""
    answers = Answers()
    with httpx.Client(timeout=PATIENCE) as client:
        while time.time() < until:
            answers.ask(lambda: client.get(url))
            time.sleep(0.05)
    return answers


def upload(url: str, project: str, files: list[bytes], pause: float, until: float) -> Answers:
    answers = Answers()
    with httpx.Client(timeout=PATIENCE) as client:
        while time.time() < until:
            for content in files:
                answers.ask(lambda content=content: post(client, url, project, content))
                time.sleep(pause)
                if time.time() > until:
                    break
    return answers


def post(client: httpx.Client, url: str, project: str, content: bytes) -> httpx.Response:
    return client.post(f"{url}/projects/{project}/images", files={"file": ("a", content)})


@contextmanager
def serving(repository: Path, storage: Path) -> Iterator[tuple[int, str]]:
    """The server's process id and URL."""
    port = free_port()
    command = [sys.executable, "local_server.py", "--port", str(port), "--storage", str(storage)]
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(command, cwd=repository, stdout=nowhere, stderr=nowhere)
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=12)) as client:
            client.get(f"{url}/healthz")
        yield process.pid, url
    finally:
        process.kill()
        process.wait()


class Memory(threading.Thread):
    """The most that a process and its descendants held together, in bytes, until `stop`."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.most = 0
        self._pid = pid
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            self.most = max(self.most, sum(map(proportional, [self._pid, *descendants(self._pid)])))

    def stop(self) -> int:
        self._ended.set()
        self.join()
        return self.most


def proportional(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def campaign(repository: Path, seconds: float) -> Iterator[tuple[str, object]]:
    """What was measured, by name."""
    files, photo = list(zoo().values()), saved(soft(4000, 3000), "JPEG", quality=92)
    with tempfile.TemporaryDirectory() as storage, serving(repository, Path(storage)) as (pid, url):
        with httpx.Client(timeout=PATIENCE) as client:
            thumb = f"{url}{post(client, url, 'read', photo).json()['urls']['thumb']}"
        memory = Memory(pid)
        memory.start()
        with multiprocessing.get_context("spawn").Pool(1 + HONEST + HOSTILE) as clients:
            yield "reads, nothing else going on", clients.apply(read, (thumb, time.time() + 10))
            until = time.time() + seconds
            reads = clients.apply_async(read, (thumb, until))
            honest = [clients.apply_async(upload, (url, f"honest{n}", [photo], 1, until)) for n in range(HONEST)]
            turned = [files[n * 3 :] + files[: n * 3] for n in range(HOSTILE)]  # not all at the same file
            hostile = [clients.apply_async(upload, (url, f"hostile{n}", turned[n], 0, until)) for n in range(HOSTILE)]
            yield "reads", reads.get()
            yield "uploads of two others", sum((answers.get() for answers in honest), Answers())
            yield "files of the zoo", sum((answers.get() for answers in hostile), Answers())
        yield "memory of all processes", f"{memory.stop() / (1 << 20):.0f} MiB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--repository", type=Path, default=Path.cwd(), help="another checkout, to compare with")
    options = parser.parse_args()
    for name, value in campaign(options.repository, options.seconds):
        print(f"{name}: {value}", flush=True)


if __name__ == "__main__":
    main()
