"""Where doctor moves files that it takes out of a project, by date, so that a person can check and restore them.

<root>/quarantine/2026-11-22/<project>/<path below the project's folder>
"""

import math
import os
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from core.volume import durable, folders, layout, opening, removing
from core.volume.layout import ProjectLayout
from core.volume.opening import Misplaced


def take(root: Path, project: ProjectLayout, path: str) -> bool:
    """Moves a file out of the project; False when the file is already gone."""
    target = _free(root, project, path)
    with suppress(FileNotFoundError):
        durable.move(project.folder / path, target)
        return True
    return False


def keep(root: Path, project: ProjectLayout, path: str) -> None:
    """Keeps the file that is now at `path`, which is about to be replaced."""
    durable.link(project.folder / path, _free(root, project, path))


def empty(root: Path, days: int, until: float = math.inf) -> int:
    """Removes the folders older than `days`, until the time `until`; returns the number of files that it removed."""
    folder = layout.quarantine_folder(root)
    oldest = datetime.now(UTC).date() - timedelta(days)
    return sum(removing.remove_tree(folder / name, until) for name in _folders(folder) if _is_before(name, oldest))


def finish_deletes(root: Path, until: float = math.inf) -> int:
    """Removes what deletes of whole projects left, until the time `until`; returns the number of files removed."""
    folder = layout.deleted_projects(root)
    return sum(removing.remove_tree(folder / name, until) for name in _folders(folder))


def _folders(folder: Path) -> list[str]:
    with suppress(Misplaced):
        return opening.folders(folder)
    return []


def _is_before(name: str, oldest: date) -> bool:
    try:
        return date.fromisoformat(name) < oldest
    except ValueError:
        return False  # not a folder of ours


def _free(root: Path, project: ProjectLayout, path: str) -> Path:
    """A path that is still free."""
    today = layout.quarantine_folder(root) / datetime.now(UTC).date().isoformat()
    target = today / project.folder.name / path
    folders.make_folder(target.parent, root)
    number = 1
    while os.path.lexists(target):
        number += 1
        target = target.with_name(f"{Path(path).name}~{number}")
    return target
