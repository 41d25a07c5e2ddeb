"""Uploads that are refused: each with its own status, type and sentence, and nothing left on disk."""

import socket
import urllib.error
import urllib.request

import pytest
from photos import photo, stored_files
from waiting import BOUND


def problem(response):
    """(status, kind) of a problem answer, whose form is checked."""
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["detail"].endswith(".")
    assert body["title"]
    return response.status_code, body["type"].removeprefix("/problems/")


BOUNDARY = "frontier"


def part(name="file", filename='; filename="a.jpg"', content=b"x"):
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(part() + part() + END, (422, "repeated-file"), id="repeated"),
        pytest.param(part(name="photo") + END, (422, "missing-file"), id="other field"),
        pytest.param(part(filename="", content=b"text") + END, (422, "missing-file"), id="text field"),
        pytest.param(END, (422, "missing-file"), id="no part"),
        pytest.param(part(content=b"") + END, (422, "empty-file"), id="empty file"),
        pytest.param(part(content=photo())[:-500], (400, "malformed-upload"), id="ends inside the file"),
        pytest.param(part(content=photo()), (400, "malformed-upload"), id="no closing boundary"),
        pytest.param(b"", (400, "malformed-upload"), id="no body"),
        pytest.param(b"not a form at all", (400, "malformed-upload"), id="no form"),
        pytest.param(part(content=b"<svg/>") + END, (415, "not-an-image"), id="no image"),
        pytest.param(part(content=photo()[:-2000]) + END, (422, "corrupt-image"), id="cut-off image"),
    ],
)
def test_an_unusable_form_is_refused_by_its_own_kind_of_problem(client, project, storage, content, expected):
    response = client.post(f"/projects/{project}/images", content=content, headers=FORM)
    assert problem(response) == expected
    assert not (storage / "projects" / project).exists()


def test_a_body_that_is_no_form_is_refused(client, project):
    response = client.post(f"/projects/{project}/images", content=photo(), headers={"Content-Type": "image/jpeg"})
    assert problem(response) == (415, "not-multipart")


def test_a_form_without_a_boundary_is_refused(client, project):
    response = client.post(f"/projects/{project}/images", content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert problem(response) == (400, "malformed-upload")


@pytest.mark.parametrize("bad", ["a.b", "..", "a%2Fb", "a" * 65, "%00", "ä", "a%20b"])
def test_a_project_id_of_other_letters_is_refused(client, bad, storage):
    if bad == "..":
        bad = "%2e%2e"
    response = client.post(f"/projects/{bad}/images", files={"file": ("a.jpg", photo())})
    assert problem(response) in {(400, "invalid-project-id"), (404, "not-found")}
    assert bad not in [path.name for path in (storage / "projects").glob("*")]


def test_a_connection_cut_inside_the_body_leaves_nothing(client, project, service, storage):
    body = part(content=photo(1600, 1200)) + END
    head = f"POST /projects/{project}/images HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM['Content-Type']}\r\n"
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2])
    assert client.get(f"/projects/{project}/images").json()["images"] == []
    assert not (storage / "projects" / project).exists()


def test_a_refused_upload_leaves_an_existing_project_as_it_was(client, upload, project, storage):
    upload()
    before = stored_files(storage, project)
    response = client.post(f"/projects/{project}/images", files={"file": ("a.jpg", photo()[:-2000])})
    assert problem(response) == (422, "corrupt-image")
    assert stored_files(storage, project) == before


def test_client_that_wants_to_close_gets_its_answer(service, project):
    """urllib says Connection: close and reads only once it has sent everything."""
    body = urllib.request.Request(f"{service.url}/projects/{project}/images", b"x" * 3_000_000, method="POST")
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(body, timeout=BOUND)
    assert answer.value.code == 415
    answer.value.close()
