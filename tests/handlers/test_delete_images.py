"""Some images at once: each with its result, by one commit."""

import pytest
from photos import expected_files, photo, stored_files


def delete(client, project, *images):
    return client.post(f"/projects/{project}/images/delete", json={"image_ids": list(images)})


def test_each_has_its_result(client, storage, project, upload):
    images = [upload(photo(200 + n, 100))["image_id"] for n in range(4)]
    answer = delete(client, project, images[0], "unknown", images[2]).json()
    assert [(r["image_id"], r["status"]) for r in answer["results"]] == [
        (images[0], "deleted"),
        ("unknown", "not-found"),
        (images[2], "deleted"),
    ]
    assert answer["primary_image_id"] == images[1]
    assert answer["cover_url"] == f"/projects/{project}/thumbnail?v={images[1]}"
    assert stored_files(storage, project) == expected_files(images[1], images[3])


def test_all_of_them(client, project, upload):
    images = [upload()["image_id"] for _ in range(3)]
    answer = delete(client, project, *images).json()
    assert (answer["primary_image_id"], answer["cover_url"]) == (None, None)
    assert client.get(f"/projects/{project}/images").json()["images"] == []


def test_a_second_time_changes_nothing(client, project, upload):
    image, left = upload()["image_id"], upload()["image_id"]
    delete(client, project, image)
    before = client.get(f"/projects/{project}/images").headers["etag"]
    assert [r["status"] for r in delete(client, project, image).json()["results"]] == ["not-found"]
    assert client.get(f"/projects/{project}/images").headers["etag"] == before, left


@pytest.mark.parametrize("count", [0, 101])
def test_one_to_a_hundred(client, project, upload, count):
    upload()
    answer = delete(client, project, *(f"id-{n}" for n in range(count)))
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-body")
