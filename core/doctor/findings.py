"""The kinds of difference between a project's files and its index, and how repair treats each."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """A kind's value is its remedy; UNTOUCHED ones are reported and left to people."""

    INDEX_MISSING = "rebuilt from the originals"
    INDEX_DAMAGED = "kept in the quarantine and rebuilt from the originals"
    PRIMARY_WRONG = "the first image becomes the primary one"
    LISTED_TWICE = "listed once"
    LISTED_GONE = "taken off the list, which ends its delete"
    UNLISTED = "listed"
    ORPHAN = "moved to the quarantine: no original, so not an image"
    LEFTOVER = "moved to the quarantine: an upload or a commit that never ended"
    EXPIRED = "removed: a resumable upload that nobody goes on with"
    RENDITION_MISSING = "made again from the original"
    RENDITION_DAMAGED = "moved to the quarantine and made again from the original"
    SIZES_WRONG = "measured again"
    ORIGINAL_DAMAGED = "left as it is: nothing better is stored"
    SIZE_UNSERVED = "left as they are: files of a size that is no longer served"
    FOREIGN = "left as it is: no file of this service"

    @property
    def slug(self) -> str:
        return self.name.lower().replace("_", "-")


UNTOUCHED = frozenset({Kind.ORIGINAL_DAMAGED, Kind.SIZE_UNSERVED, Kind.FOREIGN})
HARMLESS = frozenset({Kind.SIZE_UNSERVED, Kind.FOREIGN})  # reported, but the project counts as clean


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: `subject` is an image id, or a path below the project's folder, with what it holds."""

    kind: Kind
    project: str
    subject: str
