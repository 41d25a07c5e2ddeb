"""How far the scheduled sweep has come: one small file in the storage root, from which the next call continues.

<root>/.sweep/lock          held by the call that is walking
<root>/.sweep/cursor.json   a Cursor
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from core.volume import durable, folders, layout, locking

PHASES = ("projects", "uploads", "deleted", "quarantine", "tally", "ended")


@dataclass(slots=True)
class Cursor:
    """The state of a walk: its phase, the last name that is done, and inside a large project the shares that are done.

    `counts` is what the walk has found so far; a call that dies loses neither the counts nor its place.
    """

    walk: int = 0
    began: float = field(default_factory=time.time)
    phase: str = PHASES[0]
    name: str = ""
    share: int = 0
    of: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.phase == PHASES[-1]

    def next_phase(self) -> None:
        self.phase, self.name = PHASES[PHASES.index(self.phase) + 1], ""

    def save(self, root: Path) -> None:
        durable.replace(_file(root), msgspec.json.encode(self))


def load(root: Path) -> Cursor:
    """The saved cursor; a new one for a first walk when there is none or it cannot be read."""
    with suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode(_file(root).read_bytes(), type=Cursor)
    return Cursor()


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Holds the cursor's lock; ProjectLocked while another call holds it."""
    folder = layout.sweep_folder(root)
    folders.make_folder(folder, root)
    with locking.held(folder / "lock", timeout=0):
        durable.discard_replacements(_file(root))
        yield


def _file(root: Path) -> Path:
    return layout.sweep_folder(root) / "cursor.json"
