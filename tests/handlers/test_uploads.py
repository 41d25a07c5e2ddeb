"""Resumable uploads, as tus 1.0.0 says, in every mode."""

import re

import pytest
import tus
from photos import expected_files, photo, stored_files

PICTURE = photo(800, 600)
HALF = len(PICTURE) // 2


@pytest.fixture
def url(client, project):
    """An upload of PICTURE, of which nothing has been sent."""
    return tus.begin(client, project, len(PICTURE))


def listed(client, project):
    return [image["image_id"] for image in client.get(f"/projects/{project}/images").json()["images"]]


def test_creation_answers_a_relative_url_that_nobody_guesses(client, project):
    response = tus.create(client, project, 1000)
    assert response.status_code == 201
    assert re.fullmatch(rf"/projects/{project}/uploads/[0-9a-f]{{32}}", response.headers["location"])
    assert response.headers["upload-offset"] == "0"
    assert response.headers["tus-resumable"] == "1.0.0"
    assert response.headers["upload-expires"].endswith("GMT")


def test_last_chunk_makes_the_image(client, project, url, storage):
    first = tus.patch(client, url, 0, PICTURE[:HALF])
    assert (first.status_code, first.headers["upload-offset"]) == (204, str(HALF))
    assert "upload-image-id" not in first.headers
    last = tus.patch(client, url, HALF, PICTURE[HALF:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(PICTURE)))
    image = last.headers["upload-image-id"]
    assert last.headers["content-location"] == f"/projects/{project}/images/{image}"
    assert listed(client, project) == [image]
    assert stored_files(storage, project) == expected_files(image)


def test_image_is_what_a_plain_upload_makes(client, project, url, upload):
    image = tus.patch(client, url, 0, PICTURE).headers["upload-image-id"]
    plain = upload(PICTURE)["image_id"]
    for size in ("original", "medium", "thumb", "game"):
        bodies = [client.get(f"/projects/{project}/images/{one}?size={size}").content for one in (image, plain)]
        assert bodies[0] == bodies[1]


def test_head_and_get_tell_the_offset_and_later_the_image(client, url):
    tus.patch(client, url, 0, PICTURE[:HALF])
    head = client.head(url, headers=tus.VERSION)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == (str(HALF), str(len(PICTURE)))
    assert head.headers["cache-control"] == "no-store"
    assert client.get(url).json()["image_id"] is None
    image = tus.patch(client, url, HALF, PICTURE[HALF:]).headers["upload-image-id"]
    assert client.head(url, headers=tus.VERSION).headers["upload-image-id"] == image
    state = client.get(url).json()
    assert (state["offset"], state["length"], state["image_id"]) == (len(PICTURE), len(PICTURE), image)


@pytest.mark.parametrize("metadata", ["filename YS5qcGc=,filetype aW1hZ2UvanBlZw==", "is_private", ""])
def test_metadata_is_echoed(client, project, metadata):
    url = tus.create(client, project, 10, Upload_Metadata=metadata).headers["location"]
    assert client.head(url, headers=tus.VERSION).headers.get("upload-metadata", "") == metadata


def test_creation_takes_the_first_bytes(client, project):
    response = tus.create(client, project, len(PICTURE), PICTURE[:HALF])
    assert (response.status_code, response.headers["upload-offset"]) == (201, str(HALF))
    last = tus.patch(client, response.headers["location"], HALF, PICTURE[HALF:])
    assert listed(client, project) == [last.headers["upload-image-id"]]


def test_creation_with_all_bytes_makes_the_image(client, project):
    response = tus.create(client, project, len(PICTURE), PICTURE)
    assert response.status_code == 201
    assert listed(client, project) == [response.headers["upload-image-id"]]


@pytest.mark.parametrize(
    "headers", [{}, {"Upload_Checksum": tus.checksum("sha1", b"other")}], ids=["plain", "checksum"]
)
def test_a_body_of_no_declared_length_ends_where_the_upload_does(client, project, headers):
    url = tus.begin(client, project, 10)
    endless = iter([b"a" * 1000] * 1000)
    assert tus.problem(tus.patch(client, url, 0, endless, **headers)) == (413, "too-many-bytes")
    assert tus.offset(client, url) == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_checksum_is_verified(client, project, url, algorithm):
    wrong = tus.patch(client, url, 0, PICTURE, Upload_Checksum=tus.checksum(algorithm, b"other"))
    assert tus.problem(wrong) == (460, "checksum-mismatch")
    assert tus.offset(client, url) == 0
    right = tus.patch(client, url, 0, PICTURE, Upload_Checksum=tus.checksum(algorithm, PICTURE))
    assert listed(client, project) == [right.headers["upload-image-id"]]


def test_termination_forgets_the_upload(client, url, project, storage):
    tus.patch(client, url, 0, PICTURE[:HALF])
    assert client.delete(url, headers=tus.VERSION).status_code == 204
    assert client.head(url, headers=tus.VERSION).status_code == 404
    assert tus.problem(tus.patch(client, url, HALF, PICTURE[HALF:])) == (404, "upload-not-found")
    assert list((storage / "uploads" / project).iterdir()) == []


def test_termination_keeps_an_image_that_was_made(client, url, project):
    image = tus.patch(client, url, 0, PICTURE).headers["upload-image-id"]
    assert client.delete(url, headers=tus.VERSION).status_code == 204
    assert listed(client, project) == [image]


@pytest.mark.parametrize("path", ["", "/d41d8cd98f00b204e9800998ecf8427e"])
def test_options_tell_version_extensions_and_largest_file(client, project, path):
    response = client.options(f"/projects/{project}/uploads{path}")
    assert response.status_code == 204
    assert response.headers["tus-version"] == response.headers["tus-resumable"] == "1.0.0"
    assert set(response.headers["tus-extension"].split(",")) == {
        *("creation", "creation-with-upload", "expiration", "termination", "checksum")
    }
    assert int(response.headers["tus-max-size"]) > 4_700_000
    assert response.headers["tus-checksum-algorithm"] == "sha1,sha256"


def test_method_may_be_overridden(client, project, url):
    headers = tus.VERSION | tus.CHUNK | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    response = client.post(url, headers=headers, content=PICTURE)
    assert (response.status_code, response.headers["upload-offset"]) == (204, str(len(PICTURE)))
    response = client.post(url, headers=tus.VERSION | {"X-HTTP-Method-Override": "DELETE"})
    assert response.status_code == 204
    assert client.head(url, headers=tus.VERSION).status_code == 404
    assert client.post(url, headers=tus.VERSION).status_code == 404


def test_body_without_a_length_is_taken(client, project, url):
    pieces = (PICTURE[start : start + 1000] for start in range(0, len(PICTURE), 1000))
    response = tus.patch(client, url, 0, pieces, Expect="100-continue")
    assert listed(client, project) == [response.headers["upload-image-id"]]


def test_photo_too_large_for_one_request_goes_in_parts(client, project, mode):
    large = PICTURE + bytes(6_000_000)  # what follows a JPEG's end is no part of the picture
    plain = client.post(f"/projects/{project}/images", files={"file": ("a.jpg", large)})
    assert plain.status_code == (201 if mode == "asgi" else 413)
    response = tus.send(client, project, large, 4 << 20)
    assert response.headers["upload-image-id"] in listed(client, project)


def test_refusal_of_a_large_request_tells_where_parts_go(client, project, mode):
    if mode == "asgi":
        pytest.skip("one request carries any photo")
    content = PICTURE + bytes(4_550_000 - len(PICTURE))  # less than what the gateway itself refuses
    refusal = client.post(f"/projects/{project}/images", files={"file": ("a.jpg", content)})
    assert tus.problem(refusal) == (413, "file-too-large")
    assert (refusal.json()["limit"], refusal.json()["uploads"]) == (4_500_000, f"/projects/{project}/uploads")


def test_browsers_may_read_the_headers(client, project):
    response = client.options(f"/projects/{project}/uploads", headers={"Origin": "https://example.org"})
    exposed = set(response.headers["access-control-expose-headers"].split(","))
    assert {"location", "upload-offset", "upload-length", "tus-resumable", "upload-image-id"} <= exposed
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "PATCH"}
    preflight = client.options(f"/projects/{project}/uploads/x", headers=asked)
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
