"""How many images and bytes all projects hold together: one small file under its own lock, for all hosts.

It is updated while `total_max_images` or `total_max_bytes` is set. Guarantees then:
- An addition is counted before it happens, and a removal after it has happened, so the file never says less than
  there is; after a crash in between it says more, until the next count.
- A count reads every project while others change (`counting`): additions in that time are added to its result once
  more, so the result may be too high, never too low.

Without those settings only the count writes the file, which then says what there was at that time.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.errors import QuotaExceeded, ServiceError
from core.settings import Settings
from core.volume import durable, folders, layout, locking, looking, opening
from core.volume.failures import storage_errors


@dataclass(frozen=True, slots=True)
class Tally:
    """What all projects hold, with unfinished uploads. `count` names a count in progress; `added_images` and
    `added_bytes` are the additions since it began."""

    images: int = 0
    bytes: int = 0
    count: str = ""
    added_images: int = 0
    added_bytes: int = 0

    def plus(self, images: int, size: int) -> "Tally":
        """With so many images and bytes more, or less if they are negative, but never less than nothing."""
        return replace(
            self,
            images=max(self.images + images, 0),
            bytes=max(self.bytes + size, 0),
            added_images=self.added_images + max(images, 0),
            added_bytes=self.added_bytes + max(size, 0),
        )


def read(root: Path) -> Tally | None:
    """The latest tally; None when nothing was ever counted."""
    with suppress(FileNotFoundError, ValueError, TypeError):
        folder = layout.tally_folder(root)
        looking.refresh(folder)
        with opening.reading(folder / "tally") as file:
            return Tally(**json.load(file))
    return None


def add(settings: Settings, images: int, size: int) -> None:
    """Counts an addition in advance; QuotaExceeded when it would exceed the limit."""
    if settings.has_total and (images or size):
        _change(settings, lambda tally: _within(settings, tally, images, size))


@contextmanager
def counted(settings: Settings, images: int, size: int) -> Iterator[None]:
    """Counts in advance what the block adds, and undoes that when it fails; what it frees is counted afterwards."""
    more = max(images, 0), max(size, 0)
    add(settings, *more)
    try:
        yield
    except OSError:  # it may have been stored nevertheless
        raise
    except BaseException:
        forget(settings, *more)
        raise
    forget(settings, more[0] - images, more[1] - size)


def forget(settings: Settings, images: int, size: int) -> None:
    """Counts a removal; if that fails, the tally is too high until the next count."""
    if settings.has_total and (images or size):
        with suppress(ServiceError):
            _change(settings, lambda tally: tally.plus(-images, -size))


@contextmanager
def counting(settings: Settings) -> Iterator[Callable[[int, int], None]]:
    """For a block that counts all projects: yields a function, to be called with the images and bytes found.

    If another count begins meanwhile, only that one's result is stored.
    """
    own = secrets.token_hex(8)
    _change(settings, lambda tally: replace(tally, count=own, added_images=0, added_bytes=0))

    def result(images: int, size: int) -> None:
        def settled(tally: Tally) -> Tally:
            return Tally(images + tally.added_images, size + tally.added_bytes) if tally.count == own else tally

        _change(settings, settled)

    yield result


def _change(settings: Settings, change: Callable[[Tally], Tally]) -> None:
    folder = layout.tally_folder(settings.storage_root)
    with storage_errors():
        folders.make_folder(folder, settings.storage_root)
        with locking.held(folder / "lock", settings.lock_timeout) as lock:
            path = folder / "tally"
            durable.discard_replacements(path)
            changed = change(read(settings.storage_root) or Tally())
            durable.replace(path, json.dumps(asdict(changed)).encode(), before_rename=lock.fence)


def _within(settings: Settings, tally: Tally, images: int, size: int) -> Tally:
    """The tally with this addition; QuotaExceeded if a number that grows exceeds its limit."""
    for what, used, needed, limit in (
        ("images", tally.images, images, settings.total_max_images),
        ("bytes", tally.bytes, size, settings.total_max_bytes),
    ):
        if limit and needed > 0 and used + needed > limit:
            raise QuotaExceeded(
                f"All projects together may hold {limit} {what}; they hold {used}, and this needs {needed} more.",
                quota=f"total-{what}",
                used=used,
                limit=limit,
                needed=needed,
            )
    return tally.plus(images, size)
