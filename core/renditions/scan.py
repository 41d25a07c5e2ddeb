"""Rebuilds a JPEG so that it holds its picture and nothing else: the frame, the scans and the tables that they use.

A table that no scan uses is left out, and so is a table that repeats the one in force. Cameras may omit the standard
Huffman tables; they are added, since not every decoder supplies them (T.81, K.3).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.jpeg import (
    ADOBE,
    APP0,
    APP2,
    APP14,
    ARITHMETIC,
    ARITHMETIC_PROGRESSIVE,
    DAC,
    DHT,
    DQT,
    DRI,
    EOI,
    ICC,
    JFIF,
    PROGRESSIVE,
    SOI,
    SOS,
    Bytes,
    Jpeg,
    Malformed,
    Segment,
    segment,
)

# What a decoder gets in place of a missing end: as many bytes as it reads ahead, so that it detects a scan that lacks
# more than its last block or two; and other bytes, with which a missing last block looks different.
PADDING, OTHER_PADDING = b"\xff\0" * 8, bytes(8)
# What some readers search for anywhere in a file: a script, markup, a ZIP's entry or directory, a PDF.
_markup = re.compile(rb"<(?:\?php|script|html|!doctype)|<\?=.{0,40}\?>", re.IGNORECASE | re.DOTALL)
_archive = re.compile(rb"P(?:K(?:\x03\x04|\x05\x06)|(?<=%P)DF)")
_text = re.compile(rb"[\t\n\r -~]{24}")
_restart = re.compile(rb"\xff[\xd0-\xd7]")
_restarts_backwards = re.compile(rb"(?:[\xd0-\xd7]\xff)*+")
_TAIL = 4096  # bytes
_ICC_CHUNK = 65_533 - len(ICC) - 2
_JFIF_HEADER = JFIF + b"\1\1\0\0\1\0\1\0\0"  # version 1.1, no density, no thumbnail
_STANDARD = {
    0x00: "00010501010101010100000000000000 000102030405060708090a0b",
    0x01: "00030101010101010101010000000000 000102030405060708090a0b",
    0x10: "0002010303020403050504040000017d 01020300041105122131410613516107227114328191a1082342b1c11552d1f02433"
    "627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a"
    "838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da"
    "e1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
    0x11: "00020102040403040705040400010277 000102031104052131061241510761711322328108144291a1b1c109233352f0156272d1"
    "0a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a"
    "82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da"
    "e2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa",
}

Slot = tuple[int, int]  # a kind of table (its marker's code), and the number of the table


@dataclass(slots=True)
class _Table:
    data: bytes
    used: bool = False


@dataclass(slots=True)
class _Tables:
    """One segment of tables; only the tables that some scan uses are written."""

    code: int
    tables: list[_Table] = field(default_factory=list)


def rebuilt(jpeg: Jpeg, icc: bytes | None = None) -> bytes:
    """The same picture as a new JPEG, with `icc` embedded and nothing else.

    A JPEG without an end gets PADDING instead, since only a decoder can tell whether anything is missing.
    """
    parts: list[Bytes] = [SOI]
    if jpeg.jfif is not None:
        parts.append(segment(APP0, _JFIF_HEADER))
    if jpeg.adobe is not None:
        parts.append(segment(APP14, ADOBE + b"\0\x64\0\0\0\0" + jpeg.adobe[11:12]))
    chunks = [icc[i : i + _ICC_CHUNK] for i in range(0, len(icc), _ICC_CHUNK)] if icc else []
    parts += [segment(APP2, ICC + bytes((n, len(chunks))) + chunk) for n, chunk in enumerate(chunks, 1)]
    if jpeg.ended:
        return b"".join([*parts, *_picture(jpeg), EOI])
    *before, last = _picture(jpeg)
    restarts = any(part.code == DRI and any(part.payload) for part in jpeg.picture)
    # At an unexpected restart marker a decoder invents all that is missing.
    if restarts:
        last = last[: len(last) - _restarts_backwards.match(bytes(last)[::-1]).end()]  # type: ignore[union-attr]
    elif stray := _restart.search(last):
        last = last[: stray.start()]
    return b"".join([*parts, *before, last, PADDING])


def looks_foreign(jpeg: Jpeg) -> bool:
    """Whether the coded pixels look like another kind of file to a program that searches for one, or end in text."""
    scans = [part.entropy for part in jpeg.picture if part.code == SOS]
    tails = (scan[max(0, len(scan) - _TAIL) :] for scan in scans)
    return any(_markup.search(scan) or _archive.search(scan) for scan in scans) or any(map(_text.search, tails))


def _picture(jpeg: Jpeg) -> Iterator[Bytes]:
    """Tables, frame and scans, in order."""
    for part in _in_use(jpeg):
        if isinstance(part, Segment):
            yield segment(part.code, part.payload)
            yield part.entropy
        elif used := b"".join(table.data for table in part.tables if table.used):
            yield segment(part.code, used)


def _in_use(jpeg: Jpeg) -> list[Segment | _Tables]:
    current: dict[Slot, _Table] = {(DRI, 0): _Table(b"\0\0")}
    quantized = set[int]()  # components that had a scan: decoders keep the table in force at a component's first scan
    result: list[Segment | _Tables] = []
    frame = b""
    for part in jpeg.picture:
        if part.code in (DQT, DHT, DAC, DRI):
            result.append(_defined(part, current))
            continue
        if part.code == SOS:
            missing = _Tables(DHT)
            for slot in _needs(jpeg.frame, frame, bytes(part.payload), quantized):
                if slot not in current and (data := _standard(jpeg.frame, slot)):
                    current[slot] = _Table(data)
                    missing.tables.append(current[slot])
                if slot in current:
                    current[slot].used = True
            if jpeg.frame in (ARITHMETIC, ARITHMETIC_PROGRESSIVE):
                _use_all(current, DAC)
            _use_all(current, DRI)
            result.append(missing)
        else:
            frame = bytes(part.payload)
        result.append(part)
    return result


def _defined(part: Segment, current: dict[Slot, _Table]) -> _Tables:
    """Puts a segment's tables in force, and returns them without those that were already in force."""
    found = _Tables(part.code)
    for slot, data in _split(part.code, bytes(part.payload)):
        if (part.code, slot) not in current or current[part.code, slot].data != data:
            current[part.code, slot] = _Table(data)
            found.tables.append(current[part.code, slot])
    return found


def _use_all(current: dict[Slot, _Table], code: int) -> None:
    for (kind, _), table in current.items():
        table.used = table.used or kind == code


def _split(code: int, payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Each table with the number of its slot."""
    position = 0
    while position < len(payload):
        slot, length = payload[position], 2
        if code == DQT:
            slot, length = slot & 15, 65 if slot < 16 else 129
        elif code == DHT:
            length = 17 + sum(payload[position + 1 : position + 17])
        elif code == DRI:
            slot = 0
        if position + length > len(payload) or (code == DRI and len(payload) != length):
            raise Malformed("one of its tables has a wrong length")
        if code in (DQT, DHT) and (slot & 15 > 3 or slot >> 4 > 1):
            raise Malformed("one of its tables has a wrong number")
        yield slot, payload[position : position + length]
        position += length


def _needs(code: int, frame: bytes, scan: bytes, quantized: set[int]) -> Iterator[Slot]:
    """The tables that a scan uses."""
    count = scan[0] if scan else 0
    if not frame or len(scan) != 4 + 2 * count:
        raise Malformed("the header of a scan has a wrong length")
    start, refines = scan[-3], scan[-1] >> 4
    quantizers = {frame[at]: frame[at + 2] for at in range(6, len(frame), 3)}
    for component, tables in zip(scan[1:-3:2], scan[2:-3:2], strict=True):
        if component in quantizers and component not in quantized:
            quantized.add(component)
            yield DQT, quantizers[component]
        if code in (ARITHMETIC, ARITHMETIC_PROGRESSIVE):
            continue
        if code != PROGRESSIVE or (start == 0 and not refines):
            yield DHT, tables >> 4
        if code != PROGRESSIVE or start:
            yield DHT, 0x10 | tables & 15


def _standard(frame: int, slot: Slot) -> bytes | None:
    """The table that decoders supply for a sequential scan without one."""
    kind, number = slot
    known = kind == DHT and frame != PROGRESSIVE and number in _STANDARD
    return bytes((number,)) + bytes.fromhex(_STANDARD[number]) if known else None
