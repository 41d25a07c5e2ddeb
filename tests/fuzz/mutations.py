"""Ways to damage a file, chosen and placed by a random generator: the same generator gives the same file."""

import random
import re
import zlib

MAX_LENGTH = 200_000


def mutated(seed: bytes, other: bytes, rng: random.Random) -> bytes:
    """One to six random changes to a seed; parts of `other` may come in. Half of the PNGs get valid checksums again."""
    data = bytearray(seed)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        rng.choice(_MUTATIONS)(data, other, rng)
    result = bytes(data[:MAX_LENGTH])
    if result.startswith(b"\x89PNG") and rng.random() < 0.5:
        return _with_checksums(result)
    return result


def _flip_bits(data: bytearray, other: bytes, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 4, 16))):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set_header_byte(data: bytearray, other: bytes, rng: random.Random) -> None:
    if data:
        data[rng.randrange(min(len(data), 600))] = rng.choice((0, 1, 2, 127, 128, 254, 255, rng.randrange(256)))


def _set_number(data: bytearray, other: bytes, rng: random.Random) -> None:
    """Overwrite two or four bytes, as a length, an offset or a dimension would be."""
    size = rng.choice((2, 4))
    if len(data) > size:
        start = rng.randrange(min(len(data) - size, 1000))
        number = rng.choice((0, 1, 255, 256, 32_767, 65_535, 65_536, 10**7, 2**31 - 1, 2**32 - 1, len(data)))
        data[start : start + size] = (number % 256**size).to_bytes(size, rng.choice(("big", "little")))


def _delete(data: bytearray, other: bytes, rng: random.Random) -> None:
    start, end = _span(data, rng)
    del data[start:end]


def _cut_off(data: bytearray, other: bytes, rng: random.Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _repeat(data: bytearray, other: bytes, rng: random.Random) -> None:
    start, end = _span(data, rng)
    data[start:start] = data[start:end] * rng.choice((1, 1, 2, 50))


def _lengthen(data: bytearray, other: bytes, rng: random.Random) -> None:
    """Makes a short part very long: runs are what costs a careless parser the square of their length."""
    start, end = _span(data, rng)
    part = bytes(data[start : min(end, start + 4)]) or b"\xff"
    data[start:start] = part * (rng.choice((1_000, 10_000, 50_000)) // len(part))


def _overwrite(data: bytearray, other: bytes, rng: random.Random) -> None:
    start, end = _span(data, rng)
    data[start:end] = rng.choice((rng.randbytes(end - start), bytes(end - start), b"\xff" * (end - start)))


def _insert(data: bytearray, other: bytes, rng: random.Random) -> None:
    start, _ = _span(data, rng)
    data[start:start] = rng.randbytes(rng.choice((1, 2, 3, 16, 100)))


def _move(data: bytearray, other: bytes, rng: random.Random) -> None:
    start, end = _span(data, rng)
    part = data[start:end]
    del data[start:end]
    target = rng.randrange(len(data) + 1)
    data[target:target] = part


def _splice(data: bytearray, other: bytes, rng: random.Random) -> None:
    start, end = _span(data, rng)
    first, last = _span(other, rng)
    data[start:end] = other[first:last]


def _append(data: bytearray, other: bytes, rng: random.Random) -> None:
    data += other


_MUTATIONS = (
    _flip_bits,
    _flip_bits,
    _set_header_byte,
    _set_header_byte,
    _set_number,
    _set_number,
    _delete,
    _cut_off,
    _repeat,
    _overwrite,
    _insert,
    _move,
    _splice,
    _append,
    _lengthen,
)


def _span(data: bytes | bytearray, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 4, 16, 64, 300)))


def _with_checksums(png: bytes) -> bytes:
    """Every chunk's checksum made right, so that the damage before it gets past it."""
    result, position = bytearray(png), 8
    while position + 12 <= len(png) and re.match(rb"[A-Za-z]{4}", png[position + 4 : position + 8]):
        end = position + 8 + int.from_bytes(png[position : position + 4])
        result[end : end + 4] = zlib.crc32(png[position + 4 : end]).to_bytes(4)
        position = end + 4
    return bytes(result)
