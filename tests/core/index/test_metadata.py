"""metadata: transactions keep every change, readers see whole versions, a lost index is made again."""

import json
import multiprocessing
from pathlib import Path

import msgspec
import pytest

from core import ids
from core.errors import ProjectLocked
from core.index import metadata
from core.index.entries import Entry
from core.volume import folders, layout


@pytest.fixture
def project(tmp_path):
    """The layout of an empty project."""
    made = layout.project(tmp_path, ids.project_id("p"))
    folders.make_folder(made.size_folder("original"), tmp_path)
    metadata.create(made)
    return made


def append(project, *image_ids):
    with metadata.transaction(project, 10) as index:
        for image in image_ids:
            index.append(Entry(image, "jpg", "2026-02-21T19:01:02.123Z"))


def listed(project):
    return metadata.read(project)[1].image_ids()


def append_many(folder: str, name: str) -> None:
    for number in range(50):
        append(layout.ProjectLayout(Path(folder)), f"{name}-{number}")


def test_four_processes_lose_no_update(project):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=append_many, args=(str(project.folder), f"w{n}")) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(listed(project)) == sorted(f"w{n}-{i}" for n in range(4) for i in range(50))
    assert metadata.read(project)[1].revision == 201


def test_an_exception_in_a_transaction_changes_nothing(project):
    append(project, "a")
    before = project.meta.read_bytes()
    with pytest.raises(ZeroDivisionError), metadata.transaction(project, 1) as index:  # noqa: PT012
        index.append(Entry("b"))
        raise ZeroDivisionError
    assert project.meta.read_bytes() == before


def test_lock_held_elsewhere_is_waited_for_as_asked(project):
    with metadata.transaction(project, 1):
        with pytest.raises(ProjectLocked), metadata.transaction(project, 0.05):
            pass


def test_keys_that_another_version_wrote_survive_a_change(project):
    entry = {"id": "a", "ext": "jpg", "created_at": "2026-02-21T19:01:02.123Z", "caption": "a day out"}
    project.meta.write_text(json.dumps({"project_id": "p", "primary_image_id": "a", "images": [entry]}))
    append(project, "b")
    assert json.loads(project.meta.read_bytes())["images"][0] == entry


def test_every_commit_has_a_version_of_its_own(project):
    versions = [metadata.version(project)]
    for number in range(20):
        append(project, f"i{number}")
        versions.append(metadata.version(project))
        assert metadata.read(project)[0] == versions[-1]
    assert len(set(versions)) == 21


def test_listing_an_image_twice_lists_it_once(project):
    append(project, "a", "a")
    append(project, "a")
    assert listed(project) == ["a"]


def originals(project, count):
    made = [ids.new_image_id(1_771_700_000_000 + number) for number in range(count)]
    for image in reversed(made):
        project.rendition("original", image).write_bytes(b"jpeg")
    return made


@pytest.mark.parametrize(
    "damage",
    [
        *(None, b"", b"{", b"\xff\xfe", b"[]", b'{"images": 7}', b'{"project_id": "p", "images": 7}'),
        *(
            b'{"project_id": "\xff"}',
            b'{"project_id": "p", "images": [{"id": 7}]}',
            b'{"project_id": "p", "images": [7]}',
        ),
        pytest.param(b'{"project_id": "p", "images": [' + b"[" * 200_000, id="deep"),
    ],
)
def test_lost_or_damaged_index_is_made_again(project, damage):
    made = originals(project, 3)
    project.meta.unlink()
    if damage is not None:
        project.meta.write_bytes(damage)
    _, index = metadata.read(project)
    assert [entry.id for entry in index.entries()] == made
    assert (index.primary, index.entries()[0].created_at) == (made[0], ids.timestamp(1_771_700_000_000))
    metadata.create(project)  # as every upload does: what is lost must not be taken for what never was
    with pytest.raises(LookupError), metadata.transaction(project, 1):
        raise LookupError
    append(project, "new")
    assert listed(project) == [*made, "new"]
    kept = [path.read_bytes() for path in project.folder.glob("meta.json.damaged-*")]
    assert kept == ([] if damage is None else [damage])


def test_damaged_entry_is_answered_from_the_originals(project):
    made = originals(project, 2)
    project.meta.write_bytes(b'{"revision": 5, "project_id": "p", "images": [{"id": 7}]}')
    assert metadata.read(project, check_entries=True)[1].image_ids() == made


def test_strangers_among_the_originals_are_no_images(project):
    (made,) = originals(project, 1)
    for stranger in (f".{made}.jpg.0123.tmp", "a.b.jpg", "notes.txt", ".nfs0001", ".jpg"):
        project.size_folder("original").joinpath(stranger).write_bytes(b"")
    project.meta.unlink()
    assert listed(project) == [made]


def test_the_file_is_json_as_documented(project):
    append(project, "a")
    assert msgspec.json.decode(project.meta.read_bytes()) == {
        "revision": 2,
        "project_id": "p",
        "primary_image_id": "a",
        "images": [{"id": "a", "ext": "jpg", "created_at": "2026-02-21T19:01:02.123Z"}],
    }


def test_entry_that_cannot_be_read_stays_as_it_is_in_a_change(project):
    project.meta.write_bytes(b'{"revision": 5, "project_id": "p", "images": [{"id": 7, "x": 1}]}')
    assert metadata.read(project)[0] is not None
    append(project, "a")
    assert json.loads(project.meta.read_bytes())["images"][0] == {"id": 7, "x": 1}
    assert list(project.folder.glob("meta.json.damaged-*")) == []


def test_glance_sees_a_small_index_alone(project):
    append(project, "a")
    content = project.meta.read_bytes()
    glanced = metadata.glance(project)
    assert glanced is not None
    assert glanced.image_ids() == ["a"]
    project.meta.write_bytes(b'{"revision": 5, "project_id": "p", "images": [{"id": 7}]}')
    assert metadata.glance(project) is not None, "it looks at no entries"
    longest = content.ljust(1 << 18)
    project.meta.write_bytes(longest)
    assert metadata.glance(project) is not None
    for other in (longest + b" ", content[:-1], None):
        if other is None:
            project.meta.unlink()
        else:
            project.meta.write_bytes(other)
        assert metadata.glance(project) is None
