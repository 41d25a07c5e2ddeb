"""A picture that was stored under wider limits than today's is whole."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from photos import dimensions, photo
from trees import Tree, store

from core import ids, projects
from core.settings import Settings

NARROW = 1 << 20  # bytes of memory for a decode, too few for any picture


@pytest.fixture
def wide(tmp_path: Path) -> Tree:
    """A project with one picture, which takes more memory than today's limits allow."""
    settings = replace(Settings(), storage_root=tmp_path)
    tree = Tree(replace(settings, decode_memory=NARROW))
    stored = store(settings, ids.project_id(tree.project), BytesIO(photo(600, 60)))
    projects.commit(settings, stored)
    return tree


def test_deep_check_finds_no_damage_under_narrower_limits(wide: Tree) -> None:
    assert wide.doctor("check", deep=True) == (0, [])


def test_repair_renders_it_again_under_narrower_limits(wide: Tree) -> None:
    (image,) = wide.listed()
    wide.path("game", image).unlink()

    assert wide.doctor("repair") == (0, [("rendition-missing", f"game/{image}.jpg")])
    assert dimensions(wide.path("game", image).read_bytes()) == (50, 50)
