"""WebP as RIFF chunks: checks that the first frame is whole, and rebuilds the file from what shows that frame."""

from collections.abc import Iterator

from core.renditions import limits
from core.renditions.container import Container, Damaged

_ALPHA, _ANIMATION = 0x10, 0x02  # flags of VP8X


def read(data: bytes) -> Container:
    """Walks a WebP; raises Damaged when it is cut off before the end of its first picture."""
    result, kept = Container(b"", frames=0), []
    canvas = b""
    for count, (kind, whole) in enumerate(_chunks(data), 1):
        limits.check("chunks", count)
        payload = bytes(whole[8:20])
        if kind == b"VP8X" and len(payload) == 10:
            result.width, result.height = _uint24(payload[4:]) + 1, _uint24(payload[7:]) + 1
            canvas = payload
        elif kind in (b"ANIM", b"ALPH"):
            kept.append(bytes(whole))
        elif kind in (b"ANMF", b"VP8 ", b"VP8L"):
            result.frames += 1
            if result.frames == 1:
                kept.append(bytes(whole))
                result.width, result.height = (result.width, result.height) if result.width else _size(kind, payload)
                canvas = _with_flags(canvas, kind, payload)
        elif kind in (b"ICCP", b"EXIF", b"XMP "):
            _read_metadata(result, kind, bytes(whole[8:]))
    if not result.frames:
        raise Damaged("it holds no whole picture")
    head = b"VP8X\x0a\0\0\0" + canvas if canvas else b""
    body = b"WEBP" + head + b"".join(kept)
    result.picture = b"RIFF" + len(body).to_bytes(4, "little") + body
    return result


def _with_flags(canvas: bytes, kind: bytes, frame: bytes) -> bytes:
    """The canvas of a picture with only its first frame; a smaller frame leaves the rest transparent."""
    flags = canvas[0] & (_ALPHA | _ANIMATION) if canvas else 0
    if kind == b"ANMF" and (_uint24(frame[6:]), _uint24(frame[9:])) != (_uint24(canvas[4:]), _uint24(canvas[7:])):
        flags |= _ALPHA
    return bytes((flags,)) + canvas[1:] if canvas else b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Each whole chunk, padding included, with its type; a cut-off chunk ends the walk."""
    view, position = memoryview(data), 12
    end_of_file = min(8 + int.from_bytes(data[4:8], "little"), len(data))
    while position + 8 <= end_of_file:
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        end = position + 8 + length
        if end > end_of_file:
            break
        yield data[position : position + 4], view[position : end + length % 2]
        position = end + length % 2


def _size(kind: bytes, payload: bytes) -> tuple[int, int]:
    """Width and height from the first bytes of a plain picture chunk."""
    if kind == b"VP8 " and payload[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(payload[6:8], "little") & 0x3FFF, int.from_bytes(payload[8:10], "little") & 0x3FFF
    if kind == b"VP8L" and payload[:1] == b"\x2f":
        bits = int.from_bytes(payload[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise Damaged("its picture has no header")


def _read_metadata(result: Container, kind: bytes, payload: bytes) -> None:
    if kind == b"ICCP":
        result.icc = payload
    elif kind == b"EXIF":
        result.exif = payload
    else:
        result.xmp = payload


def _uint24(data: bytes) -> int:
    return int.from_bytes(data[:3], "little")
