"""Every kind of difference: check tells it, repair mends it, and a second check is clean."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from trees import Tree

from core import settings
from core.doctor.__main__ import main
from core.sizes import STANDARD
from core.volume import locking

Break = Callable[[Tree, str, str], tuple[str, str]]  # breaks something about two images; what check must tell


def _lose_index(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.layout.meta.unlink()
    return "index-missing", "meta.json"


def _damage_index(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.layout.meta.write_bytes(tree.layout.meta.read_bytes()[:-9])
    return "index-damaged", "meta.json"


def _lose_primary(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.edit(lambda index: index.update(primary_image_id=None))
    return "primary-wrong", "None"


def _list_twice(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.edit(lambda index: index["images"].append(index["images"][0]))
    return "listed-twice", first


def _crash_in_a_delete(tree: Tree, first: str, second: str) -> tuple[str, str]:
    doomed = tree.upload()
    for size in STANDARD:
        tree.path(size, doomed).unlink()
    return "listed-gone", doomed


def _crash_before_the_commit(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.edit(lambda index: index["images"].pop())
    return "unlisted", second


def _crash_while_publishing(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.write("thumb/unfinished.jpg")
    return "orphan", "thumb/unfinished.jpg"


def _leave_a_temporary(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.write("original/.x.jpg.0123.tmp")
    return "leftover", "original/.x.jpg.0123.tmp"


def _leave_an_index_temporary(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.write(".meta.json.0123.tmp")
    return "leftover", ".meta.json.0123.tmp"


def _lose_a_rendition(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.path("thumb", first).unlink()
    return "rendition-missing", f"thumb/{first}.jpg"


def _cut_a_rendition(tree: Tree, first: str, second: str) -> tuple[str, str]:
    path = tree.path("medium", first)
    path.write_bytes(path.read_bytes()[:-100])
    return "rendition-damaged", f"medium/{first}.jpg"


def _empty_a_rendition(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.path("game", first).write_bytes(b"")
    return "rendition-damaged", f"game/{first}.jpg"


def _tell_wrong_sizes(tree: Tree, first: str, second: str) -> tuple[str, str]:
    tree.edit(lambda index: index["images"][0]["sizes"]["thumb"].update(bytes=1))
    return "sizes-wrong", first


BREAKS: list[Break] = [
    *(_lose_index, _damage_index, _lose_primary, _list_twice, _crash_in_a_delete, _crash_before_the_commit),
    *(_crash_while_publishing, _leave_a_temporary, _leave_an_index_temporary, _lose_a_rendition, _cut_a_rendition),
    *(_empty_a_rendition, _tell_wrong_sizes),
]


@pytest.mark.parametrize("damage", BREAKS, ids=lambda function: function.__name__.strip("_"))
def test_difference_is_told_mended_and_gone(tree: Tree, damage: Break) -> None:
    first, second = tree.upload(), tree.upload()
    expected = damage(tree, first, second)
    tree.grow_old()

    assert tree.doctor("check") == (1, [expected])
    assert tree.doctor("check") == (1, [expected]), "check changed something"
    assert tree.doctor("repair") == (0, [expected])

    assert tree.doctor("check") == (0, [])
    assert tree.listed() == [first, second]
    assert tree.primary() == first
    assert all(tree.path(size, image).stat().st_size for size in STANDARD for image in tree.listed())


def test_clean_tree_has_no_difference(tree: Tree) -> None:
    tree.delete(tree.upload())
    tree.upload()

    assert tree.doctor("check") == (0, [])


def test_upload_under_way_is_left_alone(tree: Tree) -> None:
    published = tree.upload(listed=False)
    tree.write("thumb/unfinished.jpg", age=0)
    tree.write("medium/.x.jpg.0123.tmp", age=0)

    assert tree.doctor("repair") == (0, [])
    assert tree.path("original", published).exists()


def test_deleted_image_is_not_brought_back(tree: Tree) -> None:
    kept, doomed = tree.upload(), tree.upload()
    tree.path("original", doomed).unlink()  # a delete's first step, and then the crash
    tree.grow_old()

    status, found = tree.doctor("repair")

    assert status == 0
    assert ("listed-gone", doomed) in found
    assert tree.listed() == [kept]
    assert tree.doctor("check") == (0, [])
    assert tree.quarantined() == [f"p/{size}/{doomed}.jpg" for size in sorted(STANDARD) if size != "original"]


def test_finishing_a_delete_promotes_the_next_image(tree: Tree) -> None:
    first, second, third = tree.upload(), tree.upload(), tree.upload()
    tree.edit(lambda index: index.update(primary_image_id=second))
    tree.path("original", second).unlink()

    tree.doctor("repair")

    assert tree.listed() == [first, third]
    assert tree.primary() == third


def test_unlisted_image_comes_where_its_time_puts_it(tree: Tree) -> None:
    first, second, third = tree.upload(), tree.upload(), tree.upload()
    tree.edit(lambda index: index["images"].pop(1))
    tree.grow_old()

    tree.doctor("repair")

    assert tree.listed() == [first, second, third]
    assert tree.index()["images"][1]["sizes"]["game"]["width"] == 50


def test_nothing_repair_takes_is_destroyed(tree: Tree) -> None:
    image = tree.upload()
    thumb = tree.path("thumb", image).read_bytes()[:-50]
    tree.path("thumb", image).write_bytes(thumb)
    tree.write("game/unfinished.jpg", b"half")
    tree.grow_old()

    tree.doctor("repair")

    assert tree.quarantined() == ["p/game/unfinished.jpg", f"p/thumb/{image}.jpg"]


def test_damaged_original_is_told_and_left(tree: Tree) -> None:
    path = tree.path("original", tree.upload())
    path.write_bytes(path.read_bytes()[:-100])
    damaged = path.read_bytes()

    assert tree.doctor("repair") == (1, [("original-damaged", f"original/{path.name}")])
    assert path.read_bytes() == damaged


def test_rendition_that_cannot_be_made_again_is_left_and_told(tree: Tree) -> None:
    image = tree.upload()
    tree.path("original", image).write_bytes(b"not a picture")
    tree.path("thumb", image).unlink()

    status, found = tree.doctor("repair")

    assert status == 1
    assert ("rendition-missing", f"thumb/{image}.jpg") in found
    assert tree.path("original", image).exists()


def test_damage_inside_a_scan_shows_only_to_a_deep_check(tree: Tree) -> None:
    image = tree.upload()
    path = tree.path("thumb", image)
    content = path.read_bytes()
    path.write_bytes(content[:-300] + content[-200:])

    assert tree.doctor("check")[1] == [("sizes-wrong", image)]
    assert ("rendition-damaged", f"thumb/{image}.jpg") in tree.doctor("check", deep=True)[1]
    assert tree.doctor("repair", deep=True)[0] == 0
    assert tree.doctor("check", deep=True) == (0, [])


def test_foreign_files_are_told_left_and_no_difference(tree: Tree) -> None:
    tree.upload()
    tree.write("notes.txt")
    tree.write("original/.nfs000001")
    stranger = tree.layout.folder.parent / "not a project"
    stranger.mkdir()

    assert tree.doctor("repair") == (0, [("foreign", "."), ("foreign", "notes.txt")])
    assert stranger.exists()


def test_index_without_sizes_is_no_difference(tree: Tree) -> None:
    tree.upload()
    tree.edit(lambda index: index["images"][0].pop("sizes"))

    assert tree.doctor("check") == (0, [])


def test_locked_project_is_a_failure_and_the_others_are_mended(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = replace(settings.current(), lock_timeout=0.05)
    monkeypatch.setattr(settings, "current", lambda: hasty)
    other = Tree(tree.settings, "other")
    for each in (tree, other):
        each.upload()
        each.edit(lambda index: index.update(primary_image_id=None))

    with locking.held(tree.layout.lock, 1):
        status, found = tree.doctor("repair")

    assert status == 1
    assert ("failed", "Others are changing this project; it did not become free within 0.05 seconds.") in found
    assert other.primary() == other.listed()[0]


def test_check_of_a_read_only_tree_needs_no_lock(tree: Tree) -> None:
    tree.upload()
    tree.edit(lambda index: index.update(primary_image_id=None))
    tree.layout.lock.unlink()
    tree.layout.lock.mkdir()  # cannot be opened as a lock, by root either

    assert tree.doctor("check") == (1, [("primary-wrong", "None"), ("foreign", "meta.lock")])


def test_json_ends_with_a_summary(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.upload()
    assert main(["check", "--json", "--storage", str(tree.settings.storage_root)]) == 0
    captured = capsys.readouterr()

    assert json.loads(captured.out) == {"summary": {"projects": 1, "images": 1, "found": {}, "failed": 0}}
    assert captured.err == "", "a progress bar, and no terminal"
