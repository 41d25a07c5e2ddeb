"""On a guest: operations stopped at each of their steps on the volume, each in a process and project of its own.

    python -m multihost.steps prepare ROOT EVERY      makes the projects: one for every EVERY-th step of each operation
    python -m multihost.steps stop    ROOT EVERY GO   each says `stopped`, waits until the file GO exists, and goes on
    python -m multihost.steps follow  ROOT EVERY      another host uploads to each, or finishes the same upload

A step is a call by which core touches the volume. The stop is before the call, so the stops lie
inside the lock, around the fence, between the fence and the rename, and after it.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from typing import Any

from multihost import volume
from multihost.volume import say

from core import ids, projects
from core.errors import ServiceError
from core.settings import Settings
from core.volume import opening

KEPT, DOOMED, NEXT_PRIMARY = 0, 1, 1  # positions in each project: what stays, what is deleted, what becomes primary
STEPS = {"upload": 70, "delete": 50, "set-primary": 30, "finish": 100}  # at least as many as each has
_CALLS = ("open", "listdir", "link", "unlink", "rename", "mkdir", "fsync", "pwrite", "write", "stat")


def names(every: str) -> Iterator[tuple[str, str, int]]:
    """(project, operation, step) of each."""
    for operation, steps in STEPS.items():
        for step in range(1, steps + 1, int(every)):
            yield f"{operation}-{step}", operation, step


def prepare(root: str, every: str) -> None:
    """Two images in each project, and where it is to be finished a resumable upload without its last piece."""
    current, content = volume.settings(root), volume.picture()
    for name, operation, _ in names(every):
        if operation == "finish":
            volume.begin(current, name, content)
        say(project=name, images=[volume.upload(current, name, content) for _ in range(2)])


def stop(root: str, every: str, go: str) -> None:
    """Runs each operation until its step, and on once GO exists; tells the answers."""
    _fork(every, lambda name, operation, step: _stop_one(root, go, name, operation, step))


def follow(root: str, every: str) -> None:
    """One upload to each project, as another host makes it meanwhile; or the same resumable upload, finished there."""

    def one(name: str, operation: str, step: int) -> None:
        follows, run = ("finish", volume.finish) if operation == "finish" else ("upload", volume.upload)
        _tell(name, follows, lambda: run(volume.settings(root), name, volume.picture()))

    _fork(every, one)


def _stop_one(root: str, go: str, name: str, operation: str, step: int) -> None:
    current = volume.settings(root)
    images = [entry.id for entry in projects.list_images(current, volume.project(name), projects.Page()).images]
    content = volume.picture()
    _stop_before(step, lambda: _wait(name, go))
    _tell(name, operation, lambda: _operations(current, name, images, content)[operation]())
    say(ended=name)


def _operations(current: Settings, name: str, images: list[str], content: bytes) -> dict[str, Callable[[], Any]]:
    project = volume.project(name)
    return {
        "upload": lambda: volume.upload(current, name, content),
        "delete": lambda: projects.delete(current, project, ids.image_id(images[DOOMED])),
        "finish": lambda: volume.finish(current, name, content),
        "set-primary": lambda: projects.set_primary(current, project, ids.image_id(images[NEXT_PRIMARY])),
    }


def _wait(name: str, go: str) -> None:
    say(stopped=name)
    while not os.path.exists(go):
        time.sleep(0.1)


def _stop_before(step: int, wait: Callable[[], None]) -> None:
    """Calls `wait` before this process's next `step`-th call of those by which core touches the volume."""
    left = step

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                wait()
            return call(*arguments, **options)

        return run

    for name in _CALLS:
        setattr(os, name, counted(getattr(os, name)))
    opening._open = counted(opening._open)  # openat2, which os does not have


def _tell(name: str, operation: str, run: Callable[[], Any]) -> None:
    try:
        say(project=name, did=operation, result=run())
    except ServiceError as error:
        say(project=name, refused=error.slug, operation=operation)


def _fork(every: str, one: Callable[[str, str, int], None]) -> None:
    from core import renditions  # noqa: F401  once, before the children are forked

    children = [get_context("fork").Process(target=one, args=arguments) for arguments in names(every)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    say(all=len(children))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
