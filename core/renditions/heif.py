"""HEIC and AVIF as boxes: checks that the file is whole, which their decoders may pass over."""

from core.renditions.container import Container, Damaged


def read(data: bytes) -> Container:
    """Walk the outermost boxes; Damaged when one is cut off."""
    position = 0
    while position < len(data):
        length, header = int.from_bytes(data[position : position + 4]), 8
        if length == 1:
            length, header = int.from_bytes(data[position + 8 : position + 16]), 16
        if length == 0:  # the last box may leave its length open
            break
        if length < header or position + length > len(data):
            raise Damaged("it is cut off")
        position += length
    return Container(data)
