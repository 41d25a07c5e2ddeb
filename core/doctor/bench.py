"""Measures the volume's operations, one at a time, as core does them: median and 99th percentile."""

import io
import json
import secrets
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from core.volume import durable, folders, locking, looking, opening, removing

_THUMB = 15_000  # bytes, the size of a thumb
_TIMEOUT = 60.0  # seconds


def run(root: Path, rounds: int, as_json: bool, out: TextIO) -> None:
    """Measures in a new folder under `root`, and removes the folder."""
    folder = root / f".bench-{secrets.token_hex(4)}"
    folders.make_folder(folder, root)
    try:
        for name, operation in _operations(folder).items():
            times = sorted(_timed(operation) for _ in range(rounds))
            median, slow = statistics.median(times), times[int(len(times) * 0.99)]
            if as_json:
                print(json.dumps({"operation": name, "rounds": rounds, "p50_ms": median, "p99_ms": slow}), file=out)
            else:
                print(f"{name:<28} {median:9.3f} ms   p99 {slow:9.3f} ms", file=out)
    finally:
        removing.remove_tree(folder)


def _operations(folder: Path) -> dict[str, Callable[[], object]]:
    content = secrets.token_bytes(_THUMB)
    kept, lock = folder / "kept", folder / "lock"
    durable.replace(kept, content)

    def commit() -> None:
        with locking.held(lock, _TIMEOUT) as held:
            looking.refresh(folder)
            _read(kept)
            durable.replace(kept, content, before_rename=held.fence)

    def locked() -> None:
        with locking.held(lock, _TIMEOUT):
            pass

    return {
        "refresh a folder": lambda: looking.refresh(folder),
        "open, read 15 kB, close": lambda: _read(kept),
        "lock, release": locked,
        "publish a file of 15 kB": lambda: durable.publish({folder / secrets.token_hex(8): io.BytesIO(content)}),
        "commit an index of 15 kB": commit,
    }


def _read(path: Path) -> bytes:
    with opening.reading(path) as file:
        return file.read()


def _timed(operation: Callable[[], object]) -> float:
    began = time.perf_counter()
    operation()
    return (time.perf_counter() - began) * 1000
