"""A storage root of each test's own."""

from dataclasses import replace
from pathlib import Path

import pytest
from trees import Tree

from core.settings import Settings


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(replace(Settings(), storage_root=tmp_path))
