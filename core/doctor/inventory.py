"""What lies in a project's folders, by names alone: one listing a folder, no file opened."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core import ids
from core.sizes import ORIGINAL, Sizes, is_name
from core.volume.layout import TEMPORARY_PREFIX, TEMPORARY_SUFFIX, ProjectLayout

_OURS = {"meta.json", "meta.lock"}
_DAMAGED = "meta.json.damaged-"
_NFS_REMOVED = ".nfs"  # what an NFS client makes of a file that is removed while it has it open


@dataclass(slots=True)
class Inventory:
    """Image ids by size; leftovers and foreign files as paths below the project's folder."""

    layout: ProjectLayout
    images: dict[str, set[str]]
    leftovers: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    unserved: list[str] = field(default_factory=list)  # folders of sizes that the setting no longer names

    @property
    def originals(self) -> set[str]:
        return self.images[ORIGINAL]

    @property
    def damaged_indexes(self) -> list[str]:
        return [path for path in self.leftovers if path.startswith(_DAMAGED)]


def take(layout: ProjectLayout, sizes: Sizes) -> Inventory:
    """The inventory of one project; FileNotFoundError when it has no folder."""
    inventory = Inventory(layout, {size: set() for size in sizes})
    for name in _names(layout.folder):
        if name not in _OURS and name not in sizes:
            is_leftover = _is_temporary(name) or name.startswith(_DAMAGED)
            found = inventory.leftovers if is_leftover else inventory.foreign
            (inventory.unserved if _holds_images(layout.folder / name) else found).append(name)
    for size in sizes:
        if layout.size_folder(size).is_dir():
            _list_images(inventory, size)
    return inventory


def age(layout: ProjectLayout, path: str) -> float:
    """Seconds since the file was written; 0 for one that is gone meanwhile."""
    try:
        return time.time() - os.stat(layout.folder / path).st_mtime
    except FileNotFoundError:
        return 0


def taken_by(layout: ProjectLayout, size: str) -> tuple[int, int]:
    """The number of files in a size's folder, and their bytes."""
    lengths = []
    with os.scandir(layout.size_folder(size)) as found:
        for entry in found:
            with suppress(FileNotFoundError):  # removed meanwhile
                lengths.append(entry.stat().st_size)
    return len(lengths), sum(lengths)


def _holds_images(folder: Path) -> bool:
    return is_name(folder.name) and folder.is_dir() and any(map(_image, _names(folder)))


def _image(name: str) -> str | None:
    """The id in the name of a rendition's file."""
    image = name.removesuffix(".jpg")
    return image if image != name and ids.is_image_id(image) else None


def _list_images(inventory: Inventory, size: str) -> None:
    for name in _names(inventory.layout.size_folder(size)):
        if image := _image(name):
            inventory.images[size].add(image)
        else:
            (inventory.leftovers if _is_temporary(name) else inventory.foreign).append(f"{size}/{name}")


def _names(folder: os.PathLike[str]) -> Iterator[str]:
    return (name for name in os.listdir(folder) if not name.startswith(_NFS_REMOVED))


def _is_temporary(name: str) -> bool:
    return name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)
