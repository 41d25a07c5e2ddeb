"""The order of the work: read, check, decode once, keep or encode the original, shrink step by step."""

import os
from collections.abc import Mapping
from typing import BinaryIO

from PIL import Image, JpegImagePlugin

from core.errors import FileTooLarge
from core.layout import Rendition
from core.renditions import colour, decoding, scaling
from core.settings import Limits

ORIGINAL_QUALITY = 90
QUALITY = 85
_UPRIGHT = {
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
    width, height = picture.image.size
    if picture.scan is not None:
        base, box = _load_draft(picture)
        outputs["original"].write(picture.scan)
        outputs["original"].flush()
        renditions = {"original": Rendition(width, height, len(picture.scan))}
    else:
        decoding.load(picture.image)
        base = colour.to_srgb(_upright(picture.image, picture.orientation), picture.profile)
        box = scaling.whole(base)
        width, height = base.size
        renditions = {"original": _encode(base, outputs["original"], ORIGINAL_QUALITY)}
    medium = scaling.shrink(base, box, scaling.fit(width, height, scaling.MEDIUM))
    if picture.scan is not None:
        medium = colour.to_srgb(medium, picture.profile)
    renditions["medium"] = _encode(medium, outputs["medium"], QUALITY)
    thumb = scaling.shrink(medium, scaling.whole(medium), scaling.fit(width, height, scaling.THUMB))
    renditions["thumb"] = _encode(thumb, outputs["thumb"], QUALITY)
    game = scaling.game([(thumb, scaling.whole(thumb)), (medium, scaling.whole(medium))])
    renditions["game"] = _encode(game, outputs["game"], QUALITY)
    return renditions


def _read(source: BinaryIO, limits: Limits) -> bytes:
    source.seek(0)
    data = source.read(limits.max_upload_bytes + 1)
    if len(data) > limits.max_upload_bytes:
        raise FileTooLarge(
            f"The file is larger than {limits.max_upload_bytes} bytes.", limit=limits.max_upload_bytes
        )
    return data


def _load_draft(picture: decoding.Picture) -> tuple[Image.Image, scaling.Box]:
    """Decode at a fraction of the size where that loses nothing that is shown; with the box that holds the picture."""
    image = picture.image
    factor = scaling.draft_factor(*image.size)
    drafted = image.draft(None, (image.width // factor, image.height // factor))
    decoding.load(image)
    return image, drafted[1] if drafted else scaling.whole(image)


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _encode(image: Image.Image, output: BinaryIO, quality: int) -> Rendition:
    # The comment is said to be none: left unsaid, Pillow writes the one that it read. A real file, so that the
    # encoder writes to its descriptor and lets other threads run.
    image.save(output, format=JpegImagePlugin.JpegImageFile.format, quality=quality, comment=None)
    return Rendition(image.width, image.height, os.fstat(output.fileno()).st_size)
