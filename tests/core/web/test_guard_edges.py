"""The guard at its edges: answers in pieces before the body has ended, clients that go, what is logged and measured."""

import asyncio
import errno
import logging
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from core import measures, settings
from core.measures import Measure
from core.settings import Settings
from core.web.guard import Guard, has_body

BODY = [(b"content-length", b"10")]


def http(**scope: Any) -> Scope:
    basic = {"type": "http", "method": "POST", "path": "/x", "query_string": b"", "client": ("192.0.2.7", 1)}
    return basic | {"headers": BODY} | scope


def ask(app: Any, scope: Scope) -> list[Any]:
    """What happens between the guard and its server, in order: messages sent, and b"taken" for the body's."""
    seen: list[Any] = []

    async def receive() -> Message:
        seen.append(b"taken")
        return {"type": "http.request", "body": b"0123456789"}

    async def send(message: Message) -> None:
        seen.append(dict(message))

    asyncio.run(asyncio.wait_for(Guard(app, {"X-Own": "yes"})(scope, receive, send), 30))
    return seen


async def in_pieces(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
    for number in range(3):
        await send({"type": "http.response.body", "body": b"%d" % number, "more_body": number < 2})


def piece(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def test_answer_in_pieces_is_sent_before_the_rest_of_the_body_is_taken() -> None:
    start, *rest = ask(in_pieces, http())
    assert start["headers"] == [(b"a", b"b"), (b"x-own", b"yes"), (b"connection", b"close")]
    assert rest == [piece(b"0"), piece(b"1"), piece(b"2"), b"taken", {"type": "http.response.body"}]


def test_answer_to_a_request_without_a_body_is_passed_on() -> None:
    start, *rest = ask(in_pieces, http(headers=[]))
    assert start["headers"] == [(b"a", b"b"), (b"x-own", b"yes")]
    assert rest == [piece(b"0"), piece(b"1"), piece(b"2", more=False)]


def test_answer_to_a_body_that_was_read_keeps_the_connection() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await in_pieces(scope, receive, send)

    taken, start, *rest = ask(app, http())
    assert taken == b"taken"
    assert (b"connection", b"close") not in start["headers"]
    assert rest == [piece(b"0"), piece(b"1"), piece(b"2", more=False)]


def test_client_that_was_late_is_waited_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "current", lambda: Settings(idle_timeout=0.1))
    waited: list[bool] = []
    sent: list[Message] = []

    async def receive() -> Message:
        waited.append(True)
        await asyncio.Event().wait()
        return {}

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    asyncio.run(asyncio.wait_for(Guard(app)(http(), receive, send), 30))
    assert (sent[0]["status"], len(waited)) == (408, 1)


def test_what_is_no_request_reaches_the_app_as_it_is() -> None:
    passed: list[Any] = []

    async def app(*of: Any) -> None:
        passed.extend(of)

    scope = {"type": "lifespan"}
    asyncio.run(Guard(app)(scope, None, None))  # type: ignore[arg-type]
    assert passed == [scope, None, None]


def test_client_that_goes_away_is_told_apart_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def app(*_: Any) -> None:
        raise ClientDisconnect

    caplog.set_level(logging.INFO, "imgsrv.request")
    assert ask(app, http()) == []
    (record,) = caplog.records
    assert (record.__dict__["status"], record.__dict__["problem"]) == (499, "client-disconnected")


def test_lack_of_open_files_is_logged_with_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    async def app(*_: Any) -> None:
        raise OSError(errno.EMFILE, "too many open files")

    assert ask(app, http(headers=[]))[0]["status"] == 503
    assert "busy: OSError(24, 'too many open files')" in caplog.text


class Taker:
    def __init__(self) -> None:
        self.taken: list[tuple[str, tuple[str, ...]]] = []

    def take(self, measure: Measure, amount: float, labels: tuple[str, ...]) -> None:
        assert amount >= 0
        self.taken.append((measure.name, labels))

    def flush(self) -> None:
        self.taken.append(("flushed", ()))


def test_request_is_measured_when_it_has_ended() -> None:
    taker = Taker()
    measures.use(taker)
    try:
        ask(in_pieces, http(**{"aws.event": {"routeKey": "POST /x"}}))
    finally:
        measures.use(None)
    assert taker.taken == [("request_seconds", ("POST /x",)), ("requests", ("POST /x", "200")), ("flushed", ())]


@pytest.mark.parametrize(
    ("headers", "announced"),
    [
        ([], False),
        ([(b"content-length", b"0")], False),
        ([(b"content-length", b"1")], True),
        ([(b"transfer-encoding", b"chunked")], True),
        ([(b"content-type", b"1")], False),
    ],
)
def test_body_is_announced_by_its_length_or_its_encoding(headers: list[tuple[bytes, bytes]], announced: bool) -> None:
    assert has_body(headers) is announced
