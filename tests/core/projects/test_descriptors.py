"""Nothing leaves a file open but what it hands out: a long-lived process would run out of descriptors."""

import contextlib
import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from photos import photo
from trees import Tree, store

from core import ids, projects
from core.errors import ServiceError
from core.index import metadata
from core.settings import Settings
from core.volume import durable, health, looking

Deed = Callable[[Tree, str], object]


def _open(size: str) -> Deed:
    def read(tree: Tree, image: str) -> None:
        file = projects.open_rendition(tree.settings, ids.project_id("p"), ids.image_id(image), size)
        os.close(file.descriptor)

    return read


def _half_deleted(tree: Tree, image: str) -> None:
    tree.path("original", image).unlink()
    _open("thumb")(tree, image)


def _beside_a_broken_original(tree: Tree, image: str) -> None:
    with mock.patch.object(looking, "exists", side_effect=OSError(errno.EIO, "a disk that fails")):
        _open("thumb")(tree, image)


def _cover(tree: Tree, image: str) -> None:
    os.close(projects.open_cover(tree.settings, ids.project_id("p"))[1].descriptor)


def _called_off(tree: Tree, image: str) -> None:
    missing = tree.layout.folder / "none" / "x"
    durable.replace(tree.layout.meta, b"x", before_rename=lambda: missing.unlink())
    durable.publish({tree.layout.folder / "none" / "x": io.BytesIO(b"x")})


DEEDS: dict[str, Deed] = {
    "upload": lambda tree, image: tree.upload(),
    "refused upload": lambda tree, image: store(tree.settings, ids.project_id("p"), io.BytesIO(photo()[:-900])),
    "delete": lambda tree, image: tree.delete(image),
    "set primary": lambda tree, image: projects.set_primary(tree.settings, ids.project_id("p"), ids.image_id(image)),
    "read": _open("original"),
    "read a smaller one": _open("thumb"),
    "read what is not there": lambda tree, image: _open("thumb")(tree, "none"),
    "read what is half deleted": _half_deleted,
    "read beside a broken original": _beside_a_broken_original,
    "read the cover": _cover,
    "list": lambda tree, image: projects.list_images(tree.settings, ids.project_id("p"), projects.Page()),
    "list's version": lambda tree, image: metadata.version(tree.layout),
    "no list's version": lambda tree, image: metadata.version(Tree(tree.settings, "none").layout),
    "a share of the list": lambda tree, image: metadata.listed(tree.layout, {image}, ()),
    "write that fails": _called_off,
    "create": lambda tree, image: durable.create(tree.layout.meta, b"x"),
    "health": lambda tree, image: health.probe(tree.settings),
    "check": lambda tree, image: tree.doctor("check", deep=True),
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_deed_leaves_no_file_open(tmp_path: Path, deed: Deed) -> None:
    tree = Tree(Settings(storage_root=tmp_path))
    tree.upload()
    image = tree.upload()
    before = set(os.listdir("/proc/self/fd"))

    with contextlib.suppress(ServiceError, OSError):
        deed(tree, image)

    assert set(os.listdir("/proc/self/fd")) <= before
