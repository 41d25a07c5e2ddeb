"""The order of the work: read, check, decode once, keep or encode the original, shrink step by step."""

import os
from collections.abc import Callable, Mapping
from typing import BinaryIO, cast

from PIL import Image

from core.errors import FileTooLarge
from core.renditions import colour, decoding, parallel, scaling
from core.settings import Limits
from core.volume.layout import Rendition

ORIGINAL_QUALITY = 90
QUALITY = 85
_TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def render(source: BinaryIO, outputs: Mapping[str, BinaryIO], limits: Limits) -> dict[str, Rendition]:
    """Fill the four open, empty, real files of `outputs` from a seekable `source`; RejectedImage if it is to blame."""
    picture = decoding.open_picture(_read(source, limits), limits)
    return _encode_all(picture, outputs) if picture.scan is None else _keep_scan(picture, outputs)


def _read(source: BinaryIO, limits: Limits) -> bytes:
    source.seek(0)
    data = source.read(limits.max_upload_bytes + 1)
    if len(data) > limits.max_upload_bytes:
        raise FileTooLarge(f"The file has more than {limits.max_upload_bytes} bytes.", limit=limits.max_upload_bytes)
    return data


def _keep_scan(picture: decoding.Picture, outputs: Mapping[str, BinaryIO]) -> dict[str, Rendition]:
    """The compressed scan becomes the original as it is; only what the smaller three show is decoded."""
    size = picture.image.size
    base, box = decoding.load_small(picture)
    original = Rendition(*size, outputs["original"].write(cast("bytes", picture.scan)))
    outputs["original"].flush()
    picture.scan = None  # it need not lie in memory while the rest is made
    smaller = _encode_smaller(base, box, size, lambda image: colour.through_profile(image, picture.profile), outputs)
    return {"original": original, **smaller}


def _encode_all(picture: decoding.Picture, outputs: Mapping[str, BinaryIO]) -> dict[str, Rendition]:
    """Every pixel is decoded and converted; the original is encoded while the rest is made."""
    base = colour.to_srgb(decoding.load(picture), picture.profile)
    turn = _TO_UPRIGHT.get(picture.orientation)
    # Chroma as sharp as the source has it, or the text of a screenshot smears.
    options = {"quality": ORIGINAL_QUALITY, "subsampling": "4:4:4" if picture.full_chroma else "4:2:0"}

    def upright(image: Image.Image) -> Image.Image:
        return image if turn is None else image.transpose(turn)

    with parallel.beside(lambda: _encode(upright(base), outputs["original"], **options)) as original:
        smaller = _encode_smaller(base, scaling.whole(base), base.size, upright, outputs)
    return {"original": original.result(), **smaller}


def _encode_smaller(
    base: Image.Image,
    box: scaling.Box,
    size: scaling.Size,
    finish: Callable[[Image.Image], Image.Image],
    outputs: Mapping[str, BinaryIO],
) -> dict[str, Rendition]:
    """Medium, thumb and game of a picture of `size` that fills `box` of `base`; `finish` is done where it is cheap."""
    medium = scaling.shrink(base, scaling.fit(*size, scaling.MEDIUM), box)
    finished = finish(medium)
    with parallel.beside(lambda: _encode(finished, outputs["medium"], quality=QUALITY)) as encoded:
        thumb = scaling.shrink(medium, scaling.fit(*size, scaling.THUMB), scaling.whole(medium))
        enough = min(thumb.size) >= scaling.ENOUGH_FOR_GAME
        game = scaling.game(thumb, scaling.whole(thumb)) if enough else scaling.game(base, box)
        small = {
            "thumb": _encode(finish(thumb), outputs["thumb"], quality=QUALITY, optimize=True),
            "game": _encode(finish(game), outputs["game"], quality=QUALITY, optimize=True),
        }
    return {"medium": encoded.result(), **small}


def _encode(image: Image.Image, output: BinaryIO, **options: object) -> Rendition:
    # The comment is said to be none: left unsaid, Pillow writes the one that it read. The output is a real file, so
    # the encoder writes to its descriptor and lets other threads run.
    image.save(output, format="JPEG", comment=None, **options)
    return Rendition(image.width, image.height, os.fstat(output.fileno()).st_size)
