"""Repairs one project under its lock, so that the service may run meanwhile.

It makes renditions before it acquires the lock and measures them under the lock; it commits the index
last, in one transaction. After a crash at any point the next repair finds the same differences.
"""

import heapq
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from core import ids
from core.doctor import inventory, quarantine
from core.doctor.findings import HARMLESS, UNTOUCHED, Finding, Kind
from core.doctor.shares import NONE
from core.doctor.survey import NAMES, Damaged, Look, Survey, as_stored, compare, survey, truncated
from core.errors import RejectedImage
from core.index import metadata, rebuilding
from core.index.entries import Entry
from core.index.images import Index
from core.index.listed import listed_by
from core.projects import files
from core.settings import Settings
from core.sizes import ORIGINAL, Sizes
from core.volume import durable, folders, opening, removing
from core.volume.layout import ProjectLayout

_REBUILD = {Kind.INDEX_MISSING, Kind.INDEX_DAMAGED}
_REMAKE = {Kind.RENDITION_MISSING, Kind.RENDITION_DAMAGED}
_PORTION = 200  # renditions made per commit of the index
_TAKE = {Kind.ORPHAN, Kind.LEFTOVER}


def repair(settings: Settings, layout: ProjectLayout, damaged: Damaged = truncated) -> Survey:
    """Repairs every difference that can be repaired, and returns the findings."""
    found = survey(settings, layout, damaged)
    kinds = {finding.kind for finding in found.findings}
    if kinds - UNTOUCHED:
        _mend(settings, layout, found.findings, by_time=bool(kinds & _REBUILD))
    return _with_rest(settings, layout, found, damaged)


def rebuild(settings: Settings, layout: ProjectLayout) -> Survey:
    """Rebuilds the index from the originals, whatever it says, and repairs the other differences.

    Order: ids of this service by the time in the id; others keep their order in the old index, or are
    ordered by the time of their file. What the old index says about an image is kept.
    """
    found = survey(settings, layout)
    _mend(settings, layout, found.findings, by_time=True)
    return _with_rest(settings, layout, found, truncated)


def sweep(settings: Settings, layout: ProjectLayout, look: Look = NAMES) -> tuple[Survey, Survey]:
    """Moves files that no upload will finish to the quarantine; returns those findings and the look's others."""
    found = survey(settings, layout, look=look)
    swept = [finding for finding in found.findings if finding.kind in _TAKE]
    _take(settings, layout, swept)
    return Survey(swept, found.images), Survey([one for one in found.findings if one.kind not in _TAKE], found.images)


def _with_rest(settings: Settings, layout: ProjectLayout, found: Survey, damaged: Damaged) -> Survey:
    """The findings, with the number still left: an original that cannot be decoded gives no renditions."""
    rest = survey(settings, layout, damaged).findings if found.findings else []
    return replace(found, left=sum(finding.kind not in HARMLESS for finding in rest))


def _mend(settings: Settings, layout: ProjectLayout, findings: list[Finding], by_time: bool) -> None:
    remade = [finding for finding in findings if finding.kind in _REMAKE]
    rest = [finding for finding in findings if finding.kind not in _REMAKE]
    while len(remade) > _PORTION:  # a new size, for instance: finished ones are shown before all are finished
        _remake(settings, layout, remade[:_PORTION])
        _reindex(settings, layout, remade[:_PORTION], by_time)
        remade = remade[_PORTION:]
    _remake(settings, layout, remade)
    _reindex(settings, layout, remade + rest, by_time)
    _take(settings, layout, findings)
    set_aside = inventory.take(layout, settings.sizes).damaged_indexes  # by a transaction above, or by an earlier one
    for path in set_aside:
        quarantine.take(settings.storage_root, layout, path)


def _take(settings: Settings, layout: ProjectLayout, findings: Iterable[Finding]) -> None:
    for finding in findings:
        if finding.kind in _TAKE:
            quarantine.take(settings.storage_root, layout, finding.subject)


def _remake(settings: Settings, layout: ProjectLayout, findings: list[Finding]) -> None:
    """Renders missing and damaged renditions again; an original that cannot be decoded is left to people."""
    wanted: dict[str, list[str]] = {}
    for finding in findings:
        size, _, name = finding.subject.partition("/")
        wanted.setdefault(name.removesuffix(".jpg"), []).append(size)
        if finding.kind is Kind.RENDITION_DAMAGED:
            quarantine.keep(settings.storage_root, layout, finding.subject)
    for image, sizes in wanted.items():
        with suppress(FileNotFoundError, RejectedImage):  # deleted meanwhile, or not decodable
            _render(layout, ids.image_id(image), sizes, settings.sizes)


def _render(layout: ProjectLayout, image: ids.ImageId, missing: list[str], sizes: Sizes) -> None:
    from core import renditions  # only a repair that renders pays for an image library

    original = layout.rendition(ORIGINAL, image)
    with ExitStack() as stack, opening.reading(original) as source:
        outputs = {size: stack.enter_context(files.scratch(size)) for size in (ORIGINAL, *missing)}
        renditions.render(source, outputs, as_stored(original), {size: sizes[size] for size in outputs})
        for size in missing:
            folders.make_folder(layout.size_folder(size), layout.folder)
        durable.publish({layout.rendition(size, image): outputs[size] for size in missing})
    if not original.exists():  # deleted meanwhile: the new files belong to no image
        for size in missing:
            removing.remove(layout.rendition(size, image))


def _reindex(settings: Settings, layout: ProjectLayout, findings: list[Finding], by_time: bool) -> None:
    stale = {Path(finding.subject).stem for finding in findings if finding.kind in _REMAKE | {Kind.SIZES_WRONG}}
    with metadata.transaction(layout, settings.lock_timeout, check_entries=True) as index:
        taken = inventory.take(layout, settings.sizes)
        differences = list(compare(taken, listed_by(index, NONE), settings.abandoned_after))
        for finding in differences:
            if finding.kind is Kind.LISTED_GONE:
                while index.discard(finding.subject):  # completes its delete: the next in order may become primary
                    pass
        unlisted = [finding.subject for finding in differences if finding.kind is Kind.UNLISTED]
        entries = _ordered(layout, index, unlisted, by_time)
        for entry in entries:
            if entry.id in stale or not entry.sizes:
                # An unreadable file stops the repair: the new index would lack it.
                image, missing = ids.image_id(entry.id), (FileNotFoundError, ValueError)
                entry.sizes = files.measured(layout, image, settings.sizes, *missing)
        index.restore(entries)


def _ordered(layout: ProjectLayout, index: Index, unlisted: list[str], by_time: bool) -> list[Entry]:
    """The listed entries, each once, with the unlisted images inserted by their time."""
    listed = {entry.id: entry for entry in reversed(index.entries())}
    kept = [listed[image] for image in dict.fromkeys(index.image_ids())]
    moved = [entry for entry in kept if by_time and ids.created_ms(entry.id)]
    fresh = [Entry(image, created_at=ids.timestamp(_made(layout, Entry(image)))) for image in unlisted]
    timed: list[tuple[int, Entry]] = []
    latest = 0
    for entry in kept:
        if entry not in moved:
            latest = max(latest, _made(layout, entry))  # the order in the index wins over the entries' times
            timed.append((latest, entry))
    placed = sorted(((_made(layout, entry), entry) for entry in moved + fresh), key=lambda pair: (pair[0], pair[1].id))
    return [entry for _, entry in heapq.merge(timed, placed, key=lambda pair: pair[0])]


def _made(layout: ProjectLayout, entry: Entry) -> int:
    """The time of making in milliseconds since 1970: from the id, the index, or the original's file."""
    if ours := ids.created_ms(entry.id):
        return ours
    with suppress(ValueError):
        return int(datetime.fromisoformat(entry.created_at).timestamp() * 1000)
    with suppress(FileNotFoundError):
        return rebuilding.made_ms(layout, entry.id)
    return 0
