"""Requests that two servers read differently, or that bring their rights along: all are refused."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from service import Service

from core.access import tokens

SECRET = "s" * 40
TOKEN = tokens.mint({"1": SECRET.encode()}, 3600, project="p", scope="upload list delete")
LIST = "GET /projects/p/images HTTP/1.1\r\nHost: x\r\n"
POST = "POST /projects/p/uploads HTTP/1.1\r\nHost: x\r\n"
OWN_LIST = f"{LIST}Authorization: Bearer {TOKEN}\r\n\r\n"
CLAIMS = '{"authorizer":{"jwt":{"claims":{"project":"*","scope":"list"}}}}'


@pytest.fixture(scope="module", params=["asgi", "event"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with a key and private reads."""
    storage: Path = tmp_path_factory.mktemp("disguised") / "storage"
    with Service(storage, "--mode", request.param, IMGSRV_SECRET=SECRET, IMGSRV_PRIVATE_READS="yes") as running:
        yield running


def statuses(service: Service, text: str) -> list[str]:
    """The status of each answer to what is sent on one connection."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(text.encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return [line.split()[1] for line in answer.decode("latin-1").split("\r\n") if line.startswith("HTTP/1.1 ")]


@pytest.mark.parametrize(
    "text",
    [
        f"{POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{OWN_LIST}",
        f"{POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        f"{POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        f"{POST}Content-Length: +4\r\n\r\nabcd",
        f"{LIST}Authorization : Bearer {TOKEN}\r\nConnection: close\r\n\r\n",
        f"{LIST}Authorization: Bearer\r\n {TOKEN}\r\nConnection: close\r\n\r\n",
        f"{LIST}\x00Authorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n",
        f"CONNECT x:1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_two_servers_read_differently_is_400(service, text):
    assert statuses(service, text) == ["400"]


@pytest.mark.parametrize(
    "header",
    [
        f"X_Authorization: Bearer {TOKEN}",
        f"X-Original-Authorization: Bearer {TOKEN}",
        f"Proxy-Authorization: Bearer {TOKEN}",
        f"Cookie: token={TOKEN}",
        f"X-Amzn-Request-Context: {CLAIMS}",
        f'X-Apigateway-Event: {{"requestContext": {CLAIMS}}}',
        "X-Forwarded-For: 127.0.0.1",
        "X-Original-URL: /healthz",
        "X-Rewrite-URL: /limits",
        "X-HTTP-Method-Override: OPTIONS",
    ],
)
def test_no_header_but_authorization_brings_rights(service, header):
    for text in (LIST, POST):
        assert statuses(service, f"{text}{header}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") == ["401"]


def test_an_upload_is_of_its_project(service):
    own = {"Authorization": f"Bearer {TOKEN}", "Tus-Resumable": "1.0.0", "Upload-Length": "10"}
    begun = service.client.post("/projects/p/uploads", headers=own).headers["location"]
    upload = begun.rpartition("/")[2]
    asked = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    for path in (
        f"/projects/q/uploads/{upload}",
        f"/projects/p/uploads/{upload.upper()}",
        f"{begun}%0A",
        f"{begun[:-1]}",
    ):
        for method in ("HEAD", "GET", "PATCH", "DELETE"):
            status = service.client.request(method, path, headers=asked, content=b"x").status_code
            assert status == (400 if "%0A" in path else 404)
    assert service.client.head(begun, headers=asked).status_code == 200
    assert upload not in service.log


@pytest.mark.parametrize("path", ["/sweep", "/purge", "/2015-03-31/functions/function/invocations", "/invoke"])
def test_what_runs_by_schedule_has_no_route(service, path):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert service.client.post(path, headers=headers).status_code == 404


@pytest.mark.parametrize("condition", ["If-Match", "If-None-Match", "If-Modified-Since", "Range"])
def test_no_condition_tells_what_exists(service, condition):
    other = {"Authorization": "Bearer " + tokens.mint({"1": SECRET.encode()}, 60, project="o", scope="read list")}
    for rights in ({}, other):
        answers = {
            (answer.status_code, answer.content)
            for path in (
                "/projects/p/images",
                "/projects/nowhere/images",
                "/projects/p/thumbnail",
                "/projects/n/thumbnail",
            )
            for answer in [service.client.get(path, headers=rights | {condition: "*"})]
        }
        assert {status for status, _ in answers} == ({403} if rights else {401})
        assert len(answers) <= 2, "the scope that is missing is told, and nothing else"
