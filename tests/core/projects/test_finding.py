"""Lists and single records, below HTTP: their pages, what another service's entries lack, and what fails."""

import errno
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from photos import photo
from trees import Tree

from core import ids, projects
from core.errors import ImageNotFound, InvalidPage, InvalidSize, SizeNotMade, StorageUnavailable
from core.index import metadata
from core.projects import Page
from core.settings import Settings

PROJECT = ids.project_id("p")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(Settings(storage_root=tmp_path))
    for _ in range(4):
        made.upload()
    return made


def damage(tree: Tree) -> None:
    """One entry cannot be read; the originals say what it was."""
    tree.layout.meta.write_bytes(tree.layout.meta.read_bytes().replace(tree.listed()[1].encode(), b"?", 1))


def listed(tree: Tree, limit: int | None = None, after: str | None = None) -> tuple[list[str], bool]:
    found = projects.list_images(tree.settings, PROJECT, Page(limit, None if after is None else ids.image_id(after)))
    assert (found.total, found.primary) == (len(tree.listed()), tree.primary())
    return [image.id for image in found.images], found.has_more


def test_page_begins_behind_an_image_and_tells_whether_more_follow(tree: Tree) -> None:
    a, b, c, d = tree.listed()
    assert listed(tree) == ([a, b, c, d], False)
    assert listed(tree, 1) == ([a], True)
    assert listed(tree, 2, a) == ([b, c], True)
    assert listed(tree, 2, b) == ([c, d], False)
    assert listed(tree, 1, d) == ([], False)
    assert listed(tree, None, c) == ([d], False)


def test_page_behind_a_deleted_image_begins_where_it_stood(tree: Tree) -> None:
    a, b, c, d = tree.listed()
    tree.delete(b)
    assert listed(tree, 1, b) == ([c], True)
    tree.delete(a)
    assert listed(tree, 1, a) == ([c], True)
    tree.delete(d)
    assert listed(tree, 1, d) == ([], False)
    with pytest.raises(InvalidPage):
        listed(tree, 1, "unknown")


def test_image_is_found_with_its_list(tree: Tree) -> None:
    first, second, *_ = tree.listed()
    version, primary, image = projects.find(tree.settings, PROJECT, ids.image_id(second))
    assert (version, primary, image.id) == (metadata.version(tree.layout), first, second)
    with pytest.raises(ImageNotFound):
        projects.find(tree.settings, PROJECT, ids.image_id("unknown"))


def test_image_is_found_by_its_content(tree: Tree) -> None:
    digest = sha256(photo(64, 48)).hexdigest()
    primary, image = projects.find_content(tree.settings, PROJECT, digest) or (None, None)
    assert image is not None
    assert (primary, image.id) == (tree.primary(), tree.listed()[0])
    assert projects.find_content(tree.settings, PROJECT, "0" * 64) is None


def test_damaged_entry_is_answered_from_the_originals(tree: Tree) -> None:
    images = tree.listed()
    damage(tree)
    for read in (
        lambda: projects.list_images(tree.settings, PROJECT, Page()).images,
        lambda: [projects.find(tree.settings, PROJECT, ids.image_id(image))[2] for image in images],
    ):
        assert [image.id for image in read()] == images
    assert projects.find_content(tree.settings, PROJECT, "0" * 64) is None


def test_cover_is_found_behind_a_damaged_entry(tree: Tree) -> None:
    first = tree.listed()[0]
    tree.layout.meta.write_bytes(tree.layout.meta.read_bytes().replace(first.encode(), b"?"))
    image, file = projects.open_cover(tree.settings, PROJECT)
    os.close(file.descriptor)
    assert image == first


def test_entry_of_another_service_is_completed_from_its_files(tree: Tree) -> None:
    image, whole, *_ = tree.listed()

    def lose(index: dict[str, list[dict[str, object]]]) -> None:
        del index["images"][0]["sizes"], index["images"][0]["created_at"]
        index["images"][1] |= {"created_at": "2020-01-01T00:00:00.000Z", "sizes": {"thumb": _SIZE}}

    tree.edit(lose)
    tree.path("medium", image).unlink()
    tree.path("game", image).write_bytes(b"no JPEG")
    for read in (
        lambda: projects.list_images(tree.settings, PROJECT, Page(2)).images,
        lambda: [projects.find(tree.settings, PROJECT, ids.image_id(name))[2] for name in (image, whole)],
    ):
        lacking, kept = read()
        assert lacking.sizes
        assert {size: known.bytes for size, known in lacking.sizes.items()} == {
            size: tree.path(size, image).stat().st_size for size in ("original", "thumb")
        }
        assert lacking.created_at == ids.timestamp(ids.created_ms(image) or 0)
        assert (kept.created_at, list(kept.sizes or ())) == ("2020-01-01T00:00:00.000Z", ["thumb"])


_SIZE = {"width": 1, "height": 1, "bytes": 1}


def test_image_that_is_gone_meanwhile_has_no_time(tree: Tree) -> None:
    tree.edit(lambda index: index["images"].append({"id": "foreign"}))
    *_, image = projects.list_images(tree.settings, PROJECT, Page()).images
    assert (image.id, image.created_at) == ("foreign", "")


def test_missing_size_of_an_image_is_told_apart_from_a_missing_image(tree: Tree) -> None:
    image = ids.image_id(tree.listed()[0])
    tree.path("thumb", image).unlink()
    for read in (
        lambda: projects.open_rendition(tree.settings, PROJECT, image, "thumb"),
        lambda: projects.open_cover(tree.settings, PROJECT),
    ):
        with pytest.raises(SizeNotMade):
            read()
    tree.path("original", image).unlink()
    for size in ("original", "thumb"):
        with pytest.raises(ImageNotFound) as caught:
            projects.open_rendition(tree.settings, PROJECT, image, size)
        assert not isinstance(caught.value, SizeNotMade)


def glance(tree: Tree, size: str = "thumb") -> str | None:
    found = projects.glance_at_cover(tree.settings, PROJECT, size)
    if found is None:
        return None
    os.close(found[1].descriptor)
    return found[0]


def test_glance_at_the_cover_sees_it_or_nothing(tree: Tree) -> None:
    first, second, *_ = tree.listed()
    assert glance(tree) == first
    tree.edit(lambda index: index.update(primary_image_id="no id"))
    assert glance(tree) is None
    tree.edit(lambda index: index.update(primary_image_id=None))
    assert glance(tree) is None
    tree.edit(lambda index: index.update(primary_image_id=second))
    assert glance(tree) == second
    tree.path("original", second).unlink()
    assert glance(tree) is None
    shutil.rmtree(tree.layout.folder)
    assert glance(tree) is None


def test_cover_in_a_size_that_is_none_is_refused(tree: Tree) -> None:
    shutil.rmtree(tree.layout.folder)
    with pytest.raises(InvalidSize):
        glance(tree, "huge")
    with pytest.raises(InvalidSize):
        projects.open_cover(tree.settings, PROJECT, "huge")


READS: dict[str, Callable[[Settings], object]] = {
    "find": lambda settings: projects.find(settings, PROJECT, ids.image_id("a")),
    "find content": lambda settings: projects.find_content(settings, PROJECT, "0" * 64),
    "glance": lambda settings: projects.glance_at_cover(settings, PROJECT),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_volume_that_fails_is_told_of(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, read: Callable[[Settings], object]
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    for name in ("read", "glance"):
        monkeypatch.setattr(metadata, name, fail)
    with pytest.raises(StorageUnavailable):
        read(tree.settings)
