"""Which tests judge which files: the first group of a room is quick, the second sees what survives the first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """Patterns of files, and two groups of tests."""

    files: tuple[str, ...]
    quick: tuple[str, ...]
    thorough: tuple[str, ...]


_CHANGES = ("tests/core/projects/test_interrupted.py", "tests/core/projects/test_lost_index.py")
_CHANGES += ("tests/core/projects/test_lost_lock.py", "tests/core/index/test_metadata.py")
_ENDPOINTS = ("tests/handlers", "tests/core/projects/test_model.py", "-k", "not event and not lambda")

ROOMS = {
    "index": Room(("core/index/*.py",), ("tests/core/index/test_images.py", *_CHANGES), ()),
}
