"""A whole project: gone for every reader at once, and made anew by the next upload."""

from photos import expected_files, photo, stored_files


def test_nothing_is_left(client, storage, project, upload):
    urls = [url for n in range(3) for url in upload(photo(200 + n, 100))["urls"].values()]
    answer = client.delete(f"/projects/{project}")
    assert (answer.status_code, answer.json()) == (200, {"project_id": project, "deleted_images": 3})
    assert {client.get(url).status_code for url in urls} == {404}
    assert client.get(f"/projects/{project}/thumbnail").status_code == 404
    assert client.get(f"/projects/{project}/images").json()["images"] == []
    assert stored_files(storage, project) == []
    assert not any((storage / "deleted").iterdir())


def test_uploads_under_way_are_gone(client, project, upload):
    upload()
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
    location = client.post(f"/projects/{project}/uploads", headers=headers).headers["location"]
    client.delete(f"/projects/{project}")
    assert client.head(location, headers={"Tus-Resumable": "1.0.0"}).status_code == 404


def test_a_project_that_is_not_there(client, project):
    answer = client.delete(f"/projects/{project}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/image-not-found")


def test_a_second_time_finds_nothing(client, project, upload):
    upload()
    assert client.delete(f"/projects/{project}").json()["deleted_images"] == 1
    assert client.delete(f"/projects/{project}").json()["deleted_images"] == 0


def test_the_next_upload_begins_anew(client, storage, project, upload):
    upload()
    client.delete(f"/projects/{project}")
    image = upload()
    assert image["is_primary"]
    assert stored_files(storage, project) == expected_files(image["image_id"])
