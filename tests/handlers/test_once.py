"""Uploads that are sent again: stored once under one key, or by their content where that is asked for."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from photos import expected_files, photo, stored_files
from waiting import BOUND

FILE = {"file": ("a.jpg", photo())}
OTHER = {"file": ("a.jpg", photo(300, 200))}


@pytest.fixture
def send(client, project):
    """Uploads a file, with a key or a query."""

    def post(files=FILE, key=None, **query):
        headers = {} if key is None else {"Idempotency-Key": key}
        return client.post(f"/projects/{project}/images", files=files, headers=headers, params=query)

    return post


def listed(client, project):
    return [image["image_id"] for image in client.get(f"/projects/{project}/images").json()["images"]]


def test_one_key_is_one_image(client, project, storage, send):
    first, again = send(key="k1"), send(key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]
    assert stored_files(storage, project) == expected_files(first.json()["image_id"])


def test_quotes_do_not_make_another_key(send):
    assert send(key="k1").json()["image_id"] == send(key='"k1"').json()["image_id"]


def test_another_key_is_another_image(client, project, send):
    assert send(key="k1").json()["image_id"] != send(key="k2").json()["image_id"]
    assert len(listed(client, project)) == 2


def test_a_key_belongs_to_its_project(client, project, send):
    image = send(key="k1").json()["image_id"]
    answer = client.post(f"/projects/{project}-b/images", files=FILE, headers={"Idempotency-Key": "k1"})
    assert answer.json()["image_id"] != image


def test_a_key_for_another_file_is_refused(client, project, send):
    send(key="k1")
    answer = send(OTHER, key="k1")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert len(listed(client, project)) == 1


def test_the_key_of_a_deleted_image_does_not_bring_it_back(client, project, send):
    image = send(key="k1").json()["image_id"]
    client.delete(f"/projects/{project}/images/{image}")
    answer = send(key="k1")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/image-not-found")
    assert listed(client, project) == []
    documented = client.get("/openapi.json").json()["paths"]["/projects/{project_id}/images"]["post"]["responses"]
    assert answer.headers["content-type"] in documented["404"]["content"]


def test_a_refused_picture_frees_its_key(client, project, send):
    assert send({"file": ("a.jpg", photo()[:500])}, key="k1").status_code == 422
    assert send(key="k1").status_code == 201
    assert len(listed(client, project)) == 1


def test_many_at_once_are_one(client, project, service, send):
    def post(_):
        headers = {"Idempotency-Key": "k1"}
        return httpx.post(
            f"{service.url}/projects/{project}/images", files=FILE, headers=headers, timeout=BOUND, verify=False
        )

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(listed(client, project)) == 1
    assert {answer.json()["image_id"] for answer in answers if answer.status_code == 201} <= set(
        listed(client, project)
    )


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "caf\u00e9".encode()])
def test_what_is_no_key(send, key):
    answer = send(key=key)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-idempotency-key")


def test_a_key_is_no_upload_that_a_url_names(client, project, storage, send):
    send(key="k1")
    (folder,) = (storage / "uploads" / project).iterdir()
    headers = {"Tus-Resumable": "1.0.0"}
    assert client.head(f"/projects/{project}/uploads/{folder.name}", headers=headers).status_code == 404
    assert client.delete(f"/projects/{project}/uploads/{folder.name}", headers=headers).status_code == 404


def test_a_file_that_is_there_is_answered_with_its_image(client, project, storage, send):
    first = send().json()
    again = send(duplicates="return")
    assert (again.status_code, again.json()) == (200, first)
    assert stored_files(storage, project) == expected_files(first["image_id"])


def test_a_file_that_is_not_there_is_stored(client, project, send):
    send()
    assert send(OTHER, duplicates="return").status_code == 201
    assert len(listed(client, project)) == 2


def test_an_image_of_a_rebuilt_index_is_not_found(client, project, storage, send):
    send()
    (storage / "projects" / project / "meta.json").unlink()
    assert send(duplicates="return").status_code == 201
    assert len(listed(client, project)) == 2


def test_by_default_a_file_is_stored_again(client, project, send):
    send()
    assert send().status_code == send(duplicates="keep").status_code == 201
    assert len(listed(client, project)) == 3


def test_the_same_file_many_times_at_once_is_one(client, project, service):
    def post(_):
        url = f"{service.url}/projects/{project}/images?duplicates=return"
        return httpx.post(url, files=FILE, timeout=BOUND, verify=False).json()["image_id"]

    with ThreadPoolExecutor(4) as pool:
        images = set(pool.map(post, range(4)))
    assert list(images) == listed(client, project)


def test_another_wish_is_refused(send):
    assert send(duplicates="drop").status_code == 400
