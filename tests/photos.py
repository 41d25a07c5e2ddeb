"""Pictures whose pixels are known, made on the spot; and what a stored tree looks like."""

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.sizes import STANDARD


def picture(width: int, height: int) -> Image.Image:
    """A smooth gradient with a bright red upper left quarter, so that scale, crop and rotation show."""
    x, y = np.linspace(0, 255, width), np.linspace(0, 255, height)[:, None]
    bands = [band.astype(np.uint8) for band in ((x + y) / 2, y, 255 - x)]
    pixels = np.stack(np.broadcast_arrays(*bands), axis=-1)
    pixels[: height // 2, : width // 2] = (230, 20, 20)
    return Image.fromarray(pixels)


@cache
def photo(width: int = 640, height: int = 480, kind: str = "JPEG", **options: Any) -> bytes:
    """That picture as the bytes of a file."""
    buffer = io.BytesIO()
    picture(width, height).save(buffer, kind, **options)
    return buffer.getvalue()


@cache
def noise(width: int, height: int) -> bytes:
    """A JPEG that no encoder makes small, always the same: about two bytes a pixel."""
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def dimensions(jpeg: bytes) -> tuple[int, int]:
    """(width, height) of a JPEG, which it must be."""
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
        image.load()
        return image.size


def stored_files(storage: Path, project: str) -> list[str]:
    """Every file of a project but its index and its lock, relative to the project's folder."""
    folder = storage / "projects" / project
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path not in ("meta.json", "meta.lock"))


def expected_files(*image_ids: str) -> list[str]:
    """What stored_files gives when exactly these images are stored, each whole."""
    return sorted(f"{size}/{image}.jpg" for image in image_ids for size in STANDARD)
