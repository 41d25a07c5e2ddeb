"""Renders pictures through the real code into real files, and takes the results apart without an imaging library."""

import io
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core import jpeg
from core.layout import SIZES, Rendition
from core.renditions import render
from core.settings import Limits


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
        return list(jpeg.segments(self.data))


def rendered(data: bytes, limits: Limits | None = None) -> dict[str, Stored]:
    """The four stored files of an upload; RejectedImage when it is refused."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        paths = {size: Path(folder, size) for size in SIZES}
        outputs = {size: stack.enter_context(path.open("wb")) for size, path in paths.items()}
        renditions = render(io.BytesIO(data), outputs, limits or Limits())
        return {size: Stored(renditions[size], path.read_bytes()) for size, path in paths.items()}


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
