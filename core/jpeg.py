"""JPEG files as marker segments: what a decoder needs, what else the file holds, and where the picture ends.

Nothing here decodes a pixel or imports an imaging library, so readers may use it too. `parse` walks a whole file once;
the time grows with the file's length alone.
"""

import re
from dataclasses import dataclass, field
from typing import BinaryIO

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
DHT, DAC, SOS, DQT, DRI = 0xC4, 0xCC, 0xDA, 0xDB, 0xDD
APP0, APP2, APP14 = 0xE0, 0xE2, 0xEE
JFIF, ICC, ADOBE = b"JFIF\0", b"ICC_PROFILE\0", b"Adobe"
BASELINE, EXTENDED, PROGRESSIVE = 0xC0, 0xC1, 0xC2
ARITHMETIC, ARITHMETIC_PROGRESSIVE = 0xC9, 0xCA
_APP1, _EOI = 0xE1, 0xD9
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {DHT, 0xC8, DAC})  # SOF0 to SOF15
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # TEM and stray restart markers: no length follows
_TABLES = frozenset({DQT, DHT, DAC, DRI})
_MAX_LOOKED_AT = 1 << 18  # bytes of markers, and between segments, before the picture; each costs time
_MAX_SEGMENTS = 20_000  # a file of 100 MB needs a few thousand; each segment costs time

# Entropy-coded data is everything up to a marker that is neither a stuffed 0xff nor a restart. Any marker may have
# spare 0xff bytes before it (T.81, B.1.1.2). Possessive, since the obvious search is an order of magnitude slower.
_entropy = re.compile(rb"[^\xff]*+(?:\xff[\x00\xd0-\xd7][^\xff]*+)*+")
_spacious_entropy = re.compile(rb"[^\xff]*+(?:\xff++[\x00\xd0-\xd7][^\xff]*+)*+")
_spare = re.compile(rb"\xff+(?=\xff[\x00\xd0-\xd7])")
_marker = re.compile(rb"\xff[^\x00\xff]")  # without its spare bytes: a run of them is searched once

Bytes = bytes | memoryview


class Malformed(ValueError):
    """The bytes are not one whole JPEG; the message says where they go wrong."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment: its code, the payload after its length, and for a scan the entropy-coded data after it."""

    code: int
    payload: Bytes
    entropy: Bytes = b""


@dataclass(slots=True)
class Jpeg:
    """One parsed JPEG. `picture` holds its tables, frame and scans; the ids of `components` are in frame order."""

    frame: int = 0  # which SOF
    width: int = 0
    height: int = 0
    precision: int = 0
    components: bytes = b""
    sampling: bytes = b""  # of each component: how many samples across (high four bits) and down in a coded unit
    scans: int = 0
    jfif: bytes | None = None
    adobe: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    icc_chunks: dict[int, bytes] = field(default_factory=dict)
    icc_count: int = 0
    picture: list[Segment] = field(default_factory=list)
    ended: bool = True  # has its EOI; without it only a decoder can tell whether the last scan is whole
    # Whether each byte from the first scan to EOI belongs to a segment or a scan. If not, decoders may read the rest in
    # another way than this walk (they may continue the scan), so a rebuilt file may lose a part of the picture.
    understood: bool = True

    @property
    def icc(self) -> bytes | None:
        """The embedded profile; None when there is none or a part of it is missing."""
        if not self.icc_chunks or sorted(self.icc_chunks) != list(range(1, self.icc_count + 1)):
            return None
        return b"".join(chunk for _, chunk in sorted(self.icc_chunks.items()))

    @property
    def scan_is_common(self) -> bool:
        """Whether every browser can show this scan unchanged: 8 bits, Huffman coded, gray or three components."""
        common = self.frame in (BASELINE, EXTENDED, PROGRESSIVE)
        return common and self.precision == 8 and len(self.components) in (1, 3)

    @property
    def is_sequential(self) -> bool:
        """Whether one scan holds all components, so that a decoder is finished after its last block."""
        scans = [part for part in self.picture if part.code == SOS]
        return len(scans) == 1 and scans[0].payload[0] == len(self.components) and self.frame in (BASELINE, EXTENDED)

    @property
    def is_ycc(self) -> bool:
        """Whether a decoder reads the three components as YCbCr, by libjpeg's rules."""
        if len(self.components) != 3:
            return False
        if self.jfif is None and self.adobe is not None:
            return self.adobe[11] != 0
        return self.jfif is not None or self.components != b"RGB"


def parse(data: bytes) -> Jpeg:
    """Walks a whole file up to the end of its picture; raises Malformed when no decoder could read it."""
    jpeg, view = Jpeg(), memoryview(data)
    if not data.startswith(SOI):
        raise Malformed("it does not start as a JPEG")
    position = len(SOI)
    for _ in range(_MAX_SEGMENTS):
        try:
            code, start, end = _segment_at(data, position)
        except Malformed:
            if not jpeg.scans:
                raise
            jpeg.ended = False
            break
        if jpeg.scans and data.count(b"\xff", position, start) < start - position:
            jpeg.understood = False
        if code == _EOI:
            break
        position = _read(jpeg, data, view, code, start, end)
    else:
        raise Malformed(f"it has more than {_MAX_SEGMENTS} segments")
    if not jpeg.frame or not jpeg.scans:
        raise Malformed("it holds no picture")
    return jpeg


def dimensions(file: BinaryIO) -> tuple[int, int]:
    """Width and height of the JPEG in a binary file, from its headers alone; raises Malformed when it is no JPEG."""
    if file.read(2) != SOI:
        raise Malformed("it does not start as a JPEG")
    left = _MAX_LOOKED_AT
    while True:
        code, left = _next_marker(file, left)
        if code in _BARE:
            continue
        length = int.from_bytes(_exactly(file, 2))
        if code in _FRAMES:
            _, height, width = _frame_size(_exactly(file, 5))
            return width, height
        if code in (SOS, _EOI) or length < 2:
            raise Malformed("no frame header before the picture")
        file.seek(length - 2, 1)


def segment(code: int, payload: Bytes) -> bytes:
    """The bytes of a marker segment."""
    return bytes((0xFF, code)) + (len(payload) + 2).to_bytes(2) + payload


def _segment_at(data: bytes, position: int) -> tuple[int, int, int]:
    """Code, start (its 0xff) and end of the next segment at or after `position`; skips bytes between segments."""
    while found := _marker.search(data, position):
        code, start = found[0][1], found.start()
        position = found.end()
        if code == _EOI:
            return code, start, position
        if code in _BARE:
            continue
        end = position + int.from_bytes(data[position : position + 2])
        if code < 0xC0 or code in (0xC8, 0xD8, 0xDC, 0xDE, 0xDF) or end < position + 2:
            raise Malformed(f"marker ff{code:02x} at byte {start} does not belong there")
        return code, start, end
    raise Malformed("it is cut off")


def _read(jpeg: Jpeg, data: bytes, view: memoryview, code: int, start: int, end: int) -> int:
    """Adds one segment to `jpeg` and returns the position after the segment and its scan."""
    payload = view[start + 4 : end]
    if code == SOS:
        entropy, end = _entropy_at(data, view, end)
        jpeg.scans += 1
        jpeg.picture.append(Segment(code, payload, entropy))
    elif code in _TABLES or code in _FRAMES:
        jpeg.picture.append(Segment(code, payload))
    if code in _FRAMES:
        _read_frame(jpeg, code, bytes(payload))
    elif APP0 <= code <= APP14:
        _read_application(jpeg, code, bytes(payload))
    return end


def _entropy_at(data: bytes, view: memoryview, start: int) -> tuple[Bytes, int]:
    """A scan's entropy-coded data without 0xff fill bytes, so that every decoder reads it in the same way; its end."""
    end = _end(_entropy, data, start)
    if not data.startswith(b"\xff\xff", end):
        return view[start:end], end
    end = _end(_spacious_entropy, data, start)
    return _spare.sub(b"", view[start:end]), end


def _end(pattern: re.Pattern[bytes], data: bytes, start: int) -> int:
    found = pattern.match(data, start)
    return found.end() if found else start


def _read_frame(jpeg: Jpeg, code: int, payload: bytes) -> None:
    if jpeg.frame:
        raise Malformed("it has more than one frame header")
    if len(payload) < 6 or len(payload) != 6 + 3 * payload[5]:
        raise Malformed("its frame header has a wrong length")
    jpeg.frame = code
    jpeg.precision, jpeg.height, jpeg.width = _frame_size(payload)
    jpeg.components, jpeg.sampling = payload[6::3], payload[7::3]


def _frame_size(payload: bytes) -> tuple[int, int, int]:
    precision, height, width = payload[0], int.from_bytes(payload[1:3]), int.from_bytes(payload[3:5])
    if not width or not height:
        raise Malformed("its frame header has no size")
    return precision, height, width


def _read_application(jpeg: Jpeg, code: int, payload: bytes) -> None:
    """Reads what matters from an application segment; the first of each kind counts, as in decoders."""
    if code == APP0 and payload.startswith(JFIF) and len(payload) >= 14 and jpeg.jfif is None:
        jpeg.jfif = payload
    elif code == APP14 and payload.startswith(ADOBE) and len(payload) >= 12 and jpeg.adobe is None:
        jpeg.adobe = payload
    elif code == _APP1 and payload.startswith(_EXIF) and jpeg.exif is None:
        jpeg.exif = payload
    elif code == _APP1 and payload.startswith(_XMP) and jpeg.xmp is None:
        jpeg.xmp = payload.removeprefix(_XMP)
    elif code == APP2 and payload.startswith(ICC) and len(payload) > len(ICC) + 2:
        number, jpeg.icc_count = payload[len(ICC) : len(ICC) + 2]
        jpeg.icc_chunks.setdefault(number, payload[len(ICC) + 2 :])


def _next_marker(file: BinaryIO, most: int) -> tuple[int, int]:
    """The code of the next marker, and how many of the bytes that may be looked at are left; raises Malformed when
    there are none, and at the end of the file."""
    previous = 0
    for left in reversed(range(most)):
        byte = _exactly(file, 1)[0]
        if previous == 0xFF and byte not in (0x00, 0xFF):
            return byte, left
        previous = byte
    raise Malformed("its picture does not come soon")


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise Malformed("it is cut off")
    return data
