"""PNG as chunks: checks that they are whole, and rebuilds the file from only those that hold the picture.

An APNG becomes its still picture, which is its first frame. Colour keys are rewritten for the bit depth to which
the decoder unpacks, since the decoder does not rewrite them.
"""

import zlib
from collections.abc import Iterator

from core.errors import NotAnImage
from core.renditions import limits
from core.renditions.container import Container, Damaged, Inflater
from core.renditions.numbers import Colours

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _TRUECOLOUR = 0, 2  # colour types
_COLOURS = {b"cICP": 4, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1}  # the fewest bytes of each
_RAW_EXIF = (b"Raw profile type exif", b"Raw profile type APP1")  # used before PNG had a chunk for EXIF


def read(data: bytes) -> Container:
    """Walks a PNG; raises Damaged when a part of its picture is missing or fails its checksum."""
    header = b""
    kept: list[bytes | memoryview] = [SIGNATURE]
    result, inflate, colours = Container(b""), Inflater(), dict[bytes, bytes]()
    for count, (kind, whole) in enumerate(_chunks(data), 1):
        limits.check("chunks", count)
        payload = whole[8:-4]
        if kind == b"CgBI":
            raise NotAnImage("The file is a PNG in a form of Apple's own (CgBI), which is not read.")
        if kind == b"IHDR":
            header = bytes(payload)
            if len(header) < 13:
                raise Damaged("its header is cut off")
            result.width, result.height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
        elif not header:
            raise Damaged("it does not start with its header")
        elif kind == b"tRNS":
            whole = _chunk(kind, _colour_key(bytes(payload), depth=header[8], colour_type=header[9]))
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT"):
            kept.append(whole)
        else:
            _read_metadata(result, kind, bytes(payload), inflate, colours)
    result.picture = b"".join([*kept, _chunk(b"IEND", b"")])
    result.colours = _colours(colours)
    if b"cICP" in colours:  # it takes precedence over a profile, by the standard
        result.icc = None
    return result


def _colours(chunks: dict[bytes, bytes]) -> Colours | None:
    """The colours that the best of these chunks describes; None when there is none."""
    if b"cICP" in chunks:
        return Colours(*chunks[b"cICP"][:2])
    if b"sRGB" in chunks or not chunks:
        return None
    [gamma] = _hundred_thousandths(chunks.get(b"gAMA", bytes(4))[:4])
    white_x, white_y, *primaries = _hundred_thousandths(chunks.get(b"cHRM", bytes(32))[:32])
    return Colours((*primaries, white_x, white_y) if b"cHRM" in chunks else 1, exponent=1 / gamma if gamma else None)


def _hundred_thousandths(payload: bytes) -> list[float]:
    return [int.from_bytes(payload[at : at + 4]) / 100_000 for at in range(0, len(payload), 4)]


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Each whole chunk up to IEND, with its type; Damaged if a chunk that the picture needs fails its checksum.

    A file that is cut off inside or after the pixels ends the walk: the decoder determines whether any are missing.
    """
    view, position, kind, pixels = memoryview(data), len(SIGNATURE), b"", False
    while kind != b"IEND":
        kind, end = data[position + 4 : position + 8], position + 12 + int.from_bytes(data[position : position + 4])
        if end > len(data) or len(kind) < 4:
            if kind == b"IDAT":
                yield kind, _chunk(kind, data[position + 8 :])
            elif not pixels:
                raise Damaged("it is cut off")
            return
        if int.from_bytes(view[end - 4 : end]) == zlib.crc32(view[position + 4 : end - 4]):
            yield kind, view[position:end]
        elif kind == b"IDAT" or (not pixels and (kind[0] & 0x20 == 0 or kind == b"tRNS")):
            raise Damaged(f"the checksum of its {kind.decode('latin-1')} chunk is wrong")
        pixels = pixels or kind == b"IDAT"
        position = end


def _chunk(kind: bytes, payload: bytes) -> memoryview:
    return memoryview(len(payload).to_bytes(4) + kind + payload + zlib.crc32(kind + payload).to_bytes(4))


def _colour_key(payload: bytes, depth: int, colour_type: int) -> bytes:
    """The transparent colour in the decoder's bit depth: 8 bits for gray of 2 and 4 bits and RGB of 16."""
    if colour_type == _GRAY and depth in (2, 4) and len(payload) >= 2:
        highest = (1 << depth) - 1
        return ((int.from_bytes(payload[:2]) & highest) * (255 // highest)).to_bytes(2)
    if colour_type == _TRUECOLOUR and depth == 16 and len(payload) >= 6:
        return bytes((0, payload[0], 0, payload[2], 0, payload[4]))
    return payload


def _read_metadata(
    result: Container, kind: bytes, payload: bytes, inflate: Inflater, colours: dict[bytes, bytes]
) -> None:
    """Reads what changes how the picture looks; inflates the rest too, so that a bomb is rejected wherever it hides."""
    name, _, rest = payload.partition(b"\0")
    if kind == b"acTL" and len(payload) >= 4:
        result.frames = int.from_bytes(payload[:4])
    elif kind == b"eXIf":
        result.exif = payload
    elif kind in _COLOURS and len(payload) >= _COLOURS[kind]:
        colours[kind] = payload
    elif kind == b"iCCP":
        result.icc = inflate(rest[1:])
    elif kind in (b"tEXt", b"zTXt"):
        text = inflate(rest[1:]) or b"" if kind == b"zTXt" else rest
        result.exif = result.exif or (_unhex(text) if name in _RAW_EXIF else None)
    elif kind == b"iTXt" and len(rest) > 2:
        text = rest[2:].split(b"\0", 2)[-1]
        text = inflate(text) or b"" if rest[0] else text
        result.xmp = text if name == b"XML:com.adobe.xmp" else result.xmp


def _unhex(text: bytes) -> bytes | None:
    """Decodes a raw profile, which is a name, a length, and hexadecimal digits in lines."""
    words = text.split(maxsplit=2)
    try:
        return bytes.fromhex(words[2].decode("ascii"))
    except (IndexError, ValueError):
        return None
