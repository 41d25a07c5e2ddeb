"""The list of projects, below HTTP: its pages, what a token's pattern covers, and names that are kept for a moment."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from trees import Tree

from core import ids
from core.errors import InvalidPage, InvalidProjectId, StorageUnavailable
from core.projects import listing
from core.projects.listing import ProjectPage, list_projects, project_page
from core.settings import Settings
from core.volume import opening

EMPTY = "cde"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A storage of seven projects, of which three in a row are without images."""
    settings = Settings(storage_root=tmp_path_factory.mktemp("storage"))
    for name in "abcdefg":
        tree = Tree(settings, name)
        image = tree.upload()
        if name in EMPTY:
            tree.delete(image)
    (settings.storage_root / "projects" / "no project").mkdir()
    return settings


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_last", None)


def ask(settings: Settings, page: ProjectPage, pattern: str = "*") -> tuple[str, str | None]:
    found, following = list_projects(settings, page, pattern)
    return "".join(project.project_id for project in found), following


@pytest.mark.parametrize(
    ("limit", "after", "page"),
    [
        (None, None, ProjectPage(100)),
        ("1", None, ProjectPage(1)),
        ("0999", None, ProjectPage(999)),
        ("1000", "p", ProjectPage(1000, ids.project_id("p"))),
        (None, "", ProjectPage(100)),
    ],
)
def test_query_is_a_page(limit: str | None, after: str | None, page: ProjectPage) -> None:
    assert project_page(limit, after) == page


@pytest.mark.parametrize("limit", ["", "0", "000", "1001", "-1", "1.0", "٣"])
def test_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(InvalidPage):
        project_page(limit, None)


def test_place_that_is_no_project_is_refused() -> None:
    with pytest.raises(InvalidProjectId):
        project_page(None, "a/b")


@pytest.mark.parametrize(
    ("limit", "after", "found", "following"),
    [
        (100, None, "abfg", None),
        (2, None, "ab", "b"),
        (1, "b", "f", "f"),  # behind three without images
        (2, "b", "fg", None),
        (1, "f", "g", None),
        (4, None, "abfg", None),
        (3, "bb", "fg", None),
        (1, "g", "", None),
        (1, "zz", "", None),
    ],
)
def test_page_follows_the_place_where_the_last_one_ended(
    settings: Settings, limit: int, after: str | None, found: str, following: str | None
) -> None:
    page = ProjectPage(limit, ids.project_id(after) if after else None)
    assert ask(settings, page) == (found, following)


def test_page_looks_at_some_times_as_many_as_it_holds(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_LOOKED_AT", 2)
    page = ProjectPage(1, ids.project_id("b"))
    assert ask(settings, page) == ("", "d")
    assert ask(settings, ProjectPage(1, ids.project_id("d"))) == ("f", "f")


@pytest.mark.parametrize(
    ("pattern", "found"), [("a", "a"), ("a*", "a"), ("*", "abfg"), ("c", ""), ("h*", ""), ("ab", ""), ("", "")]
)
def test_only_what_the_pattern_names_is_listed(settings: Settings, pattern: str, found: str) -> None:
    assert ask(settings, ProjectPage(), pattern) == (found, None)


def test_prefix_names_all_that_begin_with_it(tmp_path: Path) -> None:
    settings = Settings(storage_root=tmp_path)
    for name in ("a", "a-1", "a_2", "az", "b"):
        Tree(settings, name).upload()
    found, following = list_projects(settings, ProjectPage(3), "a*")
    assert [project.project_id for project in found] == ["a", "a-1", "a_2"]
    assert following == "a_2"
    assert [project.project_id for project in list_projects(settings, ProjectPage(), "a")[0]] == ["a"]


def test_project_is_described(tmp_path: Path) -> None:
    tree = Tree(Settings(storage_root=tmp_path))
    image, _ = tree.upload(), tree.upload()
    os.utime(tree.layout.meta, (1_700_000_000, 1_700_000_000))
    os.utime(tree.layout.folder, (1_600_000_000, 1_600_000_000))
    (project,), _ = list_projects(tree.settings, ProjectPage())
    assert (project.project_id, project.primary_image_id, project.image_count) == ("p", image, 2)
    assert project.changed_at == ids.timestamp(1_700_000_000_000)
    tree.layout.meta.unlink()
    os.utime(tree.layout.folder, (1_600_000_000, 1_600_000_000))
    (project,), _ = list_projects(tree.settings, ProjectPage())
    assert project.changed_at == ids.timestamp(1_600_000_000_000), "an index made of the originals has no time yet"


def test_storage_without_projects_lists_none(tmp_path: Path) -> None:
    assert list_projects(Settings(storage_root=tmp_path), ProjectPage()) == ([], None)
    (tmp_path / "projects").symlink_to(tmp_path)
    assert list_projects(Settings(storage_root=tmp_path), ProjectPage()) == ([], None)


def test_volume_that_fails_is_told_of(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(opening, "names", fail)
    with pytest.raises(StorageUnavailable):
        list_projects(settings, ProjectPage())


def test_names_are_read_once_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times as long as the reading took, which is a second here."""
    now = [100.0]
    monkeypatch.setattr(listing.time, "monotonic", lambda: now[0])
    names, read = opening.names, []

    def slowly(path: Path) -> list[str]:
        now[0] += 1
        read.append(path)
        return names(path)

    monkeypatch.setattr(opening, "names", slowly)
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        (folder / "a").mkdir(parents=True)
    assert listing._names(one) == ["a"]
    shutil.rmtree(one / "a")
    now[0] = 101 + 9.9
    assert (listing._names(one), read) == (["a"], [one])
    now[0] = 101 + 10.1
    assert (listing._names(one), read) == ([], [one, one])
    assert (listing._names(other), read) == (["a"], [one, one, other])
