"""Clocks that are wrong: uploads go on, and their order survives the index."""

from dataclasses import replace
from pathlib import Path

import pytest
from trees import Tree

from core import ids
from core.projects import adding
from core.settings import Settings

DAY = 86_400_000  # ms
NOW = 1_771_700_000_000


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(replace(Settings(), storage_root=tmp_path))


@pytest.mark.parametrize("now", [0, 946_684_800_000, 4_200_000_000_000], ids=["1970", "2000", "2103"])
def test_upload_by_an_impossible_clock_is_stored(tree: Tree, monkeypatch: pytest.MonkeyPatch, now: int) -> None:
    monkeypatch.setattr(adding, "_now_ms", lambda: now)
    assert [tree.upload(), tree.upload()] == tree.listed()


def test_order_and_cover_survive_a_clock_set_back(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    images = []
    for moment in (NOW, NOW - DAY, NOW - 2 * DAY):
        monkeypatch.setattr(adding, "_now_ms", lambda now=moment: now)
        images.append(tree.upload())
    assert images == sorted(images)
    assert ids.created_ms(images[0]) == NOW
    tree.layout.meta.unlink()
    assert (tree.listed(), tree.primary()) == (images, images[0])


def test_cover_survives_a_damaged_index(tree: Tree) -> None:
    tree.upload()
    second = tree.upload()
    tree.edit(lambda index: index.update(primary_image_id=second))
    whole = tree.layout.meta.read_bytes()
    tree.layout.meta.write_bytes(whole[: len(whole) * 3 // 4])
    assert tree.primary() == second
    tree.upload()
    assert tree.primary() == second


def test_cover_survives_in_an_index_put_aside(tree: Tree) -> None:
    tree.upload()
    second = tree.upload()
    tree.edit(lambda index: index.update(primary_image_id=second))
    whole = tree.layout.meta.read_bytes()
    tree.layout.damaged(1).write_bytes(whole[:-20])
    tree.layout.meta.unlink()
    assert tree.primary() == second


def test_cover_that_is_gone_is_not_brought_back(tree: Tree) -> None:
    first = tree.upload()
    tree.edit(lambda index: index.update(primary_image_id="gone"))
    tree.layout.meta.write_bytes(tree.layout.meta.read_bytes()[:-20])
    assert tree.primary() == first
