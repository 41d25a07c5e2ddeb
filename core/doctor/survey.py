"""Compares one project's files with its index; changes nothing."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core import ids, jpeg
from core.doctor import inventory
from core.doctor.findings import Finding, Kind
from core.doctor.inventory import UNBOUNDED, Bounds, Inventory, TooMany
from core.doctor.shares import ALL, NONE, Either, Share
from core.errors import RejectedImage, ServiceError
from core.index import metadata
from core.index.entries import DamagedIndex
from core.index.listed import Listed, listed_by
from core.projects.files import measure
from core.settings import Limits, Settings
from core.sizes import ORIGINAL
from core.volume import locking, opening
from core.volume.layout import ProjectLayout

Damaged = Callable[[Path], bool]  # whether the JPEG at a path is damaged; FileNotFoundError when it is gone


@dataclass(frozen=True, slots=True)
class Survey:
    """The findings of one project, the number of its images, and the number of differences that a repair left."""

    findings: list[Finding]
    images: int
    left: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """How much one survey checks: the names of one share of the images; of these, the lengths of one share, against the
    index, and the contents of one share."""

    share: Share = ALL
    lengths: Share = NONE
    contents: Share = ALL
    bounds: Bounds = UNBOUNDED


EVERYTHING, NAMES = Look(), Look(contents=NONE)
_PER_IMAGE = 1000  # bytes: more than an image takes in an index


def as_stored(path: Path) -> Limits:
    """Limits that a stored file cannot exceed: the limits may have been wider when it was uploaded."""
    return Limits(max_upload_bytes=os.lstat(path).st_size, decode_memory=1 << 40)


def truncated(path: Path) -> bool:
    """Damage that shows without reading the whole file: no frame header, or an end that is not a JPEG's."""
    try:
        with opening.reading(path) as file:
            jpeg.dimensions(file)
            file.seek(-2, 2)
            return file.read() != jpeg.EOI
    except ValueError:
        return True


def undecodable(path: Path) -> bool:
    """Damage that a decoder finds; reads and decodes the whole file."""
    from core.renditions import decoding  # only a deep check pays for an image library

    with opening.reading(path) as file:
        content = file.read()
    try:
        decoding.load(decoding.open_picture(content, as_stored(path)))
    except RejectedImage:
        return True
    return False


def survey(settings: Settings, layout: ProjectLayout, damaged: Damaged = truncated, look: Look = EVERYTHING) -> Survey:
    """Every difference in a project, or those that one `look` shows.

    A change by a concurrent request is no difference: the names are compared twice, the second time under
    the project's lock if it can be acquired. A look at a share of a large project does not hold the lock:
    it takes so long that uploads would be refused meanwhile, and no change lasts as long.
    """
    taken, listed, findings = _names(settings, layout, look)
    if findings and look.share.of > 1:
        again = set(_names(settings, layout, look)[2])
        findings = [finding for finding in findings if finding in again]
    elif findings:
        # The lock cannot be had on a volume that is read-only, for instance.
        with suppress(ServiceError, OSError), locking.held(layout.lock, settings.lock_timeout):
            again = set(_names(settings, layout, look)[2])
            findings = [finding for finding in findings if finding in again]
    findings += _lengths(taken, listed, look.lengths)
    findings += _contents(taken, listed, look.contents, damaged)
    return Survey(findings, len(taken.originals))


def _names(settings: Settings, layout: ProjectLayout, look: Look) -> tuple[Inventory, Listed, list[Finding]]:
    if look.share.of > 1:
        return _names_of_share(settings, layout, look)
    if look.bounds.most is not None and metadata.length(layout) > look.bounds.most * _PER_IMAGE:
        raise TooMany("its index is long")
    taken = inventory.take(layout, settings.sizes, bounds=look.bounds)
    version, index = metadata.read(layout, check_entries=True)
    found = listed_by(index, Either(look.lengths, look.contents))
    state = _index_state(layout, version is not None, bool(taken.originals))
    return taken, found, [*state, *compare(taken, found, settings.abandoned_after)]


def _names_of_share(settings: Settings, layout: ProjectLayout, look: Look) -> tuple[Inventory, Listed, list[Finding]]:
    taken = inventory.take(layout, settings.sizes, look.share, look.bounds)
    found = None
    with suppress(DamagedIndex):
        found = metadata.listed(layout, look.share, Either(look.lengths, look.contents))
    if found is None:  # then only a repair can tell what is listed
        # A project is looked at in shares because it has many images, though this share may have none.
        first = [] if look.share.number else [*_index_state(layout, False, holds_images=True)]
        return taken, Listed(), [*first, *_files(taken, layout.folder.name, settings.abandoned_after)]
    return taken, found, list(compare(taken, found, settings.abandoned_after))


def _index_state(layout: ProjectLayout, is_whole: bool, holds_images: bool) -> Iterator[Finding]:
    if not is_whole and os.path.lexists(layout.meta):
        yield Finding(Kind.INDEX_DAMAGED, layout.folder.name, layout.meta.name)
    elif not is_whole and holds_images:
        yield Finding(Kind.INDEX_MISSING, layout.folder.name, layout.meta.name)


def compare(taken: Inventory, listed: Listed, young: float) -> Iterator[Finding]:
    """The differences that names show."""
    project = taken.layout.folder.name
    known = set(listed.images)
    for image, times in Counter(listed.images).items():
        if times > 1:
            yield Finding(Kind.LISTED_TWICE, project, image)
        if image not in taken.originals:
            yield Finding(Kind.LISTED_GONE, project, image)
    if listed.primary not in known and _tells_primary(taken.share, listed.primary, known):
        yield Finding(Kind.PRIMARY_WRONG, project, str(listed.primary))
    for image in sorted(taken.originals - known):
        if inventory.age(taken.layout, f"original/{image}.jpg") >= young:
            yield Finding(Kind.UNLISTED, project, image)
    yield from _files(taken, project, young)


def _tells_primary(share: Share, primary: str | None, known: set[str]) -> bool:
    """Whether a primary image outside `known` is wrong, and this share is the one to report it."""
    return primary in share if primary else bool(known) and not share.number


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


def _lengths(taken: Inventory, listed: Listed, share: Share) -> Iterator[Finding]:
    """Files whose length differs from the index; no file is opened."""
    layout = taken.layout
    for size, images in taken.images.items():
        for image in sorted(image for image in images & listed.sizes.keys() if image in share):
            told = listed.sizes[image].get(size)
            with suppress(FileNotFoundError):  # deleted meanwhile
                if told and os.lstat(layout.rendition(size, ids.image_id(image))).st_size != told.bytes:
                    yield Finding(Kind.SIZES_WRONG, layout.folder.name, image)


def _contents(taken: Inventory, listed: Listed, share: Share, damaged: Damaged) -> Iterator[Finding]:
    """The differences that only the files' contents show."""
    layout, project, sizes = taken.layout, taken.layout.folder.name, listed.sizes
    for size, images in taken.images.items():
        for image in sorted(image for image in images & taken.originals if image in share):
            path = layout.rendition(size, ids.image_id(image))
            try:
                if damaged(path):
                    kind = Kind.ORIGINAL_DAMAGED if size == ORIGINAL else Kind.RENDITION_DAMAGED
                    yield Finding(kind, project, f"{size}/{image}.jpg")
                elif sizes.get(image) and sizes[image].get(size) != measure(path):
                    yield Finding(Kind.SIZES_WRONG, project, image)
            except FileNotFoundError:  # deleted meanwhile
                continue
