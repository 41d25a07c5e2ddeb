"""A share of a project's images, determined by their ids alone: what one look at a large project reads, or what one
of many sweeps checks."""

from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Share:
    """Part `number` of `of` parts of about the same size; with 0 parts it is empty."""

    number: int = 0
    of: int = 1

    def __contains__(self, image: object) -> bool:
        return self.of == 1 or (self.of > 0 and crc32(str(image).encode()) % self.of == self.number)


ALL, NONE = Share(), Share(0, 0)


def turn(count: int, every: int) -> Share:
    """The share whose turn it is: one part in `every`, another each time `count` grows; empty when `every` is 0."""
    return Share(count % every, every) if every else NONE


class Either:
    """The union of two shares."""

    def __init__(self, one: Share, other: Share) -> None:
        self._shares = (one, other)

    def __contains__(self, image: object) -> bool:
        return any(str(image) in share for share in self._shares)
