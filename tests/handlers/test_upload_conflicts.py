"""What a resumable upload refuses, with the statuses that clients act on; and what stays as it was then."""

import threading

import pytest
import tus
from photos import photo

PICTURE = photo(800, 600)
HALF = len(PICTURE) // 2


@pytest.fixture
def url(client, project):
    """An upload of PICTURE, of which half has been sent."""
    begun = tus.begin(client, project, len(PICTURE))
    assert tus.patch(client, begun, 0, PICTURE[:HALF]).status_code == 204
    return begun


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0"])
def test_other_versions_are_412(client, project, url, version):
    headers = {"Tus-Resumable": version} if version else {}
    for method, path in [("POST", f"/projects/{project}/uploads"), ("PATCH", url), ("HEAD", url), ("DELETE", url)]:
        response = client.request(method, path, headers=headers)
        assert (response.status_code, response.headers["tus-version"]) == (412, "1.0.0")


@pytest.mark.parametrize(
    ("length", "status", "kind"),
    [
        ("", 400, "invalid-request"),
        ("-1", 400, "invalid-request"),
        ("1.5", 400, "invalid-request"),
        ("٣", 400, "invalid-request"),
        ("9" * 30, 400, "invalid-request"),
        ("0", 422, "empty-file"),
        ("999999999999", 413, "file-too-large"),
    ],
)
def test_creation_needs_a_length_within_the_limit(client, project, length, status, kind):
    headers = tus.VERSION | {"Upload-Length": length.encode()}
    response = client.post(f"/projects/{project}/uploads", headers=headers)
    assert tus.problem(response) == (status, kind)


def test_length_cannot_be_deferred(client, project):
    headers = tus.VERSION | {"Upload-Defer-Length": "1"}
    assert tus.problem(client.post(f"/projects/{project}/uploads", headers=headers)) == (400, "invalid-request")


@pytest.mark.parametrize("metadata", ["a !", "a b c", ",", "x" * 5000, "n\u00e4me YQ=="])
def test_malformed_metadata_is_refused(client, project, metadata):
    response = tus.create(client, project, 10, Upload_Metadata=metadata.encode("latin-1"))
    assert tus.problem(response) == (400, "invalid-request")


@pytest.mark.parametrize("kind", ["application/octet-stream", "multipart/form-data; boundary=b", "image/jpeg"])
def test_other_content_types_are_415(client, project, url, kind):
    response = tus.patch(client, url, HALF, PICTURE[HALF:], Content_Type=kind)
    assert tus.problem(response) == (415, "not-a-chunk")
    assert tus.problem(tus.create(client, project, 10, b"12345", Content_Type=kind)) == (415, "not-a-chunk")
    assert tus.offset(client, url) == HALF


@pytest.mark.parametrize("offset", [0, HALF - 1, HALF + 1, len(PICTURE), 10**17])
def test_wrong_offset_is_409_and_the_right_one_is_named(client, url, offset):
    response = tus.patch(client, url, offset, PICTURE[HALF:])
    assert tus.problem(response) == (409, "offset-conflict")
    assert int(response.headers["upload-offset"]) == response.json()["offset"] == HALF


def test_more_bytes_than_announced_are_413(client, url, project):
    response = tus.patch(client, url, HALF, PICTURE[HALF:] + b"x")
    assert tus.problem(response) == (413, "too-many-bytes")
    streamed = tus.patch(client, url, HALF, iter([PICTURE[HALF:], b"x"]))
    assert tus.problem(streamed) == (413, "too-many-bytes")
    assert client.get(f"/projects/{project}/images").json()["images"] == []
    assert tus.patch(client, url, HALF, PICTURE[HALF:]).status_code == 204


@pytest.mark.parametrize("checksum", ["md5 AAAA", "sha1", "sha1 !!", "sha256 é", ""])
def test_unusable_checksum_is_refused(client, url, checksum):
    response = tus.patch(client, url, HALF, PICTURE[HALF:], Upload_Checksum=checksum.encode())
    assert tus.problem(response) in ((400, "invalid-request"), (460, "checksum-mismatch"))
    assert tus.offset(client, url) == HALF


def test_bytes_for_a_finished_upload_are_403(client, url, project):
    image = tus.patch(client, url, HALF, PICTURE[HALF:]).headers["upload-image-id"]
    assert tus.problem(tus.patch(client, url, len(PICTURE), b"x")) == (403, "upload-complete")
    assert tus.problem(tus.patch(client, url, HALF, PICTURE[HALF:])) == (409, "offset-conflict")
    again = tus.patch(client, url, len(PICTURE), b"")
    assert (again.status_code, again.headers["upload-image-id"]) == (204, image)
    assert len(client.get(f"/projects/{project}/images").json()["images"]) == 1


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        pytest.param(b"no picture" * 10, 415, "not-an-image", id="no picture"),
        pytest.param(PICTURE[:200] + bytes(300), 422, "corrupt-image", id="damaged"),
    ],
)
def test_refused_picture_ends_the_upload(client, project, storage, content, status, kind):
    url = tus.begin(client, project, len(content))
    assert tus.problem(tus.patch(client, url, 0, content)) == (status, kind)
    assert client.head(url, headers=tus.VERSION).status_code == 404
    assert list((storage / "uploads" / project).iterdir()) == []
    assert tus.problem(tus.create(client, project, len(content), content)) == (status, kind)
    assert list((storage / "uploads" / project).iterdir()) == []


@pytest.mark.parametrize("upload_id", ["0" * 32, "x", "..", "%2e%2e%2f", "D41D8CD98F00B204E9800998ECF8427E"])
def test_unknown_uploads_are_404(client, project, upload_id):
    for method in ("HEAD", "GET", "PATCH", "DELETE"):
        response = client.request(method, f"/projects/{project}/uploads/{upload_id}", headers=tus.VERSION)
        assert response.status_code == 404


def test_an_upload_belongs_to_its_project(client, url):
    assert client.head(url.replace("/test-", "/other-"), headers=tus.VERSION).status_code == 404


def test_two_writers_make_one_image(client, url, project):
    answers = []

    def write():
        answers.append(tus.patch(client, url, HALF, PICTURE[HALF:]).status_code)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(204) == 1
    assert set(answers) <= {204, 409, 423}
    assert len(client.get(f"/projects/{project}/images").json()["images"]) == 1
