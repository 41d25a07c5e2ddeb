"""Renders pictures through the real code into real files, and takes the results apart without an imaging library."""

import io
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import judge
import numpy as np
from PIL import Image, ImageOps

from core.errors import RejectedImage
from core.index.entries import Entry, Rendition
from core.renditions import render
from core.settings import Limits
from core.sizes import STANDARD, Sizes


@dataclass(frozen=True)
class Stored:
    """One stored file: what render said of it, its bytes, and the markers and payloads that it consists of."""

    rendition: Rendition
    data: bytes

    @property
    def pixels(self) -> np.ndarray:
        """Height x width x 3 as any viewer without colour management shows it."""
        with Image.open(io.BytesIO(self.data), formats=["JPEG"]) as image:
            return np.asarray(image.convert("RGB")).astype(int)

    @property
    def segments(self) -> list[tuple[int, bytes]]:
        return judge.parts(self.data)


def rendered(data: bytes, limits: Limits | None = None, sizes: Sizes = STANDARD) -> dict[str, Stored]:
    """The stored files of an upload; RejectedImage when it is refused."""
    return _rendered(data, limits or Limits(), sizes)[1]


def rendered_entry(data: bytes) -> Entry:
    """The record of an upload, as far as it is made with the files."""
    return _rendered(data, Limits(), STANDARD)[0]


def _rendered(data: bytes, limits: Limits, sizes: Sizes) -> tuple[Entry, dict[str, Stored]]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        paths = {size: Path(folder, size) for size in sizes}
        outputs = {size: stack.enter_context(path.open("wb")) for size, path in paths.items()}
        entry = render(io.BytesIO(data), outputs, limits, sizes)
        assert entry.sizes
        return entry, {size: Stored(entry.sizes[size], path.read_bytes()) for size, path in paths.items()}


def in_size(image: Image.Image, size: str) -> Image.Image:
    """The picture as a standard size shows it, made by Pillow alone."""
    box = STANDARD[size]
    if box.crop:
        return ImageOps.fit(image, (box.width, box.height))
    fitted = image.copy()
    fitted.thumbnail((box.width, box.height))
    return fitted


def peak_memory() -> int:
    """The most memory that this process has had at once, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def rendered_apart(folder: Path, files: dict[str, bytes]) -> dict[str, tuple[str, int]]:
    """Renders files one after the other in one other process: how each ended, and by how many MiB the peak rose."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    tests = Path(__file__).parent
    command = [sys.executable, "-W", "ignore", "-m", "rendering", *(str(folder / name) for name in files)]
    environment = {"PYTHONPATH": f"{tests.parent}:{tests}"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    lines = [line.split() for line in result.stdout.splitlines()]
    return {name: (outcome, int(growth)) for name, (outcome, growth) in zip(files, lines, strict=True)}


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def main() -> None:
    rendered(encoded(Image.new("RGB", (8, 8))))  # what is loaded on first use is loaded
    for path in map(Path, sys.argv[1:]):
        before = peak_memory()
        try:
            rendered(path.read_bytes())
            outcome = "accepted"
        except RejectedImage as refusal:
            outcome = type(refusal).__name__
        print(outcome, peak_memory() - before)


if __name__ == "__main__":
    main()
