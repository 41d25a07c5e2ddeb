"""An index made from a project's files: what is listed where meta.json is lost or damaged.

The originals say which images there are. Order and primary image come from what is left of earlier indexes.
"""

import os
import re
from contextlib import suppress

from core import ids
from core.index.entries import DamagedIndex, Entry
from core.index.images import Index
from core.sizes import ORIGINAL
from core.volume import opening
from core.volume.layout import ProjectLayout, image_of, is_damaged_index, is_kept_by_nfs
from core.volume.opening import Misplaced

_HEAD = 1 << 14  # bytes: so many at an index's start contain the primary image
_PRIMARY = re.compile(rb'"primary_image_id"\s*:\s*"([A-Za-z0-9_-]{1,64})"')


def rebuilt(layout: ProjectLayout) -> Index:
    """An index made from the originals: in the order of the last version if NFS kept it, else by their time.

    Its primary image comes from the newest index that is still readable in part.
    """
    there = dict(originals(layout))
    index = _kept_by_nfs(layout) or Index(layout.folder.name)
    for image in set(index.image_ids()) - there.keys():
        index.discard(image)
    missing = there.keys() - set(index.image_ids())
    index.extend(Entry(image, created_at=ids.timestamp(made)) for image, made in there.items() if image in missing)
    primary = _last_primary(layout) if not index.revision else None
    if primary in there:
        index.set_primary(primary)
    index.changed = len(index) > 0
    return index


def originals(layout: ProjectLayout) -> list[tuple[str, int]]:
    """(id, milliseconds since 1970 at which it was made) of every original, ordered by that time."""
    found = []
    for image in original_ids(layout):
        with suppress(FileNotFoundError):  # deleted meanwhile
            found.append((image, made_ms(layout, image)))
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def original_ids(layout: ProjectLayout) -> set[str]:
    """The ids of all images that have an original."""
    with suppress(FileNotFoundError, Misplaced):
        names = opening.listing(layout.size_folder(ORIGINAL))
        return {image for name, is_file in names if is_file and (image := image_of(name))}
    return set()


def made_ms(layout: ProjectLayout, image: str) -> int:
    """Milliseconds since 1970 at which an image was made: from its id, else from its original's modification time."""
    return ids.created_ms(image) or os.lstat(layout.rendition(ORIGINAL, ids.image_id(image))).st_mtime_ns // 1_000_000


def _last_primary(layout: ProjectLayout) -> str | None:
    """The primary image in the head of the present, damaged index, or else of the newest index that was set aside."""
    with suppress(FileNotFoundError, Misplaced):
        aside = sorted(filter(is_damaged_index, opening.names(layout.folder)), reverse=True)
        for name in (layout.meta.name, *aside):
            with suppress(OSError), opening.reading(layout.folder / name) as file:
                if found := _PRIMARY.search(file.read(_HEAD)):
                    return found[1].decode()
    return None


def _kept_by_nfs(layout: ProjectLayout) -> Index | None:
    """The last version of a lost index, if an NFS client has kept it under a name of its own.

    A client that has meta.json open replaces it in two calls: the first renames the old file to .nfsXXXX. If its
    host dies before the second call, there is no meta.json.
    """
    found = []
    with suppress(FileNotFoundError):
        for name in filter(is_kept_by_nfs, opening.names(layout.folder)):
            with suppress(OSError, DamagedIndex), opening.reading(layout.folder / name) as file:
                found.append(Index(layout.folder.name, file.read()))
    return max(found, key=lambda index: index.revision, default=None)
