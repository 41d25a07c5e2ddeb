"""`--parity` says where the two ways differ, and nothing where they don't."""

import asyncio
import json

import httpx
import pytest
from photos import photo
from service import Service

from emulator.parity import compared


def app(name, log, status=200, etag="1"):
    async def answer(scope, receive, send):
        log.append(f"{name} {scope['method']}")
        headers = [(b"ETag", etag.encode()), (b"apigw-requestid", name.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"one ", "more_body": True})
        await send({"type": "http.response.body", "body": b"answer"})

    return answer


def ask(way, method="GET"):
    async def run():
        transport = httpx.ASGITransport(way)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            return await client.request(method, "/thing")

    return asyncio.run(run())


def test_a_read_is_answered_by_the_event_and_compared(caplog):
    log = []
    response = ask(compared(app("asgi", log), app("event", log)))
    assert (response.text, response.headers["apigw-requestid"]) == ("one answer", "event")
    assert log == ["asgi GET", "event GET"]
    assert caplog.messages == []


def test_each_part_that_differs_is_logged(caplog):
    ask(compared(app("asgi", []), app("event", [], status=404, etag="2")))
    parts = [message.partition(": asgi")[0] for message in caplog.messages]
    assert parts == ["GET /thing: status", "GET /thing: headers"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_changes_something_is_done_once(method):
    log = []
    ask(compared(app("asgi", log), app("event", log)), method)
    assert log == [f"event {method}"]


def test_reads_of_the_real_service_do_not_differ_but_for_unknown_routes(tmp_path):
    with Service(tmp_path / "storage", "--mode", "event", "--parity") as service:
        made = service.client.post("/projects/p/images", files={"file": ("a.jpg", photo())}).json()
        for url in ["/projects/p/images", "/projects/p/thumbnail", "/healthz", *made["urls"].values()]:
            etag = service.client.get(url).headers.get("etag", '"none"')
            service.client.head(url)
            service.client.get(url, headers={"if-none-match": etag})
            service.client.get(url, headers={"range": "bytes=5-9", "origin": "https://a.example"})
        for wrong in (
            "/projects/p/images/none",
            "/projects/a%2Fb/images",
            "/projects/%252e/images",
            "/projects/p/thumbnail/",
        ):
            service.client.get(wrong)
        lines = [json.loads(line) for line in service.log.splitlines() if "emulator.parity" in line]
    assert {line["message"].partition(":")[0] for line in lines} == {"GET /projects/p/thumbnail/"}
