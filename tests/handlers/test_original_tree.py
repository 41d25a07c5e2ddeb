"""A tree as the original service wrote it: its keys alone, ids of its own making, no sizes."""

import json

import pytest
from photos import dimensions, photo

IMAGES = ("abc123", "9F8e7D-with_hyphen", "0b1c2d3e4f5a46b7a8c9d0e1f2a3b4c5")


@pytest.fixture
def original_tree(storage, project):
    """Writes the tree; returns the bytes of its index."""
    folder = storage / "projects" / project
    shapes = {"original": (2000, 1500), "medium": (1600, 1200), "thumb": (400, 300), "game": (50, 50)}
    for size, shape in shapes.items():
        (folder / size).mkdir(parents=True)
        for image in IMAGES:
            (folder / size / f"{image}.jpg").write_bytes(photo(*shape))
    times = [f"2026-02-21T19:01:0{second}.123Z" for second in range(len(IMAGES))]
    entries = [{"id": image, "ext": "jpg", "created_at": made} for image, made in zip(IMAGES, times, strict=True)]
    meta = {"project_id": project, "primary_image_id": IMAGES[1], "images": entries}
    content = json.dumps(meta, indent=2).encode()
    (folder / "meta.json").write_bytes(content)
    return content


@pytest.mark.usefixtures("original_tree")
def test_it_is_listed_with_the_sizes_that_its_files_have(client, project):
    body = client.get(f"/projects/{project}/images").json()
    assert [image["image_id"] for image in body["images"]] == list(IMAGES)
    assert body["primary_image_id"] == IMAGES[1]
    assert body["images"][0]["created_at"] == "2026-02-21T19:01:00.123Z"
    sizes = body["images"][0]["sizes"]
    assert {size: (known["width"], known["height"]) for size, known in sizes.items()} == {
        "original": (2000, 1500), "medium": (1600, 1200), "thumb": (400, 300), "game": (50, 50)
    }  # fmt: skip
    assert sizes["thumb"]["bytes"] == len(photo(400, 300))


@pytest.mark.usefixtures("original_tree")
def test_file_that_cannot_be_read_leaves_a_gap_in_the_list(client, project, storage):
    unreadable = storage / "projects" / project / "thumb" / f"{IMAGES[0]}.jpg"
    unreadable.unlink()
    unreadable.mkdir()
    first, second, _ = client.get(f"/projects/{project}/images").json()["images"]
    assert set(first["sizes"]) == {"original", "medium", "game"}
    assert "thumb" in first["urls"]  # the schema promises it, and the file may be readable when the client asks
    assert "thumb" in second["sizes"]


@pytest.mark.usefixtures("original_tree")
def test_it_is_served_in_every_size_and_by_its_cover(client, project):
    for image in IMAGES:
        assert dimensions(client.get(f"/projects/{project}/images/{image}").content) == (2000, 1500)
        assert dimensions(client.get(f"/projects/{project}/images/{image}?size=game").content) == (50, 50)
    assert dimensions(client.get(f"/projects/{project}/thumbnail").content) == (400, 300)


def test_reading_it_leaves_it_as_it_is(client, project, original_tree, storage):
    client.get(f"/projects/{project}/images")
    client.get(f"/projects/{project}/thumbnail")
    assert (storage / "projects" / project / "meta.json").read_bytes() == original_tree


@pytest.mark.usefixtures("original_tree")
def test_change_keeps_what_was_written_before(client, project, upload, storage):
    new = upload()["image_id"]
    assert client.delete(f"/projects/{project}/images/{IMAGES[1]}").json()["primary_image_id"] == IMAGES[2]
    meta = json.loads((storage / "projects" / project / "meta.json").read_bytes())
    assert [image["id"] for image in meta["images"]] == [IMAGES[0], IMAGES[2], new]
    assert meta["images"][0] == {"id": IMAGES[0], "ext": "jpg", "created_at": "2026-02-21T19:01:00.123Z"}
    assert meta["images"][2]["ext"] == "jpg"
    assert (meta["project_id"], meta["primary_image_id"]) == (project, IMAGES[2])
