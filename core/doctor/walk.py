"""Walks every project under a root, several at a time, since a walk mostly waits for the volume.

Memory stays bounded: names are read as they are needed, and only a few projects are in flight.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TypeVar

from core import ids
from core.volume import layout, opening
from core.volume.layout import ProjectLayout
from core.volume.opening import Misplaced

T = TypeVar("T")


def count(root: Path) -> int:
    """The number of names to walk over."""
    return sum(1 for _ in names(root))


def names(root: Path) -> Iterator[str]:
    """Every name in the projects' folder, in the volume's order."""
    with suppress(Misplaced):
        yield from (entry.name for entry in opening.entries(layout.projects_folder(root)))


def after(folder: Path, last: str, most: int) -> list[str]:
    """The first `most` names in `folder` after `last`, in order: a walk can continue there, whatever was added."""
    with suppress(Misplaced):
        return heapq.nsmallest(most, (entry.name for entry in opening.entries(folder) if entry.name > last))
    return []


def projects(root: Path) -> Iterator[str]:
    """The names that are projects."""
    return (name for name in names(root) if is_project(root, name))


def is_project(root: Path, name: str) -> bool:
    """Whether `name` is a project's folder; a link to one is not."""
    folder = layout.projects_folder(root) / name
    return ids.is_project_id(name) and folder.is_dir() and not folder.is_symlink()


def each(
    root: Path, projects: Iterator[str], work: Callable[[ProjectLayout], T], jobs: int
) -> Iterator[tuple[str, Future[T]]]:
    """Runs `work` on each project, `jobs` at a time, in order; each future holds what `work` returned or raised."""
    with ThreadPoolExecutor(jobs, thread_name_prefix="doctor") as threads:
        flying: deque[tuple[str, Future[T]]] = deque()

        def submit(limit: int) -> None:
            for name in islice(projects, limit):
                flying.append((name, threads.submit(work, layout.project(root, ids.project_id(name)))))

        submit(2 * jobs)
        while flying:
            name, future = flying.popleft()
            future.exception()  # waits for it
            yield name, future
            submit(1)
