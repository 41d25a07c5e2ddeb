"""Who the service answers: its own machine without keys, whoever has a token with them."""

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from photos import photo
from service import ROOT, Service, free_port
from waiting import BOUND

from core.access import tokens

SECRET = "s" * 40
UPLOAD = {"file": ("a.jpg", photo())}


def token(**claims: str) -> dict[str, str]:
    return {"Authorization": "Bearer " + tokens.mint({"1": SECRET.encode()}, 60, **claims)}


@pytest.fixture(scope="module")
def guarded(mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service with a key and private reads."""
    storage = tmp_path_factory.mktemp(mode) / "storage"
    with Service(storage, "--mode", mode, IMGSRV_SECRET=SECRET, IMGSRV_PRIVATE_READS="yes") as running:
        yield running.client


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8001", "127.9.9.9", "[::1]:80", "a.localhost:1"])
def test_without_keys_this_machine_is_answered(client, host):
    assert client.get("/projects/p/images", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.1", "localhost.evil.example", "[", "127.0.0.1.evil"])
def test_without_keys_other_names_are_refused(client, host):
    answer = client.get("/projects/p/images", headers={"Host": host})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "["])
def test_without_keys_pages_elsewhere_change_nothing(client, project, origin):
    headers = {"Origin": origin}
    assert client.post(f"/projects/{project}/images", files=UPLOAD, headers=headers).status_code == 403
    assert client.delete(f"/projects/{project}/images/a", headers=headers).status_code == 403
    assert client.put(f"/projects/{project}/primary/a", headers=headers).status_code == 403
    assert client.get(f"/projects/{project}/images", headers=headers).json()["images"] == []


def test_a_page_of_this_machine_may_upload(client, project):
    headers = {"Origin": "http://localhost:5173"}
    assert client.post(f"/projects/{project}/images", files=UPLOAD, headers=headers).status_code == 201


def test_an_open_address_must_be_meant(tmp_path):
    command = [sys.executable, "local_server.py", "--host", "0.0.0.0", "--port", str(free_port())]
    result = subprocess.run(
        [*command, "--storage", str(tmp_path / "s")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "--public" in result.stderr


def test_public_is_told_and_answers_any_name(tmp_path):
    with Service(tmp_path / "storage", "--public") as service:
        assert service.client.get("/projects/p/images", headers={"Host": "any.example"}).status_code == 200
        assert "may upload, delete and list" in service.log


def test_no_token_is_401(guarded, project):
    for answer in (
        guarded.post(f"/projects/{project}/images", files=UPLOAD),
        guarded.get(f"/projects/{project}/images"),
        guarded.get(f"/projects/{project}/images/a"),
        guarded.get(f"/projects/{project}/thumbnail"),
        guarded.delete(f"/projects/{project}/images/a"),
        guarded.put(f"/projects/{project}/primary/a"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_opens_its_project_for_its_scope(guarded, project):
    path = f"/projects/{project}/images"
    assert guarded.post(path, files=UPLOAD, headers=token(project=project, scope="upload")).status_code == 201
    assert guarded.post(path, files=UPLOAD, headers=token(project="other", scope="upload")).status_code == 403
    assert guarded.post(path, files=UPLOAD, headers=token(project=project, scope="read list")).status_code == 403
    assert len(guarded.get(path, headers=token(project="*", scope="list")).json()["images"]) == 1


def test_a_refusal_tells_nothing_of_what_is_there(guarded, project):
    guarded.post(f"/projects/{project}/images", files=UPLOAD, headers=token(project=project, scope="upload"))
    other = token(project="other", scope="read list delete")
    answers = [guarded.get(f"/projects/{name}/images", headers=other) for name in (project, "never-there")]
    assert answers[0].content == answers[1].content
    assert answers[0].status_code == answers[1].status_code == 403


def test_health_needs_no_token(guarded):
    assert guarded.get("/healthz").status_code == 200


def test_a_list_hands_out_signed_urls(guarded, project):
    path = f"/projects/{project}/images"
    guarded.post(path, files=UPLOAD, headers=token(project=project, scope="upload"))
    answer = guarded.get(path, headers=token(project=project, scope="list read"))
    assert answer.headers["cache-control"] == "private, no-cache"
    listed = answer.json()
    for url in [*listed["images"][0]["urls"].values(), listed["cover_url"]]:
        shown = guarded.get(url)
        assert shown.status_code == 200
        assert shown.headers["cache-control"].startswith("private, max-age=")
        assert guarded.get(url.replace("sig=", "sig=A")).status_code == 403
    assert guarded.get(listed["images"][0]["urls"]["thumb"].replace("thumb", "original")).status_code == 403


def test_who_may_only_list_gets_no_signature(guarded, project):
    path = f"/projects/{project}/images"
    guarded.post(path, files=UPLOAD, headers=token(project=project, scope="upload"))
    listed = guarded.get(path, headers=token(project=project, scope="list")).json()
    assert "sig=" not in str(listed)


def test_an_upload_that_may_read_has_signed_urls(guarded, project):
    headers = token(project=project, scope="upload read")
    answer = guarded.post(f"/projects/{project}/images", files=UPLOAD, headers=headers)
    assert guarded.get(answer.json()["urls"]["medium"]).status_code == 200


def test_projects_are_those_of_the_token(guarded, project):
    for name in (f"{project}-a", f"{project}-b", "elsewhere"):
        guarded.post(f"/projects/{name}/images", files=UPLOAD, headers=token(project=name, scope="upload"))
    found = guarded.get("/projects", headers=token(project=f"{project}*", scope="list")).json()["projects"]
    assert [one["project_id"] for one in found] == [f"{project}-a", f"{project}-b"]
