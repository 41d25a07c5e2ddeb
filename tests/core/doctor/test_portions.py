"""The scheduled sweep's walk: in portions that end in time, go on where the last one ended, and lose nothing."""

import json
import math
import time
from dataclasses import replace
from pathlib import Path

import pytest
from trees import Tree

from core.doctor import cursor, portions, repair
from core.doctor.findings import Kind
from core.doctor.inventory import OutOfTime
from core.doctor.shares import Share
from core.doctor.survey import Look, survey
from core.index import listed
from core.settings import Settings
from core.volume.layout import ProjectLayout

PROJECTS = [f"p{number}" for number in range(6)]


@pytest.fixture
def quiet(tree: Tree) -> Settings:
    """Settings without a look into files, so that findings are those of names."""
    return replace(tree.settings, sweep_lengths=0, sweep_contents=0)


def _walk(settings: Settings) -> list[dict[str, int | str]]:
    """Portions until the walk has ended, each with time for one step."""
    told = [portions.portion(settings, time.monotonic())]
    while told[-1]["phase"] != "ended":
        told.append(portions.portion(settings, math.inf))
    return told


def _one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each portion ends after one step."""
    real = portions._Portion._has_time  # the only clock a test can stop without waiting

    def has_time(self: portions._Portion) -> bool:
        return real(self) and self._steps < 1

    monkeypatch.setattr(portions._Portion, "_has_time", has_time)
    monkeypatch.setattr(portions, "JOBS", 1)


def test_portions_go_on_where_the_last_one_ended(
    tree: Tree, quiet: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in PROJECTS:
        Tree(tree.settings, name).write("game/unfinished.jpg")
    _one_at_a_time(monkeypatch)
    caplog.set_level("INFO", "imgsrv.sweep")
    told = []
    while not told or told[-1]["phase"] == "projects":
        told.append(portions.portion(quiet, math.inf))

    places = [str(portion["project"]) for portion in told[:-1]]
    assert len(told) > 2
    assert places == sorted(set(places) & set(PROJECTS))
    assert tree.quarantined() == [f"{name}/game/unfinished.jpg" for name in PROJECTS]
    assert sum(record.message == "swept a portion" for record in caplog.records) == len(told)


def test_counts_of_a_walk_are_those_of_its_portions(tree: Tree, quiet: Settings) -> None:
    for name in PROJECTS:
        Tree(tree.settings, name).upload()

    _walk(quiet)

    counts = cursor.load(tree.settings.storage_root).counts
    assert (counts["projects"], counts["images"]) == (len(PROJECTS), len(PROJECTS))


def test_portion_without_time_changes_nothing(tree: Tree, quiet: Settings) -> None:
    tree.write("game/unfinished.jpg")

    told = portions.portion(quiet, time.monotonic() - 1)

    assert (told["phase"], told["project"]) == ("projects", "")
    assert tree.quarantined() == []


def test_project_that_came_behind_the_cursor_waits_for_the_next_walk(tree: Tree, quiet: Settings) -> None:
    root = tree.settings.storage_root
    Tree(tree.settings, "a").upload()
    with cursor.held(root):
        cursor.Cursor(name="b", counts={"projects": 7}).save(root)

    told = portions.portion(quiet, math.inf)

    assert "projects" not in told
    assert cursor.load(root).counts["projects"] == 7


def test_only_one_call_walks(tree: Tree, quiet: Settings) -> None:
    with cursor.held(tree.settings.storage_root):
        assert portions.portion(quiet, math.inf) == {"phase": "busy"}


def test_next_walk_begins_a_day_after_the_last_one_began(tree: Tree, quiet: Settings) -> None:
    root = tree.settings.storage_root
    with cursor.held(root):
        cursor.Cursor(walk=4, phase="ended", began=time.time() - portions.REST).save(root)

    assert portions.portion(quiet, math.inf)["walk"] == 5
    assert portions.portion(quiet, math.inf) == {"walk": 5, "phase": "resting"}


@pytest.mark.parametrize("content", [b"", b"{", b'{"walk": "x"}'])
def test_cursor_that_cannot_be_read_begins_anew(tree: Tree, quiet: Settings, content: bytes) -> None:
    (tree.settings.storage_root / ".sweep").mkdir()
    (tree.settings.storage_root / ".sweep" / "cursor.json").write_bytes(content)

    assert portions.portion(quiet, math.inf)["phase"] == "ended"


# ------------------------------------------------------------ one project that is too large for one look


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six images are a large project, and make three shares or more."""
    monkeypatch.setattr(portions, "MOST", 3)
    monkeypatch.setattr(portions, "SHARE", 2)
    monkeypatch.setattr(listed, "_PIECE", 500)  # an index of several pieces


@pytest.mark.usefixtures("large")
def test_large_project_is_found_in_shares_as_it_is_as_a_whole(tree: Tree, quiet: Settings) -> None:
    images = [tree.upload() for _ in range(8)]
    tree.path("thumb", images[0]).unlink()
    tree.path("original", images[1]).unlink()
    tree.write("game/unfinished.jpg")
    tree.write("medium/.x.1.tmp")
    tree.write("notes.txt")
    tree.edit(lambda index: index["images"].append(index["images"][2]))
    tree.edit(lambda index: index["images"].pop(3))
    tree.edit(lambda index: index | {"primary_image_id": None})
    tree.grow_old()
    whole = repair.survey(quiet, tree.layout, look=Look(contents=portions.turn(0, 0)))

    told = portions.portion(quiet, math.inf)

    found: dict[str, int] = {}
    for finding in whole.findings:
        slug = "swept" if finding.kind in repair._TAKE else finding.kind.slug
        found[slug] = found.get(slug, 0) + 1
    assert found.keys() >= {"swept", "rendition-missing", "listed-gone", "listed-twice", "unlisted", "foreign"}
    assert {kind: told[kind] for kind in found} == found
    assert told["images"] == whole.images
    # the renditions of the image whose original is gone, and what was written above
    assert len(tree.quarantined()) == found["swept"]


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("broken", [None, b"", b"{", b'{"images":[{"id":"a"},{"x":1}]}', b'{"images":[' + b" " * 9999])
def test_large_project_whose_index_is_lost_or_damaged_is_told_once(
    tree: Tree, quiet: Settings, broken: bytes | None
) -> None:
    for _ in range(8):
        tree.upload()
    tree.layout.meta.unlink()
    if broken is not None:
        tree.layout.meta.write_bytes(broken)

    told = portions.portion(quiet, math.inf)

    assert told["index-missing" if broken is None else "index-damaged"] == 1
    assert "unlisted" not in told


def test_a_lost_index_is_told_by_a_first_share_without_images(tree: Tree, quiet: Settings) -> None:
    images = [tree.upload() for _ in range(3)]
    tree.layout.meta.unlink()
    shares = next(of for of in range(2, 99) if not any(image in Share(0, of) for image in images))
    found = survey(quiet, tree.layout, look=Look(Share(0, shares))).findings
    assert [finding.kind for finding in found] == [Kind.INDEX_MISSING]


@pytest.mark.usefixtures("large")
def test_large_project_is_gone_on_with_at_its_next_share(
    tree: Tree, quiet: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(8):
        tree.upload()
    _one_at_a_time(monkeypatch)
    places = []
    while not places or places[-1][0] == "projects":
        portions.portion(quiet, math.inf)
        place = cursor.load(tree.settings.storage_root)
        places.append((place.phase, place.share, place.of))

    assert [share for _, share, _ in places[:4]] == [1, 2, 3, 4]
    assert cursor.load(tree.settings.storage_root).counts["images"] == 8


@pytest.mark.usefixtures("large")
def test_share_that_takes_longer_than_a_call_is_passed_over(
    tree: Tree, quiet: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(8):
        tree.upload()
    Tree(tree.settings, "z").upload()
    real = repair.sweep

    def slow(settings: Settings, project: ProjectLayout, look: Look) -> object:
        if look.share.of > 1:
            raise OutOfTime
        return real(settings, project, look)

    monkeypatch.setattr(repair, "sweep", slow)

    told = portions.portion(quiet, math.inf)

    assert (told["phase"], told["failed"], told["projects"], told["images"]) == ("ended", 1, 2, 1)


# ------------------------------------------------------------ lengths and contents, by turns


@pytest.mark.parametrize("size", ["original", "medium", "thumb", "game"])
@pytest.mark.parametrize("is_large", [False, True])
def test_file_that_is_not_as_long_as_the_index_says_is_told_when_its_turn_comes(
    tree: Tree, size: str, is_large: bool, request: pytest.FixtureRequest
) -> None:
    if is_large:
        request.getfixturevalue("large")
    settings = replace(tree.settings, sweep_lengths=3, sweep_contents=0)
    images = [tree.upload() for _ in range(8)]
    for image in images:
        with tree.path(size, image).open("ab") as file:
            file.write(b"?")
    wrong = []
    for walk in range(3):
        with cursor.held(tree.settings.storage_root):
            cursor.Cursor(walk).save(tree.settings.storage_root)
        wrong.append(portions.portion(settings, math.inf).get("sizes-wrong", 0))

    assert sum(int(number) for number in wrong) == len(images)


def test_each_file_is_looked_into_once_in_as_many_walks_as_the_setting_says(tree: Tree) -> None:
    settings = replace(tree.settings, sweep_lengths=0, sweep_contents=4)
    for image in [tree.upload() for _ in range(6)]:
        content = tree.path("thumb", image).read_bytes()
        tree.path("thumb", image).write_bytes(content[:-2] + b"??")
    damaged = 0
    for walk in range(4):
        with cursor.held(tree.settings.storage_root):
            cursor.Cursor(walk).save(tree.settings.storage_root)
        damaged += int(portions.portion(settings, math.inf).get("rendition-damaged", 0))

    assert damaged == 6


def test_sweep_by_hand_takes_large_projects_in_shares(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "SHARE", 2)
    for _ in range(5):
        tree.upload()
    tree.write("game/unfinished.jpg")
    tree.write("thumb/.x.1.tmp")

    status, found = tree.doctor("sweep")

    assert (status, sorted(found)) == (0, [("leftover", "thumb/.x.1.tmp"), ("orphan", "game/unfinished.jpg")])


def test_index_of_another_making_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed, "_PIECE", 64)
    names = [f"i{number}" for number in range(30)]
    entries = [{"ext": "jpg", "id": name, "name": '"},{"id":"no"'} for name in names]
    path = tmp_path / "meta.json"
    path.write_text(json.dumps({"project_id": "p", "primary_image_id": "i3", "images": entries}, indent=2))
    with path.open("rb") as file:
        found = listed.read(file.fileno(), portions.ALL, portions.turn(0, 0))

    assert (found.images, found.primary) == (names, "i3")
