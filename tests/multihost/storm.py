"""On a guest: processes that upload, delete and set the primary image of one project, and readers.

    python -m multihost.storm write ROOT PROJECT PROCESSES OPERATIONS
    python -m multihost.storm read  ROOT PROJECT PROCESSES STOP KEPT_ID...

A writer deletes only what it uploaded itself, so what must be there in the end is known exactly,
whoever else was writing. A reader ends once the file STOP exists.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

from multihost import volume
from multihost.volume import say

from core import ids, projects
from core.errors import ImageNotFound, ServiceError
from core.projects import Page

PAUSE = 0.1  # seconds: a host has one processor, and a reader that never rests takes it from the writers
UPLOADS_OUT_OF_TEN, DELETES_OUT_OF_TEN = 5, 3


def write(number: int, root: str, name: str, operations: str) -> None:
    """Changes the project at random, telling each answer and each refusal."""
    current, content, project = volume.settings(root), volume.picture(), volume.project(name)
    mine: list[str] = []
    for _ in range(int(operations)):
        dice = random.randrange(10)
        try:
            if dice < UPLOADS_OUT_OF_TEN or not mine:
                image = volume.upload(current, name, content)
                mine.append(image)
                say(did="upload", image=image)
            elif dice < UPLOADS_OUT_OF_TEN + DELETES_OUT_OF_TEN:
                image = mine.pop(random.randrange(len(mine)))
                say(trying="delete", image=image)
                projects.delete(current, project, ids.image_id(image))
                say(did="delete", image=image)
            else:
                image = random.choice(mine)
                projects.set_primary(current, project, ids.image_id(image))
                say(did="set-primary", image=image)
        except ServiceError as error:
            say(refused=error.slug, why=repr(error.__cause__))
    say(ended=number)


def read(number: int, root: str, name: str, stop: str, *kept: str) -> None:
    """Lists, takes the cover and opens images; what is wrong is told as `error`."""
    current, project = volume.settings(root), volume.project(name)
    reads = 0
    while not os.path.exists(stop):
        try:
            found = projects.list_images(current, project, Page(None, None))
            listed, primary = [entry.id for entry in found.images], found.primary
            if missing := set(kept) - set(listed):
                say(error=f"{missing} not listed")
            if primary not in listed:
                say(error=f"primary {primary} not listed")
            os.close(projects.open_cover(current, project)[1].descriptor)
            _open(current, project, random.choice(kept))
            with suppress(ImageNotFound):  # deleted since the list was read
                _open(current, project, random.choice(listed))
        except Exception as error:
            say(error=repr(error))
        reads += 4
        time.sleep(PAUSE)
    say(reads=reads)


def _open(current: volume.Settings, project: volume.ProjectId, image: str) -> None:
    for size in ("original", "thumb"):
        descriptor, status = projects.open_rendition(current, project, ids.image_id(image), size)
        try:
            if len(os.pread(descriptor, status.st_size, 0)) != status.st_size:
                say(error=f"{size}/{image} is shorter than it says")
        finally:
            os.close(descriptor)


def main(role: str, root: str, name: str, processes: str, *arguments: str) -> None:
    function: Callable[..., None] = {"write": write, "read": read}[role]
    context = get_context("fork")
    # Each imported the same modules once; threads there are none yet
    children = [context.Process(target=function, args=(n, root, name, *arguments)) for n in range(int(processes))]
    for child in children:
        child.start()
    for child in children:
        child.join()


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir(exist_ok=True)
    main(*sys.argv[1:])
