"""GIF as blocks: counts the frames, and rebuilds the file from the parts that show the first frame.

Damage after the first frame does not affect the picture; the decoder determines whether that frame is whole.
"""

from core.renditions.container import Container, Damaged
from core.renditions.limits import MOST, check

_EXTENSION, _FRAME = 0x21, 0x2C
_GRAPHIC_CONTROL = 0xF9
_FLAGS, _HEADER = 10, 13  # the header's byte that tells of a colour table, and the header's length
_END = b"\0;"  # an empty sub-block and the trailer: a decoder skips them, or uses them as the missing end


def read(data: bytes) -> Container:
    """Walks a GIF; raises Damaged when it is cut off before its first picture."""
    if len(data) <= _FLAGS:
        raise Damaged("it is cut off")
    start = _HEADER + _table_length(data[_FLAGS])
    result = Container(data[:start], _uint16(data, 6), _uint16(data, 8), frames=0)
    blocks = sub_blocks = 0
    control = b""  # the graphic control block before a frame says which colour is transparent
    while start < len(data) and result.frames <= MOST["frames"]:
        introducer = data[start]
        blocks += 1
        check("chunks", blocks)
        if introducer == _EXTENSION:
            end, sub_blocks = _skip_blocks(data, start + 2, sub_blocks)
            control = data[start:end] if data[start + 1 : start + 2] == bytes((_GRAPHIC_CONTROL,)) else control
        elif introducer == _FRAME and start + 10 <= len(data):
            end, sub_blocks = _skip_blocks(data, start + 11 + _table_length(data[start + 9]), sub_blocks)
            result.frames += 1
            if result.frames == 1:
                result.picture += control + data[start:end] + _END
                left, top = _uint16(data, start + 1), _uint16(data, start + 3)
                right, bottom = left + _uint16(data, start + 5), top + _uint16(data, start + 7)
                # A frame that overhangs the screen widens it.
                result.width, result.height = max(result.width, right), max(result.height, bottom)
                if (left, top, right, bottom) != (0, 0, result.width, result.height):
                    result.part = left, top, right, bottom
        else:  # the trailer, or damage, which matters only before the end of the first frame
            break
        start = end
    if not result.frames:
        raise Damaged("it holds no picture")
    return result


def _skip_blocks(data: bytes, position: int, count: int) -> tuple[int, int]:
    """The position after a chain of sub-blocks, and how many there were, with the `count` before them; each begins with
    its length, and a length of 0 ends the chain."""
    most = MOST["sub-blocks"]
    while position < len(data) and data[position]:
        position += 1 + data[position]
        count += 1
        if count > most:
            check("sub-blocks", count)
    return position + 1, count


def _table_length(flags: int) -> int:
    """The length in bytes of the colour table that follows a header with these flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _uint16(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 2], "little")
