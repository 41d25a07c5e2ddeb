"""The memory of the machine that this process runs on."""

from pathlib import Path

_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")  # a container's limit is that of its own cgroup, which it sees as the root


def memory() -> int | None:
    """Bytes of memory of this machine, or of its container if that has less; None where the system does not say."""
    found = [number for number in (_of_machine(), _of_group()) if number is not None]
    return min(found, default=None)


def _of_machine() -> int | None:
    try:
        lines = _MEMORY.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _of_group() -> int | None:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return int((_GROUP / name).read_text())
        except (OSError, ValueError):  # none, or `max`
            continue
    return None
