"""Makes a profile, which converts to sRGB, for a file that describes its colours by numbers instead of a profile.

The numbers are those of H.273, in PNG's cICP and in the nclx boxes of AVIF and HEIC; PNG's gAMA and cHRM give the
values themselves. HDR is clipped: a white page's light (203 cd/m2, BT.2408) and everything brighter become white.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

from core.renditions import icc

Matrix = list[list[float]]

_D65 = (0.3127, 0.3290)
# x and y of red, green, blue and white. Unlisted numbers (unspecified, old video) count as sRGB.
_PRIMARIES = {
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),  # BT.2020
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),  # P3 of cinemas
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),  # Display P3
}
_SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
_WHITE = 203 / 10_000  # of a page, in PQ's range of light
_HLG_WHITE = 0.203  # of a page, in HLG's range of a display of 1000 cd/m2
_SAMPLES = 1024
_REASONABLE = (1.0, 3.0)  # exponents of gAMA
_BRADFORD = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]


@dataclass(frozen=True, slots=True)
class Colours:
    """How a file describes its colours: by two numbers of H.273, or by eight coordinates and an exponent."""

    primaries: int | tuple[float, ...] = 1
    transfer: int = 13
    exponent: float | None = None


@functools.lru_cache(maxsize=8)
def profile(colours: Colours, gray: bool) -> bytes | None:
    """The profile of these colours; None when they seem to be sRGB, or make no sense."""
    to_light = _transfer(colours.transfer) if colours.exponent is None else _power(colours.exponent)
    primaries = _PRIMARIES.get(colours.primaries, _SRGB) if isinstance(colours.primaries, int) else colours.primaries
    if to_light is _srgb and (gray or primaries == _SRGB):
        return None
    curve = icc.curve([to_light(step / (_SAMPLES - 1)) for step in range(_SAMPLES)])
    white = {b"wtpt": icc.xyz(icc.D50)}
    if gray:
        return icc.assembled(b"GRAY", {**white, b"kTRC": curve})
    try:
        red, green, blue = (icc.xyz(column) for column in zip(*_to_xyz(primaries), strict=True))
    except ArithmeticError:  # primaries on one line (division by zero), or values too large for a profile
        return None
    lights = {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue}
    return icc.assembled(b"RGB ", {**white, **lights, **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)})


def _transfer(number: int) -> Callable[[float], float]:
    """The function from a value to its light, both 0 to 1."""
    exponents = {4: 2.2, 5: 2.8, 8: 1.0}
    if number in exponents:
        return lambda value: math.pow(value, exponents[number])
    return {16: _pq, 18: _hlg}.get(number, _srgb)


def _power(exponent: float) -> Callable[[float], float]:
    """The function from a value to its light by an exponent. An unreasonable one counts as sRGB's curve, and so does
    2.2, which is meant for that curve and close to it."""
    usual = not _REASONABLE[0] <= exponent <= _REASONABLE[1] or abs(exponent - 2.2) < 0.05
    return _srgb if usual else lambda value: math.pow(value, exponent)


def _srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)


def _pq(value: float) -> float:
    root = math.pow(value, 32 / 2523)
    return math.pow(max(root - 107 / 128, 0.0) / (2413 / 128 - 2392 / 128 * root), 16_384 / 2610) / _WHITE


def _hlg(value: float) -> float:
    scene = value * value / 3 if value <= 0.5 else (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
    return math.pow(scene, 1.2) / _HLG_WHITE  # as on a display of 1000 cd/m2, for each colour separately


def _to_xyz(primaries: tuple[float, ...]) -> Matrix:
    """The matrix from linear RGB to XYZ under D50, as in profiles: one column each for red, green and blue."""
    columns = [_xyz(primaries[at], primaries[at + 1]) for at in (0, 2, 4, 6)]
    lights, white = [list(row) for row in zip(*columns[:3], strict=True)], [[part] for part in columns[3]]
    plain = _product(lights, _diagonal(_product(_inverse(lights), white)))
    here, there = _product(_BRADFORD, white), _product(_BRADFORD, [[part] for part in icc.D50])
    adapted = _diagonal([[to[0] / of[0]] for to, of in zip(there, here, strict=True)])
    return _product(_inverse(_BRADFORD), _product(adapted, _product(_BRADFORD, plain)))


def _xyz(x: float, y: float) -> list[float]:
    return [x / y, 1.0, (1 - x - y) / y]


def _diagonal(column: Matrix) -> Matrix:
    return [[row[0] if at == place else 0.0 for at in range(3)] for place, row in enumerate(column)]


def _product(first: Matrix, second: Matrix) -> Matrix:
    columns = list(zip(*second, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in first]


def _inverse(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    cofactors = [
        [e * i - f * h, c * h - b * i, b * f - c * e],
        [f * g - d * i, a * i - c * g, c * d - a * f],
        [d * h - e * g, b * g - a * h, a * e - b * d],
    ]
    determinant = sum(part * row[0] for part, row in zip(matrix[0], cofactors, strict=True))
    return [[part / determinant for part in row] for row in cofactors]
