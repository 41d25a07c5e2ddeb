"""A real file system filled to the brim: what a client is told, and how to get out of it."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from trees import Tree

from core import ids, projects
from core.errors import StorageFull
from core.settings import Settings


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Tree]:
    """A project with forty images on a volume without a free byte."""
    mount = tmp_path / "mount"
    mount.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", mount]).returncode:
        pytest.skip("needs root, and the right to mount a tmpfs")
    try:
        tree = Tree(replace(Settings(), storage_root=mount))
        for _ in range(40):
            tree.upload()
        _fill(mount / "ballast")
        yield tree
    finally:
        subprocess.run(["umount", mount], check=True)


def _fill(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    for step in (1 << 20, 4096, 1):
        while _fits(descriptor, step):
            pass
    os.close(descriptor)


def _fits(descriptor: int, length: int) -> bool:
    try:
        return os.write(descriptor, b"x" * length) > 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False


def test_upload_to_a_full_disk_is_refused_and_leaves_nothing(full: Tree) -> None:
    before = sorted(full.layout.folder.rglob("*"))

    with pytest.raises(StorageFull):
        full.upload()

    assert sorted(full.layout.folder.rglob("*")) == before
    assert len(full.listed()) == 40


def test_set_primary_on_a_full_disk_changes_nothing(full: Tree) -> None:
    first, second = full.listed()[:2]

    with pytest.raises(StorageFull):
        projects.set_primary(full.settings, ids.project_id(full.project), ids.image_id(second))

    assert full.primary() == first


def test_delete_on_a_full_disk_succeeds_and_makes_room(full: Tree) -> None:
    assert shutil.disk_usage(full.settings.storage_root).free == 0
    images = full.listed()

    for image in images[:20]:
        full.delete(image)

    assert full.listed() == images[20:]
    assert full.primary() == images[20]
    assert full.upload() in full.listed()
    assert full.doctor("check") == (0, [])
