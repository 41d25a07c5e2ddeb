"""PNG files written by hand, so that depths and chunks no encoder offers can be made and known to the bit."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def header(width: int, height: int, depth: int, colour_type: int, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlace))


def packed(samples: list[int], depth: int) -> bytes:
    """One row of samples as PNG packs them: the first in the highest bits."""
    bits = "".join(format(sample, f"0{depth}b") for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def png(
    row: list[int],
    width: int,
    depth: int,
    colour_type: int,
    *,
    height: int = 1,
    key: list[int] | None = None,
    extra: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A PNG of equal rows of samples; `key` is the transparent colour, `extra` chunks precede the picture."""
    assert len(row) == width * CHANNELS[colour_type]
    keyed = chunk(b"tRNS", b"".join(sample.to_bytes(2) for sample in key)) if key else b""
    pixels = zlib.compress((b"\0" + packed(row, depth)) * height)
    head = SIGNATURE + header(width, height, depth, colour_type) + extra + keyed
    return head + chunk(b"IDAT", pixels) + after + chunk(b"IEND", b"")
