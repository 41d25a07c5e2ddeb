"""An index whose entries are of another shape, or which lists what is gone, is an error to nobody."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from trees import Tree

from core import ids, projects
from core.settings import Settings
from core.volume import opening

ODD: list[Any] = [
    5,
    None,
    [],
    {},
    {"id": 5},
    {"id": ""},
    {"id": "../../etc"},
    {"id": "x", "sizes": []},
    {"name": "IMAGE"},
]


@pytest.mark.parametrize("odd", ODD, ids=json.dumps)
def test_odd_entries_cost_nobody_an_error(
    client: httpx.Client, storage: Path, project: str, upload: Callable[[], dict[str, Any]], odd: Any
) -> None:
    first, second = upload()["image_id"], upload()["image_id"]
    meta = storage / "projects" / project / "meta.json"
    content = json.loads(meta.read_bytes())
    odd = json.loads(json.dumps(odd).replace("IMAGE", first))
    content["images"] = [odd, content["images"][0], odd, content["images"][1]]
    for primary in ("gone", "../x", first):
        meta.write_text(json.dumps(content | {"primary_image_id": primary}))
        assert client.get(f"/projects/{project}/thumbnail").status_code == 200
        assert client.get(f"/projects/{project}/images").status_code == 200
        assert client.get(f"/projects/{project}/images?limit=5&after={first}").status_code == 200
    assert client.delete(f"/projects/{project}/images/{first}").json()["primary_image_id"] in (second, "x")
    assert client.put(f"/projects/{project}/primary/{second}").status_code == 200
    third = upload()["image_id"]
    listed = [image["image_id"] for image in client.get(f"/projects/{project}/images").json()["images"]]
    assert [image for image in listed if image != "x"] == [second, third]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(replace(Settings(), storage_root=tmp_path))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The path of every file that is opened."""
    paths: list[str] = []
    plain = opening.plain

    def noted(path: str | Path) -> opening.OpenFile:
        paths.append(str(path))
        return plain(path)

    monkeypatch.setattr(opening, "plain", noted)
    return paths


def test_cover_looks_at_few_of_many_missing_images(tree: Tree, opened: list[str]) -> None:
    image, project = tree.upload(), ids.project_id(tree.project)
    gone = [{"id": f"gone-{number}"} for number in range(1000)]
    tree.edit(lambda index: index.update(images=gone + index["images"], primary_image_id="gone-0"))
    opened.clear()
    assert projects.glance_at_cover(tree.settings, project) is None
    found, file = projects.open_cover(tree.settings, project)
    os.close(file.descriptor)
    assert found == image
    assert len(opened) < 10


def test_glance_leaves_a_long_index_alone(tree: Tree) -> None:
    tree.upload()
    assert projects.glance_at_cover(tree.settings, ids.project_id(tree.project))
    tree.edit(lambda index: index.update(more=" " * (1 << 20)))
    assert projects.glance_at_cover(tree.settings, ids.project_id(tree.project)) is None
