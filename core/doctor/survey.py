"""Files against index: the differences in one project, without changing anything."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core import ids, jpeg
from core.doctor import inventory
from core.doctor.findings import Finding, Kind
from core.doctor.inventory import Inventory
from core.errors import RejectedImage, ServiceError
from core.index import metadata
from core.index.images import Index
from core.projects.files import measure
from core.settings import Limits, Settings
from core.sizes import ORIGINAL
from core.volume import locking, opening
from core.volume.layout import ProjectLayout

Damaged = Callable[[Path], bool]  # whether the JPEG at a path is; FileNotFoundError when it is gone


@dataclass(frozen=True, slots=True)
class Survey:
    """The findings of one project, how many images it has, and how many differences a repair left."""

    findings: list[Finding]
    images: int
    left: int = 0


def as_stored(path: Path) -> Limits:
    """Limits that a stored file is within: they may have been wider when it was uploaded."""
    return Limits(max_upload_bytes=os.lstat(path).st_size, decode_memory=1 << 40)


def truncated(path: Path) -> bool:
    """Damage that costs no reading: no frame header, or an end that is not a JPEG's."""
    try:
        with opening.reading(path) as file:
            jpeg.dimensions(file)
            file.seek(-2, 2)
            return file.read() != jpeg.EOI
    except ValueError:
        return True


def undecodable(path: Path) -> bool:
    """Damage that a decoder sees; reads and decodes the whole file."""
    from core.renditions import decoding  # only a deep check pays for an image library

    with opening.reading(path) as file:
        content = file.read()
    try:
        decoding.load(decoding.open_picture(content, as_stored(path)))
    except RejectedImage:
        return True
    return False


def survey(settings: Settings, layout: ProjectLayout, damaged: Damaged | None = truncated) -> Survey:
    """Every difference in a project; None for `damaged` leaves out what only the files' contents tell.

    What a request changes meanwhile is no difference: what names tell is seen twice, the second time
    under the project's lock where that can be had.
    """
    taken, findings = _names(settings, layout)
    if findings:
        with (
            suppress(ServiceError, OSError),
            locking.held(layout.lock, settings.lock_timeout),
        ):  # a volume may be read-only
            again = set(_names(settings, layout)[1])
            findings = [finding for finding in findings if finding in again]
    if damaged:
        findings += _contents(taken, metadata.read(layout, check_entries=True)[1], damaged)
    return Survey(findings, len(taken.originals))


def _names(settings: Settings, layout: ProjectLayout) -> tuple[Inventory, list[Finding]]:
    taken = inventory.take(layout, settings.sizes)
    version, index = metadata.read(layout, check_entries=True)
    return taken, [*_index_state(layout, version, taken), *compare(taken, index, settings.abandoned_after)]


def _index_state(layout: ProjectLayout, version: str | None, taken: Inventory) -> Iterator[Finding]:
    if version is None and os.path.lexists(layout.meta):
        yield Finding(Kind.INDEX_DAMAGED, layout.folder.name, layout.meta.name)
    elif version is None and taken.originals:
        yield Finding(Kind.INDEX_MISSING, layout.folder.name, layout.meta.name)


def compare(taken: Inventory, index: Index, young: float) -> Iterator[Finding]:
    """The differences that names tell."""
    project = taken.layout.folder.name
    listed = index.image_ids()
    known = set(listed)
    for image, times in Counter(listed).items():
        if times > 1:
            yield Finding(Kind.LISTED_TWICE, project, image)
        if image not in taken.originals:
            yield Finding(Kind.LISTED_GONE, project, image)
    if index.primary not in known and (known or index.primary):
        yield Finding(Kind.PRIMARY_WRONG, project, str(index.primary))
    for image in sorted(taken.originals - known):
        if inventory.age(taken.layout, f"original/{image}.jpg") >= young:
            yield Finding(Kind.UNLISTED, project, image)
    yield from _files(taken, project, young)


def _files(taken: Inventory, project: str, young: float) -> Iterator[Finding]:
    for size in taken.images.keys() - {ORIGINAL}:
        for image in sorted(taken.originals - taken.images[size]):
            yield Finding(Kind.RENDITION_MISSING, project, f"{size}/{image}.jpg")
        for image in sorted(taken.images[size] - taken.originals):
            path = f"{size}/{image}.jpg"
            if inventory.age(taken.layout, path) >= young:
                yield Finding(Kind.ORPHAN, project, path)
    for path in sorted(taken.leftovers):
        if inventory.age(taken.layout, path) >= young:
            yield Finding(Kind.LEFTOVER, project, path)
    for size in sorted(taken.unserved):
        files, length = inventory.taken_by(taken.layout, size)
        yield Finding(Kind.SIZE_UNSERVED, project, f"{size}: {files} files, {length:,} bytes")
    for path in sorted(taken.foreign):
        yield Finding(Kind.FOREIGN, project, path)


def _contents(taken: Inventory, index: Index, damaged: Damaged) -> Iterator[Finding]:
    """The differences that only the files' contents tell."""
    layout, project = taken.layout, taken.layout.folder.name
    sizes = {entry.id: entry.sizes or {} for entry in index.entries()}
    for size, images in taken.images.items():
        for image in sorted(images & taken.originals):
            path = layout.rendition(size, ids.image_id(image))
            try:
                if damaged(path):
                    kind = Kind.ORIGINAL_DAMAGED if size == ORIGINAL else Kind.RENDITION_DAMAGED
                    yield Finding(kind, project, f"{size}/{image}.jpg")
                elif sizes.get(image) and sizes[image].get(size) != measure(path):
                    yield Finding(Kind.SIZES_WRONG, project, image)
            except FileNotFoundError:  # deleted meanwhile
                continue
