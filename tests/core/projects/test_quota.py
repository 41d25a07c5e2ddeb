"""What a project and all projects may hold: exact at the commit, counted from a resumable upload's creation on."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from photos import photo
from service import ROOT
from trees import Tree, store

from core import ids, projects, uploads
from core.doctor import counting
from core.errors import QuotaExceeded, StorageFull
from core.index import metadata
from core.projects.quota import UNBOUNDED, Bounds
from core.settings import Settings
from core.volume import durable, removing, tally
from core.volume.tally import Tally

PROJECT = ids.project_id("p")
PICTURE = photo(64, 48)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(Settings(storage_root=tmp_path))


def limited(tree: Tree, **limits: int) -> Tree:
    return Tree(replace(tree.settings, **limits))  # type: ignore[arg-type]


def weight(tree: Tree) -> tuple[int, int]:
    return metadata.read(tree.layout)[1].weight()


def counted(tree: Tree) -> tuple[int, int]:
    found = tally.read(tree.settings.storage_root) or Tally()
    return found.images, found.bytes


def begin(tree: Tree, length: int = len(PICTURE), bounds: Bounds = UNBOUNDED) -> uploads.Upload:
    return projects.begin(tree.settings, PROJECT, length, b"", bounds)


def finish(tree: Tree, upload: uploads.Upload, completes: bool = True) -> None:
    settings = tree.settings
    with uploads.writing(settings, upload) as writer:
        writer.put(0, PICTURE)
        assert projects.claim(settings, writer.upload.project_id, writer)
        rendered = projects.render(settings, io.BytesIO(PICTURE))
        stored = projects.publish(settings, PROJECT, rendered, writer.upload.image_id)
        projects.commit(settings, stored, upload=writer.upload)
        if completes:
            writer.complete()


def figures(attempt: Callable[[], object]) -> dict[str, object]:
    with pytest.raises(QuotaExceeded) as caught:
        attempt()
    return dict(caught.value.extra)


def test_the_weight_of_an_index_is_what_its_files_have(tree: Tree) -> None:
    tree.upload(), tree.upload()
    files = [path.stat().st_size for path in tree.layout.folder.rglob("*.jpg")]
    assert weight(tree) == (2, sum(files))


@pytest.mark.parametrize("sizes", [{}, {"sizes": {}}, {"sizes": "none"}, {"sizes": {"thumb": {"bytes": "x"}}}])
def test_entries_that_tell_no_bytes_count_as_images_alone(tree: Tree, sizes: dict[str, object]) -> None:
    tree.upload()
    known = weight(tree)[1]
    tree.edit(lambda index: index["images"].append({"id": "old", "ext": "jpg", **sizes}))
    assert weight(tree) == (2, known)


def test_images_of_a_project_are_bounded_and_a_refused_one_leaves_nothing(tree: Tree) -> None:
    full = limited(tree, project_max_images=1)
    image = full.upload()
    assert figures(full.upload) == {"quota": "project-images", "used": 1, "limit": 1, "needed": 1}
    assert full.listed() == [image]
    assert {path.stem for path in full.layout.folder.rglob("*.jpg")} == {image}
    full.delete(image)
    full.upload()


def test_bytes_of_a_project_are_bounded_exactly(tree: Tree) -> None:
    tree.upload()
    _, size = weight(tree)
    limited(tree, project_max_bytes=2 * size).upload()
    refused = figures(limited(tree, project_max_bytes=3 * size - 1).upload)
    assert refused == {"quota": "project-bytes", "used": 2 * size, "limit": 3 * size - 1, "needed": size}


def test_projects_are_bounded_each_by_itself(tree: Tree) -> None:
    for project in ("p", "q"):
        Tree(replace(tree.settings, project_max_images=1), project).upload()


def test_an_unfinished_upload_keeps_room_until_it_ends(tree: Tree) -> None:
    full = limited(tree, project_max_images=1, total_max_images=1)
    upload = begin(full)
    assert figures(full.upload)["used"] == 1
    assert figures(lambda: begin(full))["used"] == 1
    projects.give_up(full.settings, upload)
    finish(full, begin(full))  # its own room is there for it
    assert len(full.listed()) == 1
    assert counted(full) == weight(full)


def test_the_shortest_upload_keeps_room_and_gives_it_back(tree: Tree) -> None:
    full = limited(tree, project_max_images=1, total_max_images=1)
    upload = begin(full, 1)
    assert figures(lambda: begin(tree, 1, Bounds(images=1)))["used"] == 1
    assert counted(full) == (1, 1)
    projects.give_up(full.settings, upload)
    assert counted(full) == (0, 0)


@pytest.mark.parametrize("completes", [True, False], ids=["completed", "died before it was completed"])
def test_an_upload_that_is_an_image_by_now_gives_no_room_back(tree: Tree, completes: bool) -> None:
    full = limited(tree, total_max_images=10, project_max_images=10)
    upload = begin(full)
    finish(full, upload, completes)
    projects.give_up(full.settings, upload)  # as it was found before
    assert counted(full) == weight(full)


def test_an_image_counts_once_while_its_upload_is_not_completed(tree: Tree) -> None:
    full = limited(tree, project_max_images=2)
    finish(full, begin(full), completes=False)
    full.upload()
    assert len(full.listed()) == 2


@pytest.mark.parametrize("completes", [True, False], ids=["completed", "died before it was completed"])
def test_a_deleted_project_gives_its_room_back_once(tree: Tree, completes: bool) -> None:
    full = limited(tree, total_max_images=10)
    Tree(full.settings, "other").upload()
    before = counted(full)
    begin(full)
    finish(full, begin(full), completes)
    projects.delete_project(full.settings, PROJECT)
    assert counted(full) == before


def test_an_upload_that_ends_while_its_project_is_deleted_gives_its_room_back_once(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = limited(tree, total_max_images=10)
    Tree(full.settings, "other").upload()
    before = counted(full)
    full.upload()
    upload = begin(full)
    move = durable.move

    def move_later(path: Path, target: Path) -> None:
        if path.parent.name == "uploads":
            monkeypatch.setattr(durable, "move", move)
            projects.give_up(full.settings, upload)
        move(path, target)

    monkeypatch.setattr(durable, "move", move_later)
    projects.delete_project(full.settings, PROJECT)
    assert counted(full) == before


@pytest.mark.parametrize(("file", "step"), [(durable, "sync_folder"), (removing, "remove_tree")])
def test_an_upload_whose_project_is_deleted_while_it_ends_gives_its_room_back_once(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, file: ModuleType, step: str
) -> None:
    full = limited(tree, total_max_images=10)
    Tree(full.settings, "other").upload()
    before = counted(full)
    full.upload()
    upload = begin(full)
    usual = getattr(file, step)

    def delete_before(path: Path) -> object:
        if path in (upload.folder.parent, *upload.folder.parent.glob(".*")):
            monkeypatch.setattr(file, step, usual)
            projects.delete_project(full.settings, PROJECT)
        return usual(path)

    monkeypatch.setattr(file, step, delete_before)
    projects.give_up(full.settings, upload)
    assert counted(full) == before


def test_an_upload_keeps_the_bytes_that_it_was_created_for(tree: Tree) -> None:
    full = limited(tree, project_max_bytes=1000)
    begin(full, 600)
    refused = figures(lambda: begin(full, 401))
    assert refused == {"quota": "project-bytes", "used": 600, "limit": 1000, "needed": 401}
    begin(full, 400)


def test_a_tokens_bounds_go_with_the_upload(tree: Tree) -> None:
    bounds = Bounds(1, 500)
    upload = begin(tree, 500, bounds)
    assert Bounds.decode(uploads.bounds(upload)) == bounds
    assert figures(lambda: begin(tree, 1, bounds))["quota"] == "project-images"
    assert uploads.bounds(begin(tree, 1)) == b""


def test_before_a_body_the_figures_are_looked_at(tree: Tree) -> None:
    full = limited(tree, project_max_bytes=1000)
    projects.require_room(full.settings, PROJECT, Bounds(), 1000)
    assert figures(lambda: projects.require_room(full.settings, PROJECT, Bounds(), 1001))["needed"] == 1001
    assert figures(lambda: projects.require_room(tree.settings, PROJECT, Bounds(images=0), 0))["limit"] == 0


def test_without_bounds_nothing_is_read(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "_change", None)
    monkeypatch.setattr("core.projects.quota.staged", None)
    tree.upload()
    projects.require_room(tree.settings, PROJECT, Bounds(), 10)
    assert not (tree.settings.storage_root / ".tally").exists()


def test_all_projects_together_are_bounded(tree: Tree) -> None:
    settings = replace(tree.settings, total_max_images=2)
    one, other = Tree(settings, "p"), Tree(settings, "q")
    image = one.upload()
    other.upload()
    assert figures(one.upload) == {"quota": "total-images", "used": 2, "limit": 2, "needed": 1}
    one.delete(image)
    other.upload()
    projects.delete_project(settings, ids.project_id("q"))
    one.upload(), one.upload()
    assert counted(one) == weight(one)


def test_what_failed_is_not_counted(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    full = limited(tree, total_max_bytes=1 << 40, project_max_images=1)
    full.upload()
    for _ in range(3):
        figures(full.upload)
    assert counted(full) == weight(full)


def test_what_may_have_been_stored_stays_counted_until_the_next_count(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = limited(tree, total_max_images=5)
    full.upload()
    stored = store(full.settings, PROJECT, io.BytesIO(PICTURE))
    real = durable.replace

    def failing(path: Path, *content: bytes, **options: Callable[[], None]) -> None:
        if path.name == "meta.json":
            raise OSError(28, "full")
        real(path, *content, **options)

    monkeypatch.setattr(durable, "replace", failing)
    with pytest.raises(StorageFull):
        projects.commit(full.settings, stored)
    monkeypatch.undo()
    assert counted(full)[0] == 2
    counting.count(full.settings)
    assert counted(full) == weight(full)


def test_a_count_takes_in_what_is_added_meanwhile(tree: Tree) -> None:
    full = limited(tree, total_max_images=10)
    full.upload()
    with tally.counting(full.settings) as result:
        before = weight(full)
        full.upload()
        result(*before)
    assert counted(full) == weight(full)


def test_of_two_counts_at_once_the_later_counts(tree: Tree) -> None:
    full = limited(tree, total_max_images=10)
    with tally.counting(full.settings) as first:
        full.upload()
        with tally.counting(full.settings) as second:
            first(0, 0)
            assert counted(full) == weight(full)
            second(*weight(full))
    assert counted(full) == weight(full)


def test_a_count_finds_images_and_uploads(tree: Tree) -> None:
    tree.upload()
    begin(tree, 1000)
    images, size = weight(tree)
    assert counting.count(tree.settings) == Tally(images + 1, size + 1000, "", images + 1, size + 1000)
    assert counted(tree) == (images + 1, size + 1000)


def test_a_damaged_tally_is_counted_anew(tree: Tree) -> None:
    full = limited(tree, total_max_images=10)
    full.upload()
    for content in ("", "[]", "null", '{"images": 1, "other": 2}'):
        (tree.settings.storage_root / ".tally" / "tally").write_text(content)
        assert tally.read(tree.settings.storage_root) is None
    assert counting.count(full.settings).images == 1


COMMITS = """
import io, json, sys
from photos import photo
from trees import store
from core import ids, projects
from core.errors import QuotaExceeded
from core.settings import Settings
settings = Settings(**json.loads(sys.argv[1]) | {"storage_root": __import__("pathlib").Path(sys.argv[2])})
done = 0
for _ in range(6):
    try:
        projects.commit(settings, store(settings, ids.project_id(sys.argv[3]), io.BytesIO(photo(32, 32))))
        done += 1
    except QuotaExceeded:
        pass
    try:
        projects.begin(settings, ids.project_id(sys.argv[3]), 1000)
        done += 1
    except QuotaExceeded:
        pass
print(done)
"""


@pytest.mark.parametrize(
    ("limits", "names"),
    [({"project_max_images": 7, "lock_timeout": 100}, "pp"), ({"total_max_images": 7, "lock_timeout": 100}, "pq")],
    ids=["one project", "all projects"],
)
def test_processes_at_once_exceed_nothing_and_leave_no_room_unused(
    tmp_path: Path, limits: dict[str, int], names: str
) -> None:
    command = [sys.executable, "-c", COMMITS, json.dumps(limits), str(tmp_path)]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    running = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True, env=environment) for name in names]
    assert sum(int(process.communicate()[0]) for process in running) == 7
