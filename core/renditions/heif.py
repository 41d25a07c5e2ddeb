"""HEIC and AVIF as boxes: checks that the file is whole, and hides its EXIF from the decoder.

Both formats turn a picture by properties of their own and say that EXIF's orientation is to be ignored, so nothing is
lost; but the decoders' libraries parse the block without bounds.
"""

from collections.abc import Iterator

from core.renditions.container import Container, Damaged

_META, _INFOS, _INFO = b"meta", b"iinf", b"infe"


def read(data: bytes) -> Container:
    """Walk the outermost boxes; Damaged when one is cut off."""
    picture = bytearray(data)
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == _META:
            _hide_exif(data, start + 4, end, picture)
    return Container(bytes(picture))


def _hide_exif(data: bytes, start: int, end: int, picture: bytearray) -> None:
    """Give each item of the type Exif in a meta box a type that no decoder knows."""
    for kind, infos, infos_end in _boxes(data, start, end):
        if kind == _INFOS:
            count_size = 4 if data[infos : infos + 1] != b"\0" else 2
            for info_kind, info, info_end in _boxes(data, infos + 4 + count_size, infos_end):
                at = data.find(b"Exif", info, info_end)
                if info_kind == _INFO and at >= 0:
                    picture[at : at + 4] = b"free"


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start of the payload and end of each box in a row of boxes."""
    while start < end:
        length, header = int.from_bytes(data[start : start + 4]), 8
        if length == 1:
            length, header = int.from_bytes(data[start + 8 : start + 16]), 16
        if length == 0:  # the last box may leave its length open
            length = end - start
        if length < header or start + length > end:
            raise Damaged("it is cut off")
        yield data[start + 4 : start + 8], start + header, start + length
        start += length
