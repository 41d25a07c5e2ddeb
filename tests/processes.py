"""Which processes belong to a server, and what they do."""

import os
import time
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that a process has started, zombies included."""
    tasks = Path(f"/proc/{pid}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def worker_pids(server: int) -> list[int]:
    """The workers of a server process."""
    return [worker for template in children(server) for worker in children(template)]


def busy_worker(server: int) -> int:
    """The only worker, once it has worked for longer than a small photo takes."""
    (worker,) = worker_pids(server)
    before = cpu(worker)
    while cpu(worker) - before < 0.2:
        time.sleep(0.02)
    return worker


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_files(pid: int) -> int:
    """How many files of this host's memory, which are renditions, a process holds open."""
    count = 0
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            count += file.readlink().name.startswith("memfd:")
    return count


def descendants(pid: int) -> list[int]:
    """All processes that a process and those have started."""
    with suppress(FileNotFoundError):  # one that has ended has none
        return [process for child in children(pid) for process in (child, *descendants(child))]
    return []
