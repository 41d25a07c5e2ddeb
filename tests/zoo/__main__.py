"""What eight clients that loop the zoo do to everybody else: `python -m zoo [--seconds 120] [--repository FOLDER]`.

Reads are a thumb, again and again, from a process of their own, first while nothing else is asked of the server. Two
honest clients upload 12-megapixel photos, each to a project of its own. Memory is that of the server and all of its
processes together (proportional set size), looked at ten times a second.
"""

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from processes import descendants
from service import free_port
from zoo.animals import saved, soft, zoo
from zoo.clients import PATIENCE, Answers, post, read, upload

HOSTILE, HONEST = 8, 2


@contextmanager
def serving(repository: Path, storage: Path) -> Iterator[tuple[int, str]]:
    """The server's process id and URL."""
    port = free_port()
    command = [sys.executable, "local_server.py", "--port", str(port), "--storage", str(storage)]
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(command, cwd=repository, stdout=nowhere, stderr=nowhere)
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=12, verify=False)) as client:
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
        with httpx.Client(timeout=PATIENCE, verify=False) as client:
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
