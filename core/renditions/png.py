"""PNG as chunks: checks that the file is whole, and rebuilds it from the chunks that hold the picture alone.

An APNG becomes its still picture, which is its first frame. Colour keys are rewritten for the depth that the
decoder unpacks to, which it does not do itself.
"""

import re
import zlib
from collections.abc import Iterator

from core.renditions import limits
from core.renditions.container import Container, Damaged, Inflater

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _TRUECOLOUR = 0, 2  # colour types
_RAW_EXIF = (b"Raw profile type exif", b"Raw profile type APP1")  # how it was kept before there was a chunk for it


def read(data: bytes) -> Container:
    """Walk a whole PNG; Damaged when a part of its picture is missing or fails its checksum."""
    header = b""
    kept: list[bytes | memoryview] = [SIGNATURE]
    result, inflate = Container(b""), Inflater()
    for count, (kind, whole) in enumerate(_chunks(data), 1):
        limits.check_chunks(count)
        payload = whole[8:-4]
        if kind == b"IHDR":
            header = bytes(payload)
            if len(header) < 13:
                raise Damaged("its header is cut off")
            result.width, result.height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
        elif not header:
            raise Damaged("it does not start with its header")
        elif kind == b"tRNS":
            whole = _chunk(kind, _colour_key(bytes(payload), depth=header[8], colour_type=header[9]))
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(whole)
        else:
            _read_metadata(result, kind, bytes(payload), inflate)
    result.picture = b"".join(kept)
    return result


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Each chunk up to IEND, whole, with its type; Damaged if one is cut off or a critical one fails its checksum."""
    view, position, kind = memoryview(data), len(SIGNATURE), b""
    while kind != b"IEND":
        kind, end = data[position + 4 : position + 8], position + 12 + int.from_bytes(data[position : position + 4])
        if end > len(data) or len(kind) < 4:
            raise Damaged("it is cut off")
        intact = int.from_bytes(view[end - 4 : end]) == zlib.crc32(view[position + 4 : end - 4])
        if intact:
            yield kind, view[position:end]
        elif kind[0] & 0x20 == 0 or kind == b"tRNS":
            raise Damaged(f"the checksum of its {kind.decode('latin-1')} chunk is wrong")
        position = end


def _chunk(kind: bytes, payload: bytes) -> memoryview:
    return memoryview(len(payload).to_bytes(4) + kind + payload + zlib.crc32(kind + payload).to_bytes(4))


def _colour_key(payload: bytes, depth: int, colour_type: int) -> bytes:
    """The transparent colour as the decoder's pixels will hold it: 8 bits for gray of 2 and 4 and RGB of 16."""
    if colour_type == _GRAY and depth in (2, 4) and len(payload) >= 2:
        highest = (1 << depth) - 1
        return ((int.from_bytes(payload[:2]) & highest) * (255 // highest)).to_bytes(2)
    if colour_type == _TRUECOLOUR and depth == 16 and len(payload) >= 6:
        return bytes((0, payload[0], 0, payload[2], 0, payload[4]))
    return payload


def _read_metadata(result: Container, kind: bytes, payload: bytes, inflate: Inflater) -> None:
    """Take what changes how the picture looks; inflate the rest too, so that a bomb is refused wherever it hides."""
    name, _, rest = payload.partition(b"\0")
    if kind == b"acTL" and len(payload) >= 4:
        result.frames = int.from_bytes(payload[:4])
    elif kind == b"eXIf":
        result.exif = payload
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
    """The bytes of a raw profile: a name, a length and then hexadecimal digits in lines."""
    found = re.fullmatch(rb"\s*\w+\s+\d+\s+([0-9a-fA-F\s]*)", text)
    digits = re.sub(rb"\s", b"", found[1]) if found else b""
    return bytes.fromhex(digits.decode()) if len(digits) % 2 == 0 else None
