"""Small valid files to mutate: every format, mode and feature that the service reads, made on the spot."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, PngImagePlugin

SIZE = 48, 32


def seeds() -> dict[str, bytes]:
    """Name -> file, in an order that stays."""
    pillow_heif.register_heif_opener()
    return {name: _encoded(image, kind, options) for name, image, kind, options in _recipes()}


def _picture(mode: str = "RGB", shift: int = 0) -> Image.Image:
    """A soft gradient with a hard edge and some noise, so that every code path of a compressor is met."""
    x, y = np.meshgrid(np.linspace(0, 255, SIZE[0]), np.linspace(0, 255, SIZE[1]))
    pixels = np.stack([x, y, 255 - x, np.where(x > 128, 255, y)], axis=-1)
    pixels += np.random.default_rng(shift).normal(0, 8, pixels.shape)
    image = Image.fromarray(np.roll(pixels, shift, axis=1).clip(0, 255).astype(np.uint8), "RGBA")
    if mode == "I;16":
        return Image.fromarray((np.asarray(image.convert("L")).astype(np.uint16)) * 257)
    return image if mode == "RGBA" else image.convert("RGB").convert(mode)


def _frames() -> list[Image.Image]:
    return [_picture(shift=shift) for shift in (3, 9)]


def _recipes() -> Iterator[tuple[str, Image.Image, str, dict[str, Any]]]:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    metadata = {"exif": exif, "icc_profile": srgb}
    for mode in ("RGB", "L", "CMYK"):
        yield f"jpeg {mode}", _picture(mode), "JPEG", {}
    yield "jpeg 4:4:4", _picture(), "JPEG", {"subsampling": 0, "quality": 95}
    yield "jpeg progressive", _picture(), "JPEG", {"progressive": True}
    yield "jpeg restarts", _picture(), "JPEG", {"restart_marker_blocks": 2}
    yield "jpeg rgb", _picture(), "JPEG", {"keep_rgb": True}
    yield "jpeg turned", _picture(), "JPEG", {**metadata, "comment": b"a comment"}
    yield "jpeg profile", _picture(), "JPEG", {"icc_profile": srgb, "xmp": b"<x:xmpmeta/>"}
    yield "mpo", _picture(), "MPO", {"save_all": True, "append_images": _frames()}
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"png {mode}", _picture(mode), "PNG", {}
    yield "png 2 bits", _picture("P").quantize(4), "PNG", {"bits": 2}
    yield "png key", _picture(), "PNG", {"transparency": (255, 0, 0)}
    yield "png palette key", _picture("P"), "PNG", {"transparency": bytes(range(256))}
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "text " * 50, zip=True)
    text.add_itxt("XML:com.adobe.xmp", "<x/>", zip=True)
    yield "png metadata", _picture(), "PNG", {**metadata, "pnginfo": text}
    yield "apng", _picture("RGBA"), "PNG", {"save_all": True, "append_images": _frames()}
    yield "gif", _picture("P"), "GIF", {}
    yield "gif key", _picture("P"), "GIF", {"transparency": 3, "interlace": True, "comment": b"a comment"}
    yield "gif frames", _picture(), "GIF", {"save_all": True, "append_images": _frames()}
    yield "webp lossy", _picture(), "WEBP", metadata
    yield "webp lossless", _picture("RGBA"), "WEBP", {"lossless": True}
    yield "webp alpha", _picture("RGBA"), "WEBP", {"quality": 60}
    yield "webp frames", _picture("RGBA"), "WEBP", {"save_all": True, "append_images": _frames()}
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield f"bmp {mode}", _picture(mode), "BMP", {}
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"tiff {compression}", _picture(), "TIFF", {"compression": compression}
    yield "tiff fax", _picture("1"), "TIFF", {"compression": "group4"}
    for mode in ("L", "LA", "P", "RGBA", "CMYK", "LAB", "I;16", "I", "F"):
        image = _picture("L").convert(mode) if mode in ("I", "F") else _picture() if mode == "LAB" else _picture(mode)
        yield f"tiff {mode}", _lab(image) if mode == "LAB" else image, "TIFF", {}
    yield "tiff turned", _picture(), "TIFF", metadata
    yield "tiff pages", _picture(), "TIFF", {"save_all": True, "append_images": _frames()}
    yield "avif", _picture(), "AVIF", metadata
    yield "avif alpha", _picture("RGBA"), "AVIF", {"speed": 10}
    yield "avif frames", _picture(), "AVIF", {"save_all": True, "append_images": _frames(), "speed": 10}
    yield "heic", _picture(), "HEIF", metadata
    yield "heic alpha", _picture("RGBA"), "HEIF", {"quality": 60}
    yield "heic frames", _picture(), "HEIF", {"save_all": True, "append_images": _frames()}


def _lab(image: Image.Image) -> Image.Image:
    transform = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted


def _encoded(image: Image.Image, kind: str, options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
