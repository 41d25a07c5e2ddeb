"""POST /projects/{project_id}/images."""

import base64
import hashlib
import re

import pytest
from photos import dimensions, expected_files, photo, stored_files

# The sides of a photo of 2000x1000 in each size. A size that is added gets its line here.
SIDES = {"original": (2000, 1000), "medium": (1600, 800), "thumb": (400, 200), "game": (50, 50)}


def send(client, project, content, **options):
    return client.post(f"/projects/{project}/images", files={"file": ("any.name", content)}, **options)


def test_upload_answers_201_with_id_urls_and_location(client, project):
    response = send(client, project, photo())
    assert response.status_code == 201
    body = response.json()
    image = body["image_id"]
    path = f"/projects/{project}/images/{image}"
    (listed,) = client.get(f"/projects/{project}/images").json()["images"]
    assert body == listed | {"project_id": project, "cover_url": f"/projects/{project}/thumbnail?v={image}"}
    told = {name: body.pop(name) for name in ("name", "sha256", "placeholder", "cover_url")}
    assert told["name"] == "any.name"
    assert told["sha256"] == hashlib.sha256(photo()).hexdigest()
    assert len(base64.b64decode(told["placeholder"])) < 30
    assert body == {
        "image_id": image,
        "project_id": project,
        "is_primary": True,
        "created_at": listed["created_at"],
        "sizes": listed["sizes"],
        "urls": {size: f"{path}?size={size}" for size in SIDES},
    }
    assert response.headers["location"] == path
    assert re.fullmatch(r"[0-9a-z]{20}", image)


def test_upload_stores_a_file_a_size_and_nothing_else(upload, project, storage):
    image = upload()["image_id"]
    assert stored_files(storage, project) == expected_files(image)


def test_only_the_first_upload_of_a_project_is_primary(upload):
    assert [upload()["is_primary"] for _ in range(3)] == [True, False, False]


def test_ids_sort_in_upload_order(upload):
    ids = [upload()["image_id"] for _ in range(3)]
    assert ids == sorted(ids)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_every_format_becomes_a_jpeg_a_size(client, upload, kind):
    urls = upload(photo(2000, 1000, kind))["urls"]
    sizes = {size: dimensions(client.get(url).content) for size, url in urls.items()}
    assert sizes == SIDES


def test_a_small_picture_is_enlarged_for_the_game_size_alone(client, upload):
    urls = upload(photo(30, 20))["urls"]
    sizes = {size: dimensions(client.get(urls[size]).content) for size in ("original", "medium", "thumb", "game")}
    assert sizes == {"original": (30, 20), "medium": (30, 20), "thumb": (30, 20), "game": (50, 50)}


def test_the_type_is_read_from_the_bytes_not_from_the_name(client, project):
    files = {"file": ("picture.txt", photo(kind="PNG"), "text/plain")}
    assert client.post(f"/projects/{project}/images", files=files).status_code == 201


def test_other_fields_beside_the_file_are_ignored(client, project):
    files = {"file": ("a.jpg", photo()), "other": ("b.jpg", photo())}
    response = client.post(f"/projects/{project}/images", files=files, data={"caption": "a day out"})
    assert response.status_code == 201


def test_an_expected_continue_is_answered(client, project):
    assert send(client, project, photo(), headers={"Expect": "100-continue"}).status_code == 201
