"""HEIC and AVIF as boxes: checks that the file is whole, which their decoders do not always notice."""

from core.renditions.container import Container, Damaged


def read(data: bytes) -> Container:
    """Walk the outermost boxes; Damaged when one is cut off."""
    start = 0
    while start < len(data):
        length, header = int.from_bytes(data[start : start + 4]), 8
        if length == 1:
            length, header = int.from_bytes(data[start + 8 : start + 16]), 16
        if length == 0:  # the last box may leave its length open
            break
        if length < header or start + length > len(data):
            raise Damaged("it is cut off")
        start += length
    return Container(data)
