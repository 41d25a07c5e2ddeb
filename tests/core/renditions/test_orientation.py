"""Every file stands upright in its pixels, from whatever carrier the orientation came, and no tag survives."""

import numpy as np
import pillow_heif
import pytest
from PIL import Image, PngImagePlugin
from rendering import encoded, in_size, rendered

ORIENTATION = 0x0112
# What a camera did to the upright scene, as index arithmetic: row and column of the stored pixel from the upright one.
STORED = {
    1: lambda scene: scene,
    2: lambda scene: scene[:, ::-1],
    3: lambda scene: scene[::-1, ::-1],
    4: lambda scene: scene[::-1],
    5: lambda scene: scene.swapaxes(0, 1),
    6: lambda scene: scene.swapaxes(0, 1)[::-1],
    7: lambda scene: scene[::-1, ::-1].swapaxes(0, 1),
    8: lambda scene: scene.swapaxes(0, 1)[:, ::-1],
}


def scene(width=160, height=96):
    """Four quarters of different colour: no two orientations look the same."""
    pixels = np.full((height, width, 3), 200, np.uint8)
    pixels[: height // 2, : width // 2] = (220, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 180, 30)
    pixels[height // 2 :, : width // 2] = (30, 30, 220)
    return pixels


def tagged(orientation, order="little"):
    exif = Image.Exif()
    exif.endian = "<" if order == "little" else ">"
    exif[ORIENTATION] = orientation
    return exif.tobytes()


def assert_upright(data, tolerance=12):
    files = rendered(data)
    for size, stored in files.items():
        small = in_size(Image.fromarray(scene()), size)
        assert stored.pixels.shape == (small.height, small.width, 3), size
        assert abs(stored.pixels - np.asarray(small).astype(int)).mean() < tolerance, size
        assert all(code not in (0xE1, 0xED) for code, _ in stored.segments)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_upright_from_exif(kind, orientation):
    image = Image.fromarray(np.ascontiguousarray(STORED[orientation](scene())))
    assert_upright(encoded(image, kind, exif=tagged(orientation), quality=90))


@pytest.mark.parametrize("orientation", STORED)
def test_upright_from_big_endian_exif_of_a_gray_picture(orientation):
    image = Image.fromarray(np.ascontiguousarray(STORED[orientation](scene()))).convert("L")
    files = rendered(encoded(image, exif=tagged(orientation, "big")))
    assert abs(files["thumb"].pixels - np.asarray(Image.fromarray(scene()).convert("L"))[..., None]).mean() < 3


@pytest.mark.parametrize("orientation", STORED)
def test_rotation_of_heic_is_applied_once(orientation):
    heif = pillow_heif.from_pillow(Image.fromarray(np.ascontiguousarray(STORED[orientation](scene()))))
    from io import BytesIO

    buffer = BytesIO()
    heif.save(buffer, exif=tagged(orientation), quality=90)  # pillow-heif writes irot and imir from it
    assert_upright(buffer.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_upright_from_xmp_where_there_is_no_exif(kind):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    image = Image.fromarray(np.ascontiguousarray(STORED[6](scene())))
    options: dict[str, object] = {"xmp": xmp}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
        options = {"pnginfo": text}
    assert_upright(encoded(image, kind, **options))


@pytest.mark.parametrize("compressed", [True, False])
def test_upright_from_the_raw_profile_of_an_old_png(compressed):
    digits = tagged(8).hex()
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", f"\nexif\n{len(digits) // 2:8}\n{digits}\n", zip=compressed)
    assert_upright(encoded(Image.fromarray(np.ascontiguousarray(STORED[8](scene()))), "PNG", pnginfo=text))


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0II*\0garbage", b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", tagged(9), tagged(0)]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_broken_or_unheard_of_orientation_counts_as_upright(kind, exif):
    assert_upright(encoded(Image.fromarray(scene()), kind, exif=exif))


def test_a_large_turned_photo_is_turned_in_every_rendition():
    pixels = np.asarray(Image.fromarray(scene()).resize((2400, 1440), Image.Resampling.NEAREST))
    image = Image.fromarray(np.ascontiguousarray(STORED[6](pixels)))
    files = rendered(encoded(image, exif=tagged(6)))
    sides = {"original": (2400, 1440), "medium": (1600, 960), "thumb": (400, 240), "game": (50, 50)}
    assert {size: (files[size].rendition.width, files[size].rendition.height) for size in sides} == sides
    for size in ("original", "medium", "thumb"):
        pixels = files[size].pixels
        assert abs(pixels[5, 5] - (220, 30, 30)).max() < 8, size
        assert abs(pixels[5, -5] - (30, 180, 30)).max() < 8, size
        assert abs(pixels[-5, 5] - (30, 30, 220)).max() < 8, size


@pytest.mark.parametrize("orientation", [0, 1, 9, 77])
def test_a_scan_that_need_not_be_turned_is_kept(orientation):
    data = encoded(Image.fromarray(scene()), exif=tagged(orientation))
    assert rendered(data)["original"].data == encoded(Image.fromarray(scene()))
