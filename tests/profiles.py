"""ICC profiles built from their definition, and what colours become under them by arithmetic alone.

The expectations use no colour management library: primaries and curves give a matrix, the matrix gives sRGB.
"""

import struct

import numpy as np

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = (0.3127, 0.3290)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
PRIMARIES = {
    "sRGB": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "Display P3": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "Adobe RGB": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "Rec. 2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
}
GAMMA = {"sRGB": None, "Display P3": None, "Adobe RGB": 563 / 256, "Rec. 2020": 2.4}


def matrix(name: str) -> np.ndarray:
    """Linear RGB of these primaries and a D65 white -> XYZ under D50, as a profile holds it."""

    def xyz(xy: tuple[float, float]) -> np.ndarray:
        return np.array([xy[0] / xy[1], 1, (1 - xy[0] - xy[1]) / xy[1]])

    primaries = np.array([xyz(xy) for xy in PRIMARIES[name]]).T
    scaled = primaries * np.linalg.solve(primaries, xyz(D65))
    cones = (BRADFORD @ D50) / (BRADFORD @ xyz(D65))
    return np.linalg.inv(BRADFORD) @ np.diag(cones) @ BRADFORD @ scaled


def srgb_to_linear(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(values: np.ndarray) -> np.ndarray:
    values = values.clip(0, 1)
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)


def expected(pixels: np.ndarray, name: str) -> np.ndarray:
    """The sRGB values (0 to 255) of 8-bit pixels in the named space."""
    gamma = GAMMA[name]
    linear = srgb_to_linear(pixels / 255) if gamma is None else (pixels / 255) ** gamma
    return 255 * linear_to_srgb(linear @ (np.linalg.inv(matrix("sRGB")) @ matrix(name)).T)


def rgb_profile(name: str) -> bytes:
    """A version 2 matrix profile."""
    curve = _curve(GAMMA[name])
    columns = matrix(name).T
    tags = {b"wtpt": _xyz(D50), b"desc": _description(name), b"cprt": b"text\0\0\0\0none\0"}
    tags |= {tag: _xyz(column) for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _profile(b"RGB ", tags)


def display_p3() -> bytes:
    return rgb_profile("Display P3")


def gray_profile(gamma: float) -> bytes:
    tags = {b"wtpt": _xyz(D50), b"desc": _description("gray"), b"cprt": b"text\0\0\0\0none\0", b"kTRC": _curve(gamma)}
    return _profile(b"GRAY", tags)


def cmyk_profile() -> bytes:
    """A printer whose inks are exchanged: cyan prints as magenta, magenta as cyan; the rest as usual."""
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 2)] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    cyan, magenta, yellow, black = grid[:, 1], grid[:, 0], grid[:, 2], grid[:, 3]
    rgb = (1 - np.stack([cyan, magenta, yellow], axis=-1)) * (1 - black[:, None])
    lab = _lab(srgb_to_linear(rgb) @ matrix("sRGB").T)
    tags = {b"wtpt": _xyz(D50), b"desc": _description("inks"), b"cprt": b"text\0\0\0\0none\0"}
    return _profile(b"CMYK", tags | dict.fromkeys((b"A2B0", b"A2B1"), _lut(4, lab)), device=b"prtr", pcs=b"Lab ")


def swapped_profile() -> bytes:
    """sRGB with red and green exchanged, so that one conversion too many or too few shows at once."""
    profile = rgb_profile("sRGB")
    return profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


def faded_profile() -> bytes:
    """An RGB paper whose black is a dark gray: lightness 25 to 100."""
    corners = np.stack(np.meshgrid(*[np.linspace(0, 1, 2)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    lightness = 25 + 75 * corners.mean(axis=-1)
    lab = np.stack([lightness, 0 * lightness, 0 * lightness], axis=-1)
    tags = {b"wtpt": _xyz(D50), b"desc": _description("faded"), b"cprt": b"text\0\0\0\0none\0"}
    return _profile(b"RGB ", tags | dict.fromkeys((b"A2B0", b"A2B1"), _lut(3, lab)), pcs=b"Lab ")


def _lut(channels: int, lab: np.ndarray) -> bytes:
    """A table from the corners of the device's colours to Lab, interpolated between."""
    encoded = np.stack([lab[:, 0] * 652.8, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256], axis=-1)
    table = encoded.clip(0, 65_535).astype(">u2").tobytes()
    identity = struct.pack(">9i", *(65_536 if i % 4 == 0 else 0 for i in range(9)))
    ramp = struct.pack(">2H", 0, 65_535)
    head = b"mft2\0\0\0\0" + bytes((channels, 3, 2, 0)) + identity + struct.pack(">2H", 2, 2)
    return head + ramp * channels + table + ramp * 3


def _lab(xyz: np.ndarray) -> np.ndarray:
    def f(t: np.ndarray) -> np.ndarray:
        return np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)

    x, y, z = f(xyz / D50).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _curve(gamma: float | None) -> bytes:
    if gamma is not None:
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    samples = (65_535 * srgb_to_linear(np.linspace(0, 1, 1024))).round().astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", len(samples)) + samples.tobytes()


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(value) * 65_536) for value in values))


def _description(text: str) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text.encode() + b"\0" + bytes(78)


def _profile(space: bytes, tags: dict[bytes, bytes], device: bytes = b"mntr", pcs: bytes = b"XYZ ") -> bytes:
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, value in tags.items():
        table += tag + struct.pack(">2I", offset + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    size = 128 + len(table) + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, device, space, pcs)
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _xyz(D50)[8:] + bytes(48)
    return header + table + body
