"""A gallery's first visitor: the first thumb of a cold function, under the processor time that its memory buys.

Lambda gives a function of 1,769 MB one processor, and others in proportion. Each start runs in a control group of its
own with that quota, as many side by side as the machine's processors carry without sharing.
"""

import compileall
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import coldstart, measure, reads, servers
from bench.results import Results, Row
from bench.servers import REPOSITORY
from docs.costs import PRICES

SECTION = "gallery"
THUMBS = 50
WHOLE = 1769  # MB that buy one processor
MEMORY = (WHOLE, 256, 512, 1024)
PERIOD = 100_000  # microseconds
_GROUPS = {Path("/sys/fs/cgroup/cpu"): "cpu.cfs_quota_us", Path("/sys/fs/cgroup"): "cpu.max"}  # versions 1 and 2
# A module's handler answers one event again and again: the seconds from its start to each answer.
_PROGRAM = """
import importlib, json, sys, time
began, event = json.load(sys.stdin)
handler = importlib.import_module("handlers.get_image").handler
moments = [time.monotonic() - began]
for _ in range(20):
    assert handler(event, None)["statusCode"] == 200
    moments.append(time.monotonic() - began)
print(json.dumps(moments))
"""


@dataclass(frozen=True, slots=True)
class _Start:
    """Seconds: until the function was imported, until its first answer, and of a later answer."""

    imported: float
    first: float
    warm: float


def run(results: Results) -> None:
    """Fifty cold functions for each amount of memory; skipped where no quota can be set."""
    groups = next((folder for folder, name in _GROUPS.items() if _can_limit(folder, name)), None)
    if groups is None:
        results.skip("cold functions under a quota", "needs root and control groups with a quota of processor time")
        return
    for folder in ("core", "handlers"):
        compileall.compile_dir(REPOSITORY / folder, quiet=1)
    count = 6 if results.quick else THUMBS
    with servers.service() as ours:
        event = coldstart.event("get_image", reads.upload(ours, "small"))
        starts = {memory: _starts(groups, memory / WHOLE, ours.root, event, count) for memory in MEMORY}
    whole = measure.spread([start.first for start in starts[WHOLE]]).median
    for memory, found in starts.items():
        against = measure.spread([start.first / whole for start in found])
        results.add(Row(SECTION, f"first thumb, {memory} MB", against, f"x {WHOLE} MB", None, _detail(memory, found)))


def _detail(memory: int, found: list[_Start]) -> str:
    imported, first, warm = (
        measure.spread([getattr(start, name) for start in found]).median for name in ("imported", "first", "warm")
    )
    slowest = max(start.first for start in found)
    billed = memory / 1024 * PRICES["lambda GB-s"]
    return (
        f"{first:.2f} s, {imported:.2f} s of them import; slowest {slowest:.2f} s; warm {warm * 1000:.1f} ms; "
        f"${billed * first * THUMBS:.5f} for {THUMBS} starts, ${billed * max(warm, 0.001) * 1e6:.2f} a million warm"
    )


def _starts(groups: Path, share: float, root: Path, event: coldstart.Event, count: int) -> list[_Start]:
    beside = max(1, int((os.cpu_count() or 1) / share))
    with ThreadPoolExecutor(beside) as pool:
        return list(pool.map(lambda number: _start(groups, share, root, event, number), range(count)))


def _start(groups: Path, share: float, root: Path, event: coldstart.Event, number: int) -> _Start:
    environment = os.environ | {"IMGSRV_STORAGE_ROOT": str(root), "IMGSRV_PUBLIC": "yes"}
    environment |= {"AWS_LAMBDA_FUNCTION_NAME": "GetImage"}
    with _group(groups, f"imgsrv-bench-{os.getpid()}-{number}", share) as group:
        joined = f"echo $$ > {shlex.quote(str(group / 'cgroup.procs'))} && exec {shlex.quote(sys.executable)} -c"
        ended = subprocess.run(
            ["sh", "-c", f"{joined} {shlex.quote(_PROGRAM)}"],
            input=json.dumps([time.monotonic(), event]),
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    imported, first, *later = json.loads(ended.stdout)
    warm = sorted(after - before for before, after in zip([first, *later], later, strict=False))
    return _Start(imported, first, warm[len(warm) // 2])


@contextmanager
def _group(groups: Path, name: str, share: float) -> Iterator[Path]:
    group = groups / name
    group.mkdir()
    try:
        quota = f"{int(share * PERIOD)}"
        setting = _GROUPS[groups]
        (group / setting).write_text(quota if setting.endswith("_us") else f"{quota} {PERIOD}")
        yield group
    finally:
        group.rmdir()


def _can_limit(groups: Path, setting: str) -> bool:
    probe = groups / f"imgsrv-bench-{os.getpid()}"
    try:
        probe.mkdir()
    except OSError:
        return False
    try:
        return (probe / setting).exists()
    finally:
        probe.rmdir()
