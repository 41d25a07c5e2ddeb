"""GIF as blocks: checks that the file is whole, counts its frames, and rebuilds it from what shows the first."""

from core.renditions.container import Container, Damaged
from core.renditions.limits import MAX_FRAMES

_EXTENSION, _FRAME, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL = 0xF9
_HEADER = 13


def read(data: bytes) -> Container:
    """Walk a whole GIF; Damaged when it is cut off or holds no picture."""
    start = _HEADER + _table_length(_byte(data, 10))
    result = Container(data[:start], _uint16(data, 6), _uint16(data, 8), frames=0)
    control = b""  # the graphic control block before a frame: says which colour is transparent
    while (introducer := _byte(data, start)) != _TRAILER and result.frames <= MAX_FRAMES:
        if introducer == _EXTENSION:
            end = _skip_blocks(data, start + 2)
            control = data[start:end] if data[start + 1] == _GRAPHIC_CONTROL else control
        elif introducer == _FRAME:
            end = _skip_blocks(data, start + 11 + _table_length(_byte(data, start + 9)))
            result.frames += 1
            if result.frames == 1:
                result.picture += control + data[start:end] + bytes((_TRAILER,))
                # A frame that overhangs the screen widens it.
                result.width = max(result.width, _uint16(data, start + 1) + _uint16(data, start + 5))
                result.height = max(result.height, _uint16(data, start + 3) + _uint16(data, start + 7))
        else:
            raise Damaged(f"no block begins at byte {start}")
        start = end
    if not result.frames:
        raise Damaged("it holds no picture")
    return result


def _skip_blocks(data: bytes, position: int) -> int:
    """The position after a chain of sub-blocks, each of which begins with its length; 0 ends the chain."""
    while length := _byte(data, position):
        position += 1 + length
    return position + 1


def _table_length(flags: int) -> int:
    """Bytes of the colour table that follows a header with these flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _byte(data: bytes, position: int) -> int:
    if position >= len(data):
        raise Damaged("it is cut off")
    return data[position]


def _uint16(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 2], "little")
