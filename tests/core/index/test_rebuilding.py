"""An index that is lost or damaged is made again of the originals, and of what an NFS client kept of the last one."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from core import ids
from core.index import metadata, rebuilding
from core.volume import folders, layout
from core.volume.layout import ProjectLayout

MADE = 1_771_700_000_000  # ms


@pytest.fixture
def project(tmp_path: Path) -> ProjectLayout:
    """The layout of a project without an index."""
    made = layout.project(tmp_path, ids.project_id("p"))
    folders.make_folder(made.size_folder("original"), tmp_path)
    return made


def originals(project: ProjectLayout, *images: str) -> None:
    for image in images:
        project.rendition("original", ids.image_id(image)).write_bytes(b"jpeg")


def content(*images: str, primary: str | None = None, revision: int = 5) -> bytes:
    entries = [{"id": image} for image in images]
    index = {"revision": revision, "project_id": "p", "primary_image_id": primary, "images": entries}
    return json.dumps(index).encode()


def commit_nothing(project: ProjectLayout) -> list[str]:
    """What a transaction lists that changes nothing itself."""
    with metadata.transaction(project, 1) as index:
        return index.image_ids()


def test_images_of_one_moment_lie_in_the_order_of_their_ids(project: ProjectLayout) -> None:
    made = sorted(ids.new_image_id(MADE) for _ in range(8))
    originals(project, *made)
    assert metadata.read(project)[1].image_ids() == made


def test_original_that_is_deleted_meanwhile_is_no_image(
    project: ProjectLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    originals(project, "here")
    monkeypatch.setattr(rebuilding, "original_ids", lambda _: {"here", "gone"})
    assert metadata.read(project)[1].image_ids() == ["here"]


def test_project_that_goes_meanwhile_is_read_without_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = ids.new_image_id(MADE)
    monkeypatch.setattr(rebuilding, "original_ids", lambda _: {image})
    assert metadata.read(layout.project(tmp_path, ids.project_id("gone")))[1].image_ids() == [image]


def test_index_kept_by_nfs_is_taken_without_what_is_gone(project: ProjectLayout) -> None:
    originals(project, "a", "b")
    (project.folder / ".nfs0001").write_bytes(content("b", "gone", "a", primary="b", revision=6))
    (project.folder / ".nfs0002").write_bytes(content("a", "b", primary="a", revision=5))
    (project.folder / ".nfs0003").write_bytes(b"something else")
    (project.folder / ".nfs0004").mkdir()
    index = metadata.read(project)[1]
    assert (index.image_ids(), index.primary) == (["b", "a"], "b")


@pytest.mark.parametrize("images", [("a",), ("a", "b")])
def test_index_that_is_found_again_is_written_again(project: ProjectLayout, images: tuple[str, ...]) -> None:
    originals(project, *images)
    (project.folder / ".nfs0001").write_bytes(content(*images, primary="a"))
    assert commit_nothing(project) == list(images)
    assert [entry["id"] for entry in json.loads(project.meta.read_bytes())["images"]] == list(images)


def test_project_without_images_gets_no_index_by_itself(project: ProjectLayout) -> None:
    assert commit_nothing(project) == []
    assert not project.meta.exists()


def test_cover_is_that_of_the_newest_index_set_aside_that_can_be_read(project: ProjectLayout) -> None:
    originals(project, "a", "b", "c")
    project.damaged(1).write_bytes(content("a", "b", primary="b")[:-9])
    project.damaged(2).write_bytes(content("a", "c", primary="c")[:-9])
    project.damaged(3).mkdir()
    assert metadata.read(project)[1].primary == "c"


def test_damaged_entry_is_rebuilt_from_the_originals_if_asked(project: ProjectLayout) -> None:
    originals(project, "a")
    project.meta.write_bytes(content("a").replace(b'"a"', b"7"))
    with metadata.transaction(project, 1, check_entries=True) as index:
        assert index.image_ids() == ["a"]
    assert metadata.read(project, check_entries=True)[1].image_ids() == ["a"]


@pytest.mark.parametrize(
    ("make", "aside"),
    [(lambda path: path.symlink_to("elsewhere"), 1), (os.mkfifo, 1), (os.mkdir, 0)],
    ids=["link", "pipe", "folder"],
)
def test_what_is_in_the_way_of_an_index_is_set_aside(
    project: ProjectLayout, make: Callable[[Path], None], aside: int
) -> None:
    originals(project, "a")
    make(project.meta)
    with suppress(IsADirectoryError):
        commit_nothing(project)
    assert len(list(project.folder.glob("meta.json.damaged-*"))) == aside


def test_index_is_as_long_as_its_file(project: ProjectLayout) -> None:
    assert metadata.length(project) == 0
    project.meta.write_bytes(b"x" * 77)
    assert metadata.length(project) == 77


def test_two_versions_of_one_tick_differ_by_their_revision(project: ProjectLayout) -> None:
    versions = []
    for revision in (5, 6):
        project.meta.write_bytes(content("a", revision=revision))
        os.utime(project.meta, (1, 1))
        versions.append(metadata.version(project))
    assert versions[0] != versions[1]


@pytest.mark.parametrize("listed", [None, [], ["foreign"]])
def test_last_image_without_a_time_is_of_no_time(project: ProjectLayout, listed: list[str] | None) -> None:
    if listed is not None:
        project.meta.write_bytes(content(*listed))
    assert metadata.last_ms(project) == 0
