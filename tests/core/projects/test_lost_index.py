"""An index that is lost while a change is under way."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from photos import expected_files, photo, stored_files
from trees import Tree, store

from core import ids, projects
from core.errors import ProjectLocked
from core.settings import Settings
from core.volume import locking


def test_refused_upload_goes_when_the_index_is_lost(tmp_path: Path) -> None:
    """A rebuilt index would list its files, though its client was told that nothing was stored."""
    tree = Tree(replace(Settings(), storage_root=tmp_path, lock_timeout=0.05))
    first = tree.upload()
    stored = store(tree.settings, ids.project_id(tree.project), BytesIO(photo(64, 48)))
    tree.layout.meta.unlink()

    with locking.held(tree.layout.lock, 1), pytest.raises(ProjectLocked):
        projects.commit(tree.settings, stored)

    assert tree.listed() == [first]
    assert stored_files(tmp_path, tree.project) == expected_files(first)
