"""sharp: the same four files by one warm Node process, since a start per picture would be no peer.

Installed with `npm install --prefix bench/results/node sharp`; SHARP_FROM names another folder that has it.
"""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from bench.inputs import Photo
from bench.measure import cpu_of

_SCRIPT = Path(__file__).with_suffix(".mjs")
_FROM = Path(os.environ.get("SHARP_FROM", Path(__file__).parent.parent / "results" / "node")).resolve()


def missing() -> str:
    """Why this peer cannot run here; empty when it can."""
    if shutil.which("node") is None:
        return "there is no node"
    if not (_FROM / "node_modules" / "sharp").is_dir():
        return f"npm install --prefix {_FROM} sharp"
    return ""


@cache
def _process() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        ["node", str(_SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"SHARP_FROM": str(_FROM)},
    )


def cpu() -> float:
    """CPU seconds of the Node process so far."""
    return cpu_of(_process().pid)()


def render(photo: Photo, paths: dict[str, Path]) -> None:
    """Has the four files written; RuntimeError with what sharp says of a picture that it cannot read."""
    node = _process()
    if node.stdin is None or node.stdout is None:
        raise RuntimeError("node has no pipes")
    request = {"source": str(photo.path)} | {size: str(path) for size, path in paths.items()}
    node.stdin.write(json.dumps(request) + "\n")
    node.stdin.flush()
    answer = node.stdout.readline().strip()
    if answer != "done":
        raise RuntimeError(answer or "sharp ended")
