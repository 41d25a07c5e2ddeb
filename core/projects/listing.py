"""Lists the projects, a page at a time, in the order of their ids.

A folder returns its names in no order, so a page needs all of them. They are read once and cached for ten times as
long as the read took. So reading names takes at most a tenth of the time, however many pages are requested, and with
a million projects the last page costs no more than the first.
"""

import os
import re
import time
from bisect import bisect_left, bisect_right
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core import ids
from core.errors import InvalidPage
from core.ids import ProjectId
from core.index import metadata
from core.settings import Settings
from core.volume import layout, opening
from core.volume.failures import storage_errors
from core.volume.opening import Misplaced

DEFAULT, MOST = 100, 1000  # projects per page
_LOOKED_AT = 4  # times as many projects are read for a page, since projects without images are left out
_SHARE = 10  # times as long as it took to read the names, they are used
_AFTER_ALL = "\x7f"  # sorts after every character of an id


@dataclass(frozen=True, slots=True)
class Project:
    """A project with images; `changed_at` is the time of its last commit, as meta.json writes times."""

    project_id: str
    primary_image_id: str | None
    image_count: int
    changed_at: str


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """At most `limit` projects after the project `after`."""

    limit: int = DEFAULT
    after: ProjectId | None = None


def project_page(limit: str | None, after: str | None) -> ProjectPage:
    """Parses a query's `limit` and `after` into a page; InvalidPage, InvalidProjectId."""
    if limit is not None and not re.fullmatch("0*[1-9][0-9]{0,2}|0*1000", limit):
        raise InvalidPage(f"A limit is a whole number from 1 to {MOST}.")
    return ProjectPage(int(limit.lstrip("0")) if limit else DEFAULT, ids.project_id(after) if after else None)


def list_projects(settings: Settings, page: ProjectPage, pattern: str = "*") -> tuple[list[Project], str | None]:
    """The projects of a page, and the id after which the next page begins, if there is one.

    Lists only ids that match `pattern`: one id, or a prefix that ends with `*`.
    """
    with storage_errors():
        names = _names(layout.projects_folder(settings.storage_root))
        prefix = pattern.removesuffix("*")
        end = bisect_right(names, prefix if prefix == pattern else prefix + _AFTER_ALL)
        start = max(bisect_left(names, prefix), bisect_right(names, page.after or ""))
        looked_at = names[start : min(end, start + page.limit * _LOOKED_AT)]
        found: list[Project] = []
        last = None
        for last in looked_at:
            if project := _project(settings, ids.project_id(last)):
                found.append(project)
            if len(found) == page.limit:
                break
        return found, None if last is None or last == names[end - 1] else last


def _project(settings: Settings, project_id: ProjectId) -> Project | None:
    project = layout.project(settings.storage_root, project_id)
    version, index = metadata.read(project)
    if not len(index):
        return None
    changed = os.lstat(project.meta if version else project.folder).st_mtime_ns // 1_000_000
    return Project(project_id, index.primary, len(index), ids.timestamp(changed))


@dataclass(slots=True)
class _Snapshot:
    folder: Path
    names: list[str]
    until: float  # monotonic, in seconds


_last: _Snapshot | None = None


def _names(folder: Path) -> list[str]:
    """The ids of all projects in order, possibly from a moment ago."""
    global _last
    now = time.monotonic()
    if _last is None or _last.folder != folder or _last.until < now:
        names: list[str] = []
        with suppress(FileNotFoundError, Misplaced):  # nothing has been uploaded yet
            names = sorted(filter(ids.is_project_id, opening.names(folder)))
        done = time.monotonic()
        _last = _Snapshot(folder, names, done + _SHARE * (done - now))
    return _last.names
