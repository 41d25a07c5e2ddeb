"""The order of the work: read, check, decode once, keep or encode the original, shrink step by step."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import BinaryIO, cast

from PIL import Image

from core import jpeg
from core.errors import FileTooLarge
from core.index.entries import ABSENT, Entry, Rendition
from core.renditions import colour, cost, decoding, parallel, placeholder, scaling
from core.settings import Limits
from core.sizes import ORIGINAL, Sizes

_TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = [_TO_UPRIGHT[orientation] for orientation in (5, 6, 7, 8)]


def render(source: BinaryIO, outputs: Mapping[str, BinaryIO], limits: Limits, sizes: Sizes) -> Entry:
    """Writes each size to its file in `outputs` (open, empty, real files) from a seekable `source`.

    Returns the image's record, still without an id; raises RejectedImage if the source is at fault.
    """
    data = _read(source, limits)
    picture = decoding.open_picture(data, limits, _others(sizes).values())
    base, box = decoding.load_small(picture) if picture.scan else (None, None)
    if base and box and picture.scan:
        entry = _keep_scan(picture, base, box, outputs, sizes)
    else:
        if base:  # the scan holds more than a picture
            picture = decoding.open_picture(data, limits, _others(sizes).values(), keep=False)
        del data
        entry = _encode_all(picture, outputs, sizes)
    entry.taken_at = picture.taken_at or ABSENT
    return entry


def _read(source: BinaryIO, limits: Limits) -> bytes:
    source.seek(0)
    data = source.read(limits.max_upload_bytes + 1)
    if len(data) > limits.max_upload_bytes:
        raise FileTooLarge(f"The file has more than {limits.max_upload_bytes} bytes.", limit=limits.max_upload_bytes)
    return data


def _keep_scan(
    picture: decoding.Picture,
    base: Image.Image,
    box: scaling.Box,
    outputs: Mapping[str, BinaryIO],
    sizes: Sizes,
) -> Entry:
    """Stores the compressed scan unchanged as the original; only what the other sizes show was decoded."""
    parsed = cast("jpeg.Jpeg", picture.parsed)
    size = parsed.width, parsed.height
    original = Rendition(*size, outputs[ORIGINAL].write(cast("bytes", picture.scan)))
    outputs[ORIGINAL].flush()
    picture.scan = None  # free its memory while the other sizes are made
    finish = partial(colour.through_profile, profile=picture.profile)
    smaller, hashed = _encode_others(base, box, size, finish, outputs, _others(sizes))
    return Entry("", sizes={ORIGINAL: original, **smaller}, placeholder=hashed)


def _encode_all(picture: decoding.Picture, outputs: Mapping[str, BinaryIO], sizes: Sizes) -> Entry:
    """Decodes every pixel, and encodes the original, in its own RGB profile, while the other sizes are made."""
    base, profile = colour.prepared(decoding.load(picture), picture.profile)
    turn = _TO_UPRIGHT.get(picture.orientation)
    if turn is not None and base.width * base.height > cost.LARGE:
        base, turn = base.transpose(turn), None
    others = _turned(_others(sizes)) if turn in _ON_ITS_SIDE else _others(sizes)
    # Chroma is as sharp as in the source; otherwise the text of a screenshot smears.
    options = {"quality": sizes[ORIGINAL].quality, "subsampling": "4:4:4" if picture.full_chroma else "4:2:0"}

    def upright(image: Image.Image) -> Image.Image:
        return image if turn is None else image.transpose(turn)

    def finish(image: Image.Image) -> Image.Image:
        return colour.through_profile(upright(image), profile)

    icc = profile.kept if profile else None
    with parallel.beside(lambda: _encode(upright(base), outputs[ORIGINAL], icc_profile=icc, **options)) as original:
        smaller, hashed = _encode_others(base, scaling.whole(base), base.size, finish, outputs, others)
    return Entry("", sizes={ORIGINAL: original.result(), **smaller}, placeholder=hashed)


def _encode_others(
    base: Image.Image,
    box: scaling.Box,
    size: scaling.Dimensions,
    finish: Callable[[Image.Image], Image.Image],
    outputs: Mapping[str, BinaryIO],
    others: Sizes,
) -> tuple[dict[str, Rendition], str]:
    """Encodes the sizes except the original, and a placeholder, of a picture of `size` that fills `box` of `base`.

    `finish` is applied to each of them.
    """
    wanted = {name: scaling.target(other, *size) for name, other in others.items()}
    sources = [(base, box)]  # the whole picture at ever smaller sizes
    encoded = {}
    with ExitStack() as stack:
        for name in sorted(wanted, key=lambda name: wanted[name][0] * wanted[name][1], reverse=True):
            other, pixels = others[name], wanted[name]
            enough = (pair for pair in reversed(sources) if scaling.holds(other, pair[1], pixels))
            source, within = next(enough, sources[0])
            image = scaling.shrink(source, pixels, scaling.part(other, within))
            if not other.crop:
                sources.append((image, scaling.whole(image)))
            encode = partial(
                _encode, finish(image), outputs[name], quality=other.quality, optimize=max(pixels) <= scaling.SMALL
            )
            encoded[name] = stack.enter_context(parallel.beside(encode))
        smallest, within = sources[-1]
        hashed = placeholder.of(finish(scaling.shrink(smallest, scaling.target(placeholder.BOX, *size), within)))
    return {name: encoded[name].result() for name in others}, hashed


def _others(sizes: Sizes) -> Sizes:
    return {name: size for name, size in sizes.items() if name != ORIGINAL}


def _turned(sizes: Sizes) -> Sizes:
    """The sizes for a picture that still lies on its side: width and height swapped."""
    return {name: replace(size, width=size.height, height=size.width) for name, size in sizes.items()}


def _encode(image: Image.Image, output: BinaryIO, **options: object) -> Rendition:
    # Without an explicit comment=None Pillow writes the comment that it read. The output is a real file, so the
    # encoder writes to its descriptor and lets other threads run.
    image.save(output, format="JPEG", comment=None, **options)
    return Rendition(image.width, image.height, output.seek(0, os.SEEK_END))
