"""A picture that was stored under wider limits than today's is whole."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from photos import dimensions, photo
from trees import Tree

from core import ids, projects
from core.settings import Limits, Settings

WIDE = Limits().max_side + 100


@pytest.fixture
def wide(tmp_path: Path) -> Tree:
    """A project with one picture, wider than the default limits allow."""
    tree = Tree(replace(Settings(), storage_root=tmp_path, max_side=WIDE))
    stored = projects.store(tree.settings, ids.project_id(tree.project), BytesIO(photo(WIDE, 60)))
    projects.commit(tree.settings, stored)
    return tree


def test_deep_check_finds_no_damage_under_narrower_limits(wide: Tree) -> None:
    assert wide.doctor("check", deep=True) == (0, [])


def test_repair_renders_it_again_under_narrower_limits(wide: Tree) -> None:
    (image,) = wide.listed()
    wide.path("game", image).unlink()

    assert wide.doctor("repair") == (0, [("rendition-missing", f"game/{image}.jpg")])
    assert dimensions(wide.path("game", image).read_bytes()) == (50, 50)
