"""Copies the projects of an original single-file service's tree into the storage; keeps their ids, dates and order.

Each image is rendered from its original and published like an upload, so a crash leaves what a crashed upload leaves,
and the next run continues. The old tree is only read; the service may run meanwhile.
"""

import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from core import ids
from core.doctor import old_tree, walk
from core.doctor.old_tree import OldImage, OldProject
from core.doctor.report import shown
from core.doctor.survey import as_stored
from core.errors import RejectedImage, SettingsError
from core.index import metadata
from core.index.entries import Entry
from core.projects import adding
from core.settings import Settings
from core.sizes import ORIGINAL
from core.volume import layout, opening
from core.volume.failures import storage_errors
from core.volume.layout import ProjectLayout

_PORTION = 20  # images per commit of an index


@dataclass(slots=True)
class Adoption:
    """What happened, or would happen, to one project's images: the number of new ones, of existing ones, and a (name,
    reason) for each that was refused."""

    new: int = 0
    there: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def check_places(old: Path, root: Path) -> None:
    """Raises SettingsError unless `old` holds projects and is separate from the storage."""
    if not layout.projects_folder(old).is_dir():
        raise SettingsError(f"{old}: no folder that has a folder named projects")
    if old.resolve() == root.resolve():
        raise SettingsError("The old tree is the storage itself: name another storage, to which it is copied.")


def run(settings: Settings, old: Path, apply: bool, jobs: int, as_json: bool, out: TextIO) -> bool:
    """Adopts every project, or reports what it would do; returns whether it could adopt each image."""
    check_places(old, settings.storage_root)
    total = Adoption()
    names = list(walk.names(old))
    fitting = sorted(name for name in names if walk.is_project(old, name))
    for name in sorted({*names} - {*fitting}):
        _tell(name, Adoption(refused=[(".", "no folder whose name can be a project's id")]), total, as_json, out)
    for name, outcome in walk.each(old, iter(fitting), lambda project: adopt(settings, project, apply), jobs):
        error = outcome.exception()
        done = Adoption(refused=[(".", str(error) or type(error).__name__)]) if error else outcome.result()
        _tell(name, done, total, as_json, out)
    counts = {"projects": len(fitting), "new": total.new, "there": total.there, "refused": len(total.refused)}
    said = "{new} images {verb} adopted, {there} are there already, {refused} cannot be; {projects} projects"
    text = json.dumps({"summary": counts}) if as_json else said.format(**counts, verb="were" if apply else "would be")
    print(text if as_json or apply else f"{text}\nNothing was changed. To adopt them: the same with --apply.", file=out)
    return not total.refused


def adopt(settings: Settings, project: ProjectLayout, apply: bool) -> Adoption:
    """Adopts one project of the old tree."""
    old = old_tree.read(project)
    target = layout.project(settings.storage_root, ids.project_id(project.folder.name))
    listed = set(metadata.read(target)[1].image_ids())
    missing = [image for image in old.images if image.id not in listed]
    done = Adoption(there=len(old.images) - len(missing), refused=list(old.refused))
    for start in range(0, len(missing), _PORTION):
        portion = missing[start : start + _PORTION]
        entries = [entry for image in portion if (entry := _one(settings, target, image, apply, done))]
        done.new += len(entries)
        if apply and entries:
            _list(settings, target, old, entries)
    return done


def _one(settings: Settings, target: ProjectLayout, image: OldImage, apply: bool, done: Adoption) -> Entry | None:
    """Publishes an image's files and returns its entry; None when it cannot be rendered."""
    try:
        with opening.reading(image.path) as source:
            limits = as_stored(image.path)  # the old service accepted it within its own limits
            wide = replace(settings, max_upload_bytes=limits.max_upload_bytes, decode_memory=limits.decode_memory)
            rendered = adding.render(wide, source)
    except RejectedImage as error:
        done.refused.append((f"{ORIGINAL}/{image.path.name}", str(error)))
        return None
    with closing(rendered):
        if not apply:
            return rendered.entry
        adding.publish_files(settings, target, rendered, ids.image_id(image.id))
    rendered.entry.id, rendered.entry.created_at = image.id, ids.timestamp(image.made_ms)
    return rendered.entry


def _list(settings: Settings, target: ProjectLayout, old: OldProject, entries: Iterable[Entry]) -> None:
    """Lists adopted images after the others; the old primary stays primary if no other image is listed."""
    ours = {image.id for image in old.images}
    with storage_errors(), metadata.transaction(target, settings.lock_timeout) as index:
        for entry in entries:
            index.append(entry)
        if old.primary is not None and old.primary in index and ours.issuperset(index.image_ids()):
            index.set_primary(old.primary)


def _tell(project: str, done: Adoption, total: Adoption, as_json: bool, out: TextIO) -> None:
    total.new, total.there = total.new + done.new, total.there + done.there
    total.refused += done.refused
    for name, reason in done.refused:
        line = {"project": project, "refused": name, "reason": reason}
        print(json.dumps(line) if as_json else shown(f"{project}  {name}: {reason}"), file=out)
