"""The guard on apps of its own: slow bodies, refused bodies, a lack of open files, the request's line."""

import asyncio
import errno
import json
import logging

import pytest

from core import settings
from core.settings import Settings
from core.web import guard
from core.web.guard import Guard
from core.web.requestlog import masked

BODY = [(b"content-length", b"10")]


def http(headers=(), **scope):
    basic = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "client": ("192.0.2.7", 1)}
    return basic | {"headers": list(headers)} | scope


async def read_all(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await answer(scope, receive, send)


async def answer(scope, receive, send):
    headers = [(b"location", b"/projects/p/images/0abc")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": b"made"})


def ask(app, scope, chunks=(), pause=0.0):
    """(status, headers, body, chunks that were taken) of a guarded app whose client sends chunks after pauses."""
    sent: list[dict] = []
    taken: list[bytes] = []

    async def receive():
        if len(taken) == len(chunks):
            await asyncio.Event().wait()  # a client that stalls
        await asyncio.sleep(pause)
        taken.append(chunks[len(taken)])
        return {"type": "http.request", "body": taken[-1], "more_body": True}

    async def send(message):
        sent.append(message)

    asyncio.run(asyncio.wait_for(Guard(app)(scope, receive, send), 30))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    assert not sent[-1].get("more_body")
    return sent[0]["status"], dict(sent[0]["headers"]), body, len(taken)


@pytest.fixture
def line(caplog):
    """The fields of the one line that a request left."""
    caplog.set_level(logging.INFO, "imgsrv.request")

    def fields():
        (record,) = [record for record in caplog.records if record.levelno == logging.INFO]
        return record.__dict__

    return fields


def limit(monkeypatch, **limits):
    monkeypatch.setattr(settings, "current", lambda: Settings(**limits))


def test_body_that_stalls_is_408(monkeypatch):
    limit(monkeypatch, idle_timeout=0.1)
    status, headers, body, taken = ask(read_all, http(BODY), [b"some"])
    assert (status, taken) == (408, 1)
    assert json.loads(body)["type"] == "/problems/request-timeout"
    assert headers[b"connection"] == b"close"


def test_body_that_trickles_is_408(monkeypatch):
    limit(monkeypatch, body_timeout=0.3)
    status, _, body, taken = ask(read_all, http(BODY), [b"."] * 10_000, pause=0.01)
    assert status == 408
    assert "0.3 seconds in all" in json.loads(body)["detail"]
    assert taken < 10_000


def test_refused_body_is_read_to_a_bound():
    status, headers, body, taken = ask(answer, http(BODY), [b"x" * 100_000] * 1000)
    assert (status, body, headers[b"connection"]) == (201, b"made", b"close")
    assert taken == 40


def test_answer_without_a_body_keeps_the_connection():
    for headers in ([], [(b"content-length", b"0")]):
        _, answered, _, taken = ask(answer, http(headers))
        assert b"connection" not in answered
        assert taken == 0


def test_event_is_not_waited_for():
    _, answered, _, taken = ask(answer, http(BODY, **{"aws.event": {"requestContext": {"requestId": "r"}}}))
    assert b"connection" not in answered
    assert taken == 0


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE])
def test_lack_of_open_files_is_503(code):
    async def app(scope, receive, send):
        raise OSError(code, "no")

    status, headers, body, _ = ask(app, http())
    assert (status, json.loads(body)["type"]) == (503, "/problems/busy")
    assert b"retry-after" in headers


def test_line_tells_who_asked_what_and_what_was_made(line):
    ask(answer, http(query_string=b"size=thumb&sig=secret&exp=7"))
    fields = line()
    assert (fields["method"], fields["path"], fields["status"], fields["bytes"]) == ("POST", "/x", 201, 4)
    assert (fields["client"], fields["query"]) == ("192.0.2.7", "size=thumb&sig=***&exp=7")
    assert fields["image"] == "0abc"
    assert fields["request"]


@pytest.mark.parametrize(
    ("headers", "image"),
    [
        ([(b"upload-image-id", b"0def")], "0def"),
        ([(b"location", b"/projects/p/uploads/77")], None),
        ([], None),
    ],
)
def test_line_names_the_image_of_a_resumable_upload(line, headers, image):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    ask(app, http(method="PATCH"))
    assert line().get("image") == image


def test_line_does_not_tell_the_url_of_an_upload(line):
    ask(answer, http(path="/projects/p/uploads/" + "0123456789abcdef" * 2))
    assert line()["path"] == "/projects/p/uploads/01234567..."


def test_line_has_the_gateways_id(line):
    ask(answer, http(**{"aws.event": {"requestContext": {"requestId": "JKJaXmPLvHcESHA="}}}))
    assert line()["request"] == "JKJaXmPLvHcESHA="


def test_own_ids_differ(caplog):
    caplog.set_level(logging.INFO, "imgsrv.request")
    for _ in range(3):
        ask(answer, http())
    assert len({record.__dict__["request"] for record in caplog.records}) == 3


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("token=a.b.c", "token=***"),
        ("TOKEN=x&Sig=y&a", "TOKEN=***&Sig=***&a"),
        ("%73ig=x", "%73ig=***"),
        ("signature=x&a=sig", "signature=x&a=sig"),
    ],
)
def test_tokens_and_signatures_are_masked(query, shown):
    assert masked(query.encode()) == shown


def test_refused_body_that_stalls_is_waited_for_no_longer(monkeypatch):
    limit(monkeypatch, idle_timeout=3600, body_timeout=3600)
    monkeypatch.setattr(guard, "_DRAIN_SECONDS", 0.1)
    status, _, body, taken = ask(answer, http(BODY), [b"some"])
    assert (status, body, taken) == (201, b"made", 1)


def test_text_of_an_unexpected_error_is_logged_and_not_told(caplog):
    async def app(scope, receive, send):
        raise RuntimeError("secret")

    status, headers, body, _ = ask(app, http())
    assert (status, json.loads(body)["type"]) == (500, "/problems/internal-error")
    assert b"secret" not in body + b"".join(headers.values())
    assert "RuntimeError: secret" in caplog.text


def test_error_in_the_middle_of_an_answer_cuts_it_off():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("secret")

    with pytest.raises(RuntimeError):
        ask(app, http())
