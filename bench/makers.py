"""Photos as phones of many makers write them, beside libvips: `python -m bench.makers [FOLDER]`.

The pictures are generated; their containers, orientations, profiles, tags and what follows them are the makers' own.
For each it prints how far medium and thumb are from libvips (means of blocks of 8 x 8 pixels, in levels), and with a
folder it draws both side by side, to be looked at. HEIC is compared with libheif's own reading.
"""

import io
import struct
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pillow_heif
import pyvips
from PIL import Image, ImageCms, ImageDraw, ImageOps

from bench import inputs
from tests.fuzz.oracle import difference
from tests.judge import assert_clean, icc
from tests.profiles import display_p3, rgb_profile
from tests.rendering import rendered

Make = Callable[[], bytes]
WIDE, TALL = (4032, 3024), (3024, 4032)
FAR = 24  # levels: another resampling filter moves the mean of 64 pixels at an edge by some
_BOX = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + b"\0\0\0\x10mdat" + b"video..."


def photo(size: tuple[int, int], maker: str, orientation: int = 1, big: bool = False, **options: object) -> bytes:
    """A JPEG with the EXIF of a phone: its maker, an orientation, a place and a time."""
    exif = Image.Exif()
    exif.endian = ">" if big else "<"
    exif[0x010F], exif[0x0110], exif[0x0112], exif[0x0132] = maker, f"{maker} 1", orientation, "2026:06:01 12:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 15.0), 3: "E", 4: (11.0, 34.0, 30.0)})
    buffer = io.BytesIO()
    given = {"quality": 92, "subsampling": "4:2:0"} | options
    _scene(*size).save(buffer, "JPEG", exif=exif, **given)
    return buffer.getvalue()


def _scene(width: int, height: int) -> Image.Image:
    """One picture in any size, with a mark in its upper left corner, so that a wrong turn shows."""
    image = inputs.photo_like(2016, 1512).resize((width, height), Image.Resampling.BICUBIC)
    side = min(width, height)
    ImageDraw.Draw(image).rectangle((side // 20, side // 20, side // 4, side // 8), fill=(230, 30, 40))
    return image


def heic(size: tuple[int, int], orientation: int, profile: bytes | None = None, tail: bytes = b"") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    _scene(*size).save(buffer, "HEIF", quality=60, exif=exif.tobytes(), **({"icc_profile": profile} if profile else {}))
    return buffer.getvalue() + tail


def gain_map(size: tuple[int, int], maker: str, **options: object) -> bytes:
    """Ultra HDR: a second JPEG behind the first, announced by a segment MPF and by XMP."""
    first, second = photo(size, maker, **options), photo((size[0] // 4, size[1] // 4), maker)
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><hdrgm:Version>1.0</hdrgm:Version>"
    xmp += b"</x:xmpmeta>"
    entries = struct.pack("<4I", 0x030000, len(first), 0, 0) + struct.pack("<4I", 0, len(second), len(first), 0)
    mpf = b"MPF\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0xB002, 7, 32, 26) + b"\0\0\0\0" + entries
    return first[:2] + _segment(0xE1, xmp) + _segment(0xE2, mpf) + first[2:] + second


def _segment(code: int, payload: bytes) -> bytes:
    return bytes((0xFF, code)) + (len(payload) + 2).to_bytes(2, "big") + payload


def photos() -> Iterator[tuple[str, Make]]:
    p3, adobe = display_p3(), rgb_profile("Adobe RGB")
    yield "Apple, portrait, P3", partial(photo, WIDE, "Apple", 6, big=True, icc_profile=p3)
    yield "Apple, landscape, P3", partial(photo, WIDE, "Apple", 1, big=True, icc_profile=p3)
    yield "Apple, HEIC, P3", partial(heic, WIDE, 1, p3)
    yield "Apple, HEIC, portrait", partial(heic, TALL, 1, p3)
    yield (
        "Samsung, portrait, trailer",
        lambda: photo(WIDE, "samsung", 6) + b"\0\0\x01\x0aMCC_Data460" + bytes(40) + b"SEFT",
    )
    yield "Samsung, HEIC, trailing bytes", partial(heic, WIDE, 1, None, b"SEFHk\0\0\0SEFT")
    yield "Samsung, 200 megapixels", partial(photo, (16320, 12240), "samsung")
    yield "Google, gain map", partial(gain_map, WIDE, "Google")
    yield "Google, gain map, portrait, P3", partial(gain_map, WIDE, "Google", orientation=8, icc_profile=p3)
    yield "Google, motion", lambda: photo(WIDE, "Google") + _BOX
    yield "Xiaomi, 108 megapixels", partial(photo, (12000, 9000), "Xiaomi")
    yield "Huawei, panorama", partial(photo, (24000, 3200), "HUAWEI")
    yield "OnePlus, progressive, upside down", partial(photo, WIDE, "OnePlus", 3, progressive=True)
    yield "Sony, Adobe RGB", partial(photo, WIDE, "Sony", icc_profile=adobe)
    yield "Motorola, restart markers", partial(photo, WIDE, "motorola", 6, restart_marker_blocks=63)
    yield "Nokia, 4:2:2, mirrored", partial(photo, WIDE, "Nokia", 2, subsampling="4:2:2")
    yield "OPPO, 4:4:4, transposed", partial(photo, WIDE, "OPPO", 5, subsampling="4:4:4")
    yield "vivo, 50 megapixels", partial(photo, (8160, 6144), "vivo", 6)


def shown(data: bytes, width: int, height: int) -> np.ndarray:
    """What libvips, or for HEIC libheif and littleCMS, make of the file in this size."""
    if data[4:8] != b"ftyp":
        image = pyvips.Image.thumbnail_buffer(data, width, height=height, size="force", output_profile="srgb")
        return np.asarray(image.numpy()).astype(int)[..., :3]
    picture = ImageOps.exif_transpose(pillow_heif.open_heif(io.BytesIO(data)).to_pillow()).convert("RGB")
    if profile := picture.info.get("icc_profile"):
        target = ImageCms.createProfile("sRGB")
        picture = ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), target)
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS)).astype(int)


def main(folder: Path | None) -> int:
    """Prints a line a photo; 1 when one is far from the other reader, turned wrong, or not clean."""
    wrong = 0
    for name, make in photos():
        data = make()
        stored = rendered(data)
        told = []
        for size in ("medium", "thumb"):
            ours = stored[size].pixels
            theirs = shown(data, ours.shape[1], ours.shape[0])
            told.append(difference(ours, theirs))
            if folder and size == "thumb":
                pair = np.concatenate([ours, theirs], axis=1).astype(np.uint8)
                Image.fromarray(pair).save(folder / f"{name}.png")
        for one in stored.values():
            assert_clean(one.data)
        wrong += max(told) >= FAR
        kept = "its own profile" if icc(stored["original"].data) else "no profile"
        original = stored["original"].rendition
        print(
            f"{name:36} {len(data) / 1e6:5.1f} MB  original {original.width}x{original.height}, {kept};"
            f" medium {told[0]:.1f}, thumb {told[1]:.1f}", flush=True,
        )  # fmt: skip
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else None))
