"""A Display P3 profile built from its published primaries, as phones embed one.

Profile layout after ICC.1:2010: a 128-byte header, a table of tags, the tags. The matrix is that
of Display P3 adapted to D50, the curve is sRGB's as a parametric curve of type 3.
"""

import struct

_COLORANTS = {
    b"rXYZ": (0.515102, 0.241182, -0.001050),
    b"gXYZ": (0.291965, 0.692236, 0.041882),
    b"bXYZ": (0.157153, 0.066582, 0.784378),
}
_D50 = (0.9642, 1.0, 0.8249)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def display_p3() -> bytes:
    """The profile, whole."""
    curve = b"para" + bytes(4) + struct.pack(">HH", 3, 0) + b"".join(map(_fixed, _SRGB_CURVE))
    tags = {
        b"desc": _text("Display P3"),
        b"cprt": _text("No rights reserved"),
        b"wtpt": _xyz(_D50),
        **{name: _xyz(value) for name, value in _COLORANTS.items()},
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    offset = 128 + 4 + 12 * len(tags)
    table, body = [struct.pack(">I", len(tags))], []
    for name, data in tags.items():
        table.append(struct.pack(">4sII", name, offset, len(data)))
        padded = data + bytes(-len(data) % 4)
        body.append(padded)
        offset += len(padded)
    return _header(offset) + b"".join(table) + b"".join(body)


def _header(size: int) -> bytes:
    fields = struct.pack(">II4s4s4s", size, 0, bytes([4, 0x30, 0, 0]), b"mntr", b"RGB ")
    fields += b"XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    return (fields + b"".join(map(_fixed, _D50))).ljust(128, b"\0")


def _fixed(number: float) -> bytes:
    return struct.pack(">i", round(number * 65536))


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, values))


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded
