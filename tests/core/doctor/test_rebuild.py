"""doctor rebuild: an index out of the originals alone."""

import os
import shutil

import pytest
from trees import Tree

from core import ids


def _legacy(tree: Tree, image: str, modified: float) -> None:
    """An image with an id of another making, which tells no time."""
    source = tree.upload()
    for size in ("original", "medium", "thumb", "game"):
        tree.path(size, source).rename(tree.path(size, image))
        os.utime(tree.path(size, image), (modified, modified))
    tree.edit(lambda index: [entry.update(id=image) for entry in index["images"] if entry["id"] == source])


def test_lost_index_is_rebuilt_in_upload_order(tree: Tree) -> None:
    images = [tree.upload() for _ in range(4)]
    tree.delete(images.pop(1))
    told = ("id", "ext", "created_at", "sizes")
    before = [{name: image[name] for name in told} for image in tree.index()["images"]]
    tree.layout.meta.unlink()

    assert tree.doctor("rebuild")[0] == 0

    assert tree.listed() == images
    assert tree.index()["images"] == before, "created_at and sizes come back too; what the upload told is gone"
    assert tree.primary() == images[0]


def test_rebuild_puts_a_shuffled_index_in_order(tree: Tree) -> None:
    images = [tree.upload() for _ in range(3)]
    tree.edit(lambda index: index["images"].reverse())
    tree.edit(lambda index: index.update(primary_image_id=images[1]))

    tree.doctor("rebuild")

    assert tree.listed() == images
    assert tree.primary() == images[1]


def test_ids_of_another_making_keep_the_order_of_the_index(tree: Tree) -> None:
    for number, name in enumerate(("zebra", "Apple", "mango")):
        _legacy(tree, name, modified=1_700_000_000 - number)  # the files' times tell another order
    tree.edit(lambda index: [entry.pop("created_at") for entry in index["images"]])
    ours = tree.upload()

    tree.doctor("rebuild")

    assert tree.listed() == ["zebra", "Apple", "mango", ours]


def test_foreign_ids_lie_by_their_files_time(tree: Tree) -> None:
    for number, name in enumerate(("zebra", "Apple", "mango")):
        _legacy(tree, name, modified=1_700_000_000 - number)
    tree.layout.meta.unlink()

    tree.doctor("rebuild")

    assert tree.listed() == ["mango", "Apple", "zebra"]
    assert tree.index()["images"][2]["created_at"] == ids.timestamp(1_700_000_000_000)


def test_keys_of_another_version_survive_a_repair(tree: Tree) -> None:
    kept, gone = tree.upload(), tree.upload()
    tree.edit(lambda index: index["images"][0].update(caption="a hat"))
    tree.path("original", gone).unlink()

    tree.doctor("repair")

    assert tree.listed() == [kept]
    assert tree.index()["images"][0]["caption"] == "a hat"


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"null", b"[]", b"{", b'{"project_id": 7}', b"\xff\xfe", b'{"images": {}}'),
        b'{"project_id": "p", "images": [{"id": 5}]}',
        b'{"project_id": "p", "images": [{}]}',
        b'{"revision": 3, "project_id": "p", "images": [5]}',
    ],
)
def test_any_damage_to_the_index_is_rebuilt(tree: Tree, content: bytes) -> None:
    images = [tree.upload(), tree.upload()]
    tree.layout.meta.write_bytes(content)

    assert tree.doctor("repair") == (0, [("index-damaged", "meta.json")])

    assert tree.listed() == images
    assert tree.doctor("check") == (0, [])


def test_project_without_a_single_rendition_is_rendered_again(tree: Tree) -> None:
    image = tree.upload()
    for size in ("medium", "thumb", "game"):
        shutil.rmtree(tree.layout.size_folder(size))

    assert tree.doctor("repair")[0] == 0
    assert tree.doctor("check", deep=True) == (0, [])
    assert tree.path("game", image).exists()
