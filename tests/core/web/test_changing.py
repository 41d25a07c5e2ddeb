"""An upload that fails after its files were published takes them back, wherever it fails; a change goes to its end."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import trees
from photos import expected_files, photo, stored_files
from trees import Tree

from core import ids, projects
from core.errors import ProjectLocked
from core.projects.quota import Bounds
from core.settings import Settings
from core.volume import locking
from core.web import changing
from core.workers import InProcess, Workers

PATIENCE = 30  # seconds


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(replace(Settings(), storage_root=tmp_path, lock_timeout=PATIENCE))


def store(tree: Tree) -> projects.Stored:
    return trees.store(tree.settings, ids.project_id(tree.project), BytesIO(photo(64, 48)))


def files(tree: Tree) -> list[str]:
    return stored_files(tree.settings.storage_root, tree.project)


async def cancelled(running: Coroutine[object, object, object], when: Callable[[], object]) -> None:
    """Runs it, and cancels it once `when`, called in a thread, has returned."""
    task = asyncio.create_task(running)
    await asyncio.to_thread(when)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_upload_whose_turn_never_comes_is_taken_back(tree: Tree) -> None:
    listed = tree.upload()
    hasty = replace(tree.settings, lock_timeout=0.05)

    async def four() -> None:
        turn = await locking.turn(tree.layout.lock, PATIENCE)
        with turn:
            for stored in [store(tree) for _ in range(4)]:
                with pytest.raises(ProjectLocked):
                    await changing.commit(hasty, stored)

    asyncio.run(four())
    assert files(tree) == expected_files(listed)


def test_only_an_upload_with_bounds_waits_for_its_turn(tree: Tree) -> None:
    hasty = replace(tree.settings, lock_timeout=0.05)
    arguments = (hasty, ids.project_id(tree.project), 10, b"")

    async def both() -> None:
        tree.upload()
        with await locking.turn(tree.layout.lock, PATIENCE):
            assert (await changing.begin(*arguments, Bounds())).length == 10
            with pytest.raises(ProjectLocked):
                await changing.begin(*arguments, Bounds(images=9))
        assert (await changing.begin(*arguments, Bounds(images=9))).length == 10

    asyncio.run(both())


def test_upload_cancelled_before_its_turn_is_taken_back(tree: Tree) -> None:
    listed = tree.upload()

    async def cancel() -> None:
        with await locking.turn(tree.layout.lock, PATIENCE):
            commit = changing.commit(tree.settings, store(tree))
            await cancelled(commit, lambda: None)

    asyncio.run(cancel())
    assert files(tree) == expected_files(listed)


def test_upload_cancelled_while_it_is_published_is_taken_back(tree: Tree) -> None:
    """Nobody takes the publisher's result any more, nor waits for it: its thread ends after the event loop did."""
    listed = tree.upload()
    workers = Workers([InProcess()], 0)
    published, withdrawn, go_on = threading.Event(), threading.Event(), threading.Event()

    def publish(rendered: projects.Rendered) -> projects.Stored:
        stored = projects.publish(tree.settings, ids.project_id(tree.project), rendered)
        published.set()
        go_on.wait(PATIENCE)
        return stored

    def withdraw(stored: Any) -> None:
        projects.withdraw(tree.settings, stored)
        withdrawn.set()

    render = partial(projects.render, tree.settings, BytesIO(photo(64, 48)))
    asyncio.run(cancelled(workers.run("p", render, publish, withdraw), lambda: published.wait(PATIENCE)))
    go_on.set()
    assert withdrawn.wait(PATIENCE)
    assert files(tree) == expected_files(listed)


def test_commit_that_was_begun_is_made_for_who_is_gone(tree: Tree) -> None:
    listed, stored = tree.upload(), store(tree)

    def until(condition: Callable[[], bool]) -> None:
        while not condition():
            threading.Event().wait(0.001)

    async def gone() -> None:
        with locking.held(tree.layout.lock, PATIENCE):
            locking._line.cache_clear()  # what holds the lock is another process
            commit = changing.commit(tree.settings, stored)
            await cancelled(commit, lambda: until(lambda: locking._line(tree.layout.lock).user is not None))

    asyncio.run(gone())
    until(lambda: locking._line(tree.layout.lock).user is None)
    assert tree.listed() == [listed, stored.image_id]
    assert files(tree) == expected_files(*tree.listed())


STOPPING = """
import asyncio, sys, threading, time
from io import BytesIO
from pathlib import Path
from core import ids, projects
from core.settings import Settings
from core.web import changing

settings, project = Settings(storage_root=Path(sys.argv[1])), ids.project_id("p")
stored = projects.publish(settings, project, projects.render(settings, BytesIO(Path(sys.argv[2]).read_bytes())))

def commit():
    while threading.main_thread().is_alive():
        time.sleep(0.01)
    print(asyncio.run(changing.commit(settings, stored))[1].id)

threading.Thread(target=commit).start()
"""


def test_upload_is_whole_when_the_process_stops(tree: Tree) -> None:
    """The interpreter ends, and its pools of threads take no more work, while the upload is still to be listed."""
    picture = tree.settings.storage_root / "photo.jpg"
    picture.write_bytes(photo(64, 48))
    command = [sys.executable, "-c", STOPPING, str(tree.settings.storage_root), str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert tree.listed() == [done.stdout.strip()], done.stderr
    assert files(tree) == expected_files(*tree.listed())
