"""How close medium and thumb come to a high-quality reference: `python -m bench.quality [PHOTO ...]`.

The reference is Lanczos on floating point samples of the whole decoded picture; every candidate is measured as it is
stored, after JPEG at the service's quality. PSNR is over RGB, SSIM over luma with an 8 x 8 window.
Without photos, a picture with the statistics of one (noise of equal energy per octave, and hard edges) is made.
"""

import argparse
import io
import math
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.renditions import render, scaling
from core.settings import Limits
from core.sizes import STANDARD

QUALITY = STANDARD["medium"].quality
Pixels = npt.NDArray[np.float32]
LANCZOS, BICUBIC, BOX = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC, Image.Resampling.BOX


def photo_like(width: int, height: int) -> bytes:
    """A JPEG at quality 92."""
    rng = np.random.default_rng(5)
    pixels = np.zeros((height, width, 3))
    for octave in range(1, 11):
        coarse = rng.normal(0, 1, (max(2, height >> octave), max(2, width >> octave), 3))
        planes = [Image.fromarray(coarse[..., c].astype(np.float32)).resize((width, height), BICUBIC) for c in range(3)]
        detail = np.stack([np.asarray(plane) for plane in planes], axis=-1)
        pixels += (detail.mean(axis=-1, keepdims=True) * 1.5 + detail * 0.5) * 2.2 * octave
    y, x = np.mgrid[0:height, 0:width]
    pixels += 60 * (((x * 3 + y) // 331 + (y * 2 - x) // 457) % 2)[..., None]
    buffer = io.BytesIO()
    Image.fromarray((pixels + 100).clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def reference(image: Image.Image, size: tuple[int, int]) -> Pixels:
    pixels = np.asarray(image, dtype=np.float32)
    planes = [Image.fromarray(np.ascontiguousarray(pixels[..., c])).resize(size, LANCZOS) for c in range(3)]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def as_stored(image: Image.Image) -> Pixels:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return _pixels(buffer.getvalue())


def ours(data: bytes, size: str) -> Pixels:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        files = {name: stack.enter_context(Path(folder, name).open("wb")) for name in STANDARD}
        render(io.BytesIO(data), files, Limits(), STANDARD)
        return _pixels(Path(folder, size).read_bytes())


def psnr(a: Pixels, b: Pixels) -> float:
    return 10 * math.log10(255**2 / float(((a - b) ** 2).mean()))


def ssim(a: Pixels, b: Pixels) -> float:
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    x, y = (_windows(image @ weights) for image in (a, b))
    mx, my = x.mean(-1), y.mean(-1)
    covariance = (x * y).mean(-1) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    structure = (2 * covariance + c2) / (x.var(-1) + y.var(-1) + c2)
    return float((structure * (2 * mx * my + c1) / (mx**2 + my**2 + c1)).mean())


def compare(name: str, data: bytes) -> None:
    whole = Image.open(io.BytesIO(data)).convert("RGB")
    print(f"{name}, {whole.width} x {whole.height}")
    for size in ("medium", "thumb"):
        target = scaling.target(STANDARD[size], *whole.size)
        wanted = reference(whole, target)
        for method, pixels in candidates(whole, data, size, target).items():
            got = pixels()
            print(f"  {size:7}{method:36}PSNR {psnr(got, wanted):6.2f} dB   SSIM {ssim(got, wanted):.4f}")


def candidates(whole: Image.Image, data: bytes, size: str, target: tuple[int, int]) -> dict[str, Callable[[], Pixels]]:
    return {
        "the service": lambda: ours(data, size),
        "Lanczos from full size": lambda: as_stored(whole.resize(target, LANCZOS)),
        "Lanczos after averaging (gap 1.1)": lambda: as_stored(whole.resize(target, LANCZOS, reducing_gap=1.1)),
        "bicubic from full size": lambda: as_stored(whole.resize(target, BICUBIC)),
        "box from full size": lambda: as_stored(whole.resize(target, BOX)),
    }


def _pixels(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=np.float32)


def _windows(plane: Pixels, side: int = 8) -> Pixels:
    height, width = (length - length % side for length in plane.shape)
    blocks = plane[:height, :width].reshape(height // side, side, width // side, side)
    return blocks.swapaxes(1, 2).reshape(height // side, width // side, side * side)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="*", type=Path)
    photos = parser.parse_args().photos
    for photo in photos:
        compare(photo.name, photo.read_bytes())
    if not photos:
        compare("photo-like", photo_like(4032, 3024))
        compare("photo-like", photo_like(3000, 2000))


if __name__ == "__main__":
    main()
