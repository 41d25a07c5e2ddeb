"""The table of sizes, and a size of one's own from upload to repair."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from photos import dimensions
from trees import Tree

from core import ids, projects
from core.doctor import repair
from core.errors import ImageNotFound, SettingsError
from core.settings import Settings
from core.sizes import ORIGINAL, STANDARD, Size, parse, publish_order
from core.volume import durable
from core.web.shown import image_list

WIDER = STANDARD | {"own-banner": Size(1200, 300, crop=True)}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(replace(Settings(), storage_root=tmp_path, sizes=WIDER))


@pytest.fixture
def before(tree: Tree) -> Tree:
    """The same storage root before the size was added."""
    return Tree(replace(tree.settings, sizes=STANDARD))


def shown(tree: Tree) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """Per image of the list, what it shows under `sizes` and under `urls`."""
    page = projects.page(None, None)
    found = projects.list_images(tree.settings, ids.project_id(tree.project), page)
    body, _ = image_list(tree.settings, tree.project, page, found)
    return [(image["sizes"], image["urls"]) for image in msgspec.json.decode(body)["images"]]


def test_original_is_published_last():
    assert publish_order(WIDER)[-1] == ORIGINAL
    assert set(publish_order(WIDER)) == set(WIDER)


def test_new_size_is_stored_and_listed(tree):
    image = tree.upload()
    content = tree.path("own-banner", image).read_bytes()
    assert dimensions(content) == (1200, 300)
    [(sizes, urls)] = shown(tree)
    assert sizes["own-banner"] == {"width": 1200, "height": 300, "bytes": len(content)}
    assert urls["own-banner"].endswith(f"/{image}?size=own-banner")


def test_new_size_is_read_and_deleted(tree):
    image = tree.upload()
    project = ids.project_id(tree.project)
    file = projects.open_rendition(tree.settings, project, ids.image_id(image), "own-banner")
    assert file.status.st_size == tree.path("own-banner", image).stat().st_size
    with open(file.descriptor, "rb"):
        tree.delete(image)
    assert not list(tree.layout.folder.rglob("*.jpg"))
    with pytest.raises(ImageNotFound):
        projects.open_rendition(tree.settings, project, ids.image_id(image), "own-banner")


def test_older_image_shows_what_it_has(tree, before):
    before.upload()
    [(sizes, urls)] = shown(tree)
    assert list(sizes) == list(urls) == list(STANDARD)


def test_repair_adds_new_size(tree, before):
    image = before.upload()
    found = repair.repair(tree.settings, tree.layout)
    assert [(finding.kind.slug, finding.subject) for finding in found.findings] == [
        ("rendition-missing", f"own-banner/{image}.jpg")
    ]
    assert found.left == 0
    assert list(shown(tree)[0][0]) == list(WIDER)
    assert repair.repair(tree.settings, tree.layout).findings == []


def test_repair_goes_on_where_it_was_cut_off(tree, before, monkeypatch):
    monkeypatch.setattr(repair, "_PORTION", 2)
    images = [before.upload() for _ in range(5)]
    render, made = repair._render, []

    def cut_off(layout, image, *rest):
        if len(made) == 3:
            raise InterruptedError
        made.append(image)
        render(layout, image, *rest)

    monkeypatch.setattr(repair, "_render", cut_off)
    with pytest.raises(InterruptedError):
        repair.repair(tree.settings, tree.layout)
    assert sum("own-banner" in sizes for sizes, _ in shown(tree)) == 2, "the first portion is listed"

    monkeypatch.setattr(repair, "_render", render)
    assert repair.repair(tree.settings, tree.layout).left == 0
    assert [list(sizes) for sizes, _ in shown(tree)] == [list(WIDER)] * len(images)


def test_publish_refuses_empty_file(tmp_path):
    with pytest.raises(ValueError, match="empty"):
        durable.publish({tmp_path / "thumb.jpg": io.BytesIO(), tmp_path / "original.jpg": io.BytesIO(b"x")})
    assert list(tmp_path.iterdir()) == []


def test_setting_adds_sizes():
    parsed = parse("own-banner=1200x300 crop, own-card=640x480")
    assert parsed == STANDARD | {"own-banner": Size(1200, 300, crop=True), "own-card": Size(640, 480)}
    assert parse("") == STANDARD


@pytest.mark.parametrize(
    "text",
    [
        *("own", "own=12", "thumb=1x1", "a=1x1,a=2x2", "a=0x5", "a=5000x5", "A=1x1", "a/b=1x1", "a=1x1 fill"),
        ",".join(f"a{number}=1x1" for number in range(17)),
    ],
)
def test_setting_refuses_nonsense(text):
    with pytest.raises(SettingsError, match="IMGSRV_SIZES"):
        parse(text)
