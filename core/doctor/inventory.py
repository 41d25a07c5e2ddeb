"""What a project's folders hold, by names alone: one listing per folder, and no file is opened."""

import math
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.doctor.shares import ALL, Share
from core.sizes import ORIGINAL, Sizes, is_name
from core.volume import opening
from core.volume.layout import ProjectLayout, image_of, is_damaged_index, is_kept_by_nfs, is_temporary
from core.volume.opening import Misplaced


class TooMany(Exception):
    """There are more images than one look may read."""


class OutOfTime(Exception):
    """The time ended before the look was complete."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of one look: how many images it reads, and the time (monotonic, in seconds) at which it stops."""

    most: int | None = None
    until: float = math.inf


UNBOUNDED = Bounds()


@dataclass(slots=True)
class Inventory:
    """Image ids by size, and leftovers and foreign files as paths below the project's folder."""

    layout: ProjectLayout
    images: dict[str, set[str]]
    share: Share = ALL  # of the images; files of no image are read with the first share
    leftovers: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    unserved: list[str] = field(default_factory=list)  # folders of sizes that are no longer configured

    @property
    def originals(self) -> set[str]:
        return self.images[ORIGINAL]

    @property
    def damaged_indexes(self) -> list[str]:
        return [path for path in self.leftovers if is_damaged_index(path)]


def take(layout: ProjectLayout, sizes: Sizes, share: Share = ALL, bounds: Bounds = UNBOUNDED) -> Inventory:
    """The inventory of one project, or of a share of its images.

    FileNotFoundError when the project has no folder; TooMany and OutOfTime past the bounds.
    """
    inventory = Inventory(layout, {size: set() for size in sizes}, share)
    for name, is_file in _names(layout.folder):
        if is_file and (is_temporary(name) or is_damaged_index(name)):
            if not share.number:
                inventory.leftovers.append(name)
        elif name in sizes and _is_folder(layout.size_folder(name)):
            _list_images(inventory, name, bounds)
        elif share.number:
            continue
        elif _holds_images(layout.folder / name):
            inventory.unserved.append(name)
        elif not is_file or name not in (layout.meta.name, layout.lock.name):
            inventory.foreign.append(name)
    return inventory


def count(layout: ProjectLayout, until: float = math.inf) -> int:
    """Counts the names in a project's folder of originals, one by one; OutOfTime at the time `until`."""
    with suppress(FileNotFoundError, Misplaced):
        return sum(1 for _ in _until(until, _names(layout.size_folder(ORIGINAL))))
    return 0


def age(layout: ProjectLayout, path: str) -> float:
    """Seconds since the file was written; 0 if it has been removed meanwhile."""
    try:
        return time.time() - os.lstat(layout.folder / path).st_mtime
    except FileNotFoundError:
        return 0


def taken_by(layout: ProjectLayout, size: str) -> tuple[int, int]:
    """The number of files in a size's folder, and their bytes."""
    lengths = []
    with os.scandir(layout.size_folder(size)) as found:
        for entry in found:
            with suppress(FileNotFoundError):  # removed meanwhile
                lengths.append(entry.stat(follow_symlinks=False).st_size)
    return len(lengths), sum(lengths)


def _holds_images(folder: Path) -> bool:
    return (
        is_name(folder.name)
        and _is_folder(folder)
        and any(is_file and image_of(name) for name, is_file in _names(folder))
    )


def _list_images(inventory: Inventory, size: str, bounds: Bounds) -> None:
    images, share = inventory.images[size], inventory.share
    for name, is_file in _until(bounds.until, _names(inventory.layout.size_folder(size))):
        stem = name.removesuffix(".jpg")
        if (stem not in share) if stem != name else share.number:  # left to another look, as cheaply as possible
            continue
        image = image_of(name)
        if is_file and image:
            images.add(image)
            if bounds.most is not None and len(images) > bounds.most:
                raise TooMany(f"over {bounds.most} images")
        else:
            is_leftover = is_file and is_temporary(name)
            (inventory.leftovers if is_leftover else inventory.foreign).append(f"{size}/{name}")


def _names(folder: Path) -> Iterator[tuple[str, bool]]:
    return ((name, is_file) for name, is_file in opening.listing(folder) if not is_kept_by_nfs(name))


def _until(moment: float, names: Iterator[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    for name in names:
        if time.monotonic() > moment:
            raise OutOfTime
        yield name


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
