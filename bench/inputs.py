"""Photo-like pictures, generated once from a seed and cached beside the results.

A photograph's spectrum falls with frequency and its finest detail is sensor noise; these pictures
add octaves of smoothed noise, hard edges and fine grain, so that they compress to what a phone's
files weigh (2-3 bits a pixel at quality 92) and no codec gets an easy flat area.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy
import pillow_heif
from PIL import Image, ImageDraw

from tests.profiles import display_p3

pillow_heif.register_heif_opener()

CACHE = Path(__file__).parent / "results" / "inputs"
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Photo:
    """One input file: what it is and where it lies."""

    name: str
    path: Path
    width: int
    height: int

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size

    def describe(self) -> str:
        return f"{self.width}x{self.height}, {self.bytes / 1e6:.1f} MB"


MP12, MP24 = (4000, 3000), (6000, 4000)


def _phone(image: Image.Image, path: Path) -> None:
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    image.save(path, quality=92, exif=exif, icc_profile=display_p3())


_RECIPES: dict[str, tuple[tuple[int, int], str, Callable[[Image.Image, Path], None]]] = {
    "jpeg-12mp": (MP12, "jpg", lambda image, path: image.save(path, quality=92, subsampling="4:2:0")),
    "jpeg-24mp": (MP24, "jpg", lambda image, path: image.save(path, quality=92, subsampling="4:2:0")),
    "jpeg-24mp-444": (MP24, "jpg", lambda image, path: image.save(path, quality=92, subsampling="4:4:4")),
    "progressive-12mp": (MP12, "jpg", lambda image, path: image.save(path, quality=92, progressive=True)),
    "phone-p3-12mp": ((4032, 3024), "jpg", _phone),
    "gray-12mp": (MP12, "jpg", lambda image, path: image.convert("L").save(path, quality=92)),
    "png-12mp": (MP12, "png", lambda image, path: image.save(path, compress_level=6)),
    "webp-12mp": (MP12, "webp", lambda image, path: image.save(path, quality=85, method=2)),
    "heic-12mp": (MP12, "heic", lambda image, path: image.save(path, quality=55)),
    "small": ((640, 480), "jpg", lambda image, path: image.save(path, quality=85)),
}


def photo(name: str) -> Photo:
    """The named input, made on first use."""
    size, extension, save = _RECIPES[name]
    return _cached(name, size, extension, save)


def jpeg(width: int, height: int) -> Photo:
    """An upright 4:2:0 JPEG of any size, for growth curves."""
    return _cached(f"jpeg-{width}x{height}", (width, height), "jpg", lambda image, path: image.save(path, quality=92))


def _cached(name: str, size: tuple[int, int], extension: str, save: Callable[[Image.Image, Path], None]) -> Photo:
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{name}.{extension}"
    if not path.exists():
        # Encode under another name: a run that was broken off must not leave half a picture as the input.
        unfinished = CACHE / f"unfinished-{name}.{extension}"
        save(photo_like(*size), unfinished)
        unfinished.rename(path)
    return Photo(name, path, *size)


@lru_cache(maxsize=1)  # one 24-megapixel picture in memory is enough
def photo_like(width: int, height: int, seed: int = 7) -> Image.Image:
    """An RGB picture with the statistics of a photograph; the same one for the same arguments."""
    random = numpy.random.default_rng(seed)
    light = numpy.full((height, width, 3), 118, dtype=numpy.float32)
    for octave in range(1, 12):
        light += _smooth_noise(random, width, height, cells=2**octave) * (110 / octave**1.2)
    image = Image.fromarray(numpy.clip(light, 0, 255).astype(numpy.uint8))
    _draw_edges(image, random)
    grain = random.normal(0, 4, (height, width, 1)).astype(numpy.float32)
    return Image.fromarray(numpy.clip(numpy.asarray(image) + grain, 0, 255).astype(numpy.uint8))


def _smooth_noise(random: numpy.random.Generator, width: int, height: int, cells: int) -> numpy.ndarray:
    coarse = random.normal(0, 0.35, (cells * 3 // 4 + 2, cells + 2, 3)).astype(numpy.float32)
    # Channels of a photo move together; a little of each on its own gives the chroma its detail.
    coarse = coarse.mean(axis=2, keepdims=True) * 1.5 + coarse * 0.3
    planes = [
        Image.fromarray(numpy.ascontiguousarray(coarse[:, :, c])).resize((width, height), Image.Resampling.BICUBIC)
        for c in range(3)
    ]
    return numpy.stack([numpy.asarray(plane) for plane in planes], axis=2)


def _draw_edges(image: Image.Image, random: numpy.random.Generator) -> None:
    draw = ImageDraw.Draw(image)
    for _ in range(120):
        x, y = random.integers(0, image.width), random.integers(0, image.height)
        reach = int(image.width * random.uniform(0.005, 0.05))
        corners = [(int(x + dx), int(y + dy)) for dx, dy in random.integers(-reach, reach + 1, (3, 2))]
        draw.polygon(corners, fill=tuple(int(c) for c in random.integers(20, 235, 3)))


def scratch() -> Path:
    """A folder on the disk that the cache is on, for what a benchmark writes: memory would make fsync free."""
    folder = CACHE.parent / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
