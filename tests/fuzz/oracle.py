"""What other readers show of a file's unchanged bytes: Pillow by itself and, where it is installed, libvips."""

import io
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageCms, ImageFile

try:
    import pyvips
except ImportError:  # the suite does without; the campaign has it
    pyvips = None

Pixels = np.ndarray
FAR = 40  # levels between the means of blocks of 8 x 8 pixels: JPEG moves them by a few, a lost part by a hundred


def verdict(data: bytes, stored: Pixels) -> str:
    """Whether a stored original looks as others show its file: "same", "other", or "alone" where none reads it.

    MemoryError when that cannot be told.
    """
    shown = list(_shown(data))
    if any(_alike(stored, pixels) for pixels in shown):
        return "same"
    return "other" if shown else "alone"


def readable(data: bytes) -> bool:
    """Whether Pillow by itself opens the file without an error."""
    try:
        return _by_pillow(data) is not None
    except Exception:
        return False


def difference(one: Pixels, other: Pixels) -> float:
    """The largest difference between the means of blocks of 8 x 8 pixels: high where a part was lost."""
    rows, columns = one.shape[:2]
    whole = np.pad(one - other, ((0, -rows % 8), (0, -columns % 8), (0, 0)))
    blocks = whole.reshape(whole.shape[0] // 8, 8, whole.shape[1] // 8, 8, 3)
    return float(np.abs(blocks.mean(axis=(1, 3))).max())


def _shown(data: bytes) -> Iterator[Pixels]:
    readers: list[Callable[[bytes], Pixels | None]] = [
        _by_pillow,
        _leniently,
        _in_srgb,
        *([_by_vips] if pyvips else []),
    ]
    for read in readers:
        try:
            pixels = read(data)
        except MemoryError:  # of the test's process: this reader might have shown it
            raise
        except Exception:  # whatever it is, this reader shows nothing
            continue
        if pixels is None:  # nobody can tell
            return
        yield pixels


def _alike(stored: Pixels, shown: Pixels) -> bool:
    """In any of the eight orientations: which of them a damaged tag means is another question."""
    for flipped in (shown, shown[:, ::-1], _as_jpeg(shown), _as_jpeg(shown)[:, ::-1]):
        for turns in range(4):
            turned = np.rot90(flipped, turns)
            if turned.shape == stored.shape and difference(stored, turned) < FAR:
                return True
    return False


def _as_jpeg(shown: Pixels) -> Pixels:
    """As a JPEG has it whose chroma is half as sharp, which moves the colours of noise far."""
    buffer = io.BytesIO()
    Image.fromarray(shown.astype(np.uint8)).save(buffer, "JPEG", quality=90)
    return np.asarray(Image.open(buffer)).astype(int)


def _by_pillow(data: bytes) -> Pixels | None:
    """The largest picture of the file on white; None for samples that have no agreed white."""
    with Image.open(io.BytesIO(data)) as image:
        if image.format == "TIFF":
            _seek_largest(image)
        covered = image.tile[0][1] if image.format == "GIF" else None
        image.load()
        if image.mode in ("I", "F", "LAB"):
            return None
        if image.mode.startswith("I;16"):
            gray = np.asarray(image).astype(int) // 257
            return np.repeat(gray[..., None], 3, axis=-1)
        if image.mode == "RGBA" and image.format == "BMP" and image.getchannel("A").getextrema() == (0, 0):
            image.putalpha(255)
        shown = image.convert({"La": "LA", "CMYK": "RGB"}.get(image.mode, "RGBA")).convert("RGBA")
        white = Image.new("RGBA", shown.size, "white")
        if covered:  # the rest of a GIF's canvas is none of the frame's, whatever colour a reader gives it
            clear = Image.new("RGBA", shown.size)
            clear.paste(shown.crop(covered), covered)
            shown = clear
        return np.asarray(Image.alpha_composite(white, shown).convert("RGB")).astype(int)


def _seek_largest(image: Image.Image) -> None:
    """To the largest page of those that can be reached."""
    areas = []
    try:
        for page in range(20):
            image.seek(page)
            areas.append(image.width * image.height)
    except Exception:  # the end, or damage in what leads on
        image.seek(areas.index(max(areas)))


def _leniently(data: bytes) -> Pixels | None:
    """As far as the file goes: one whose end alone is missing shows all of its picture so."""
    try:
        return _by_pillow(data)
    except OSError as error:
        if "truncated" not in str(error):  # this reader would hand over black
            raise
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        return _by_pillow(data)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _in_srgb(data: bytes) -> Pixels | None:
    """With the colours moved from the embedded profile, which may be damaged and move them far."""
    with Image.open(io.BytesIO(data)) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        plain = image if image.mode in ("L", "CMYK") else image.convert("RGB")
        target, flags = ImageCms.createProfile("sRGB"), ImageCms.Flags.BLACKPOINTCOMPENSATION
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        transform = ImageCms.buildTransform(profile, target, plain.mode, "RGB", intent, flags)
        return np.asarray(ImageCms.applyTransform(plain, transform)).astype(int)


def _by_vips(data: bytes) -> Pixels | None:
    image = pyvips.Image.new_from_buffer(data, "", fail_on="none")
    if image.interpretation == "cmyk":
        raise ValueError(
            "it shows inks by a printer's profile of its own, and we by arithmetic where the file has none"
        )
    image = image.colourspace("srgb")
    image = image.flatten(background=255) if image.hasalpha() else image
    return image.cast("uchar").numpy().astype(int)[..., :3]
