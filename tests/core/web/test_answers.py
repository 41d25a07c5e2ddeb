"""Answers on their own: how a body is sent piece by piece, and that nothing is kept or made in vain."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from answering import ask

from core.errors import PreconditionFailed, RangeNotSatisfiable, ResponseTooLarge
from core.projects import OpenFile
from core.settings import Settings
from core.web.answers import FileAnswer, JsonAnswer, Made
from core.web.conditions import is_fresh

PIECE = 1 << 20


def body(sent: list[dict[str, Any]]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent[1:])


def header(sent: list[dict[str, Any]], name: bytes) -> bytes | None:
    return dict(sent[0]["headers"]).get(name)


class Stored:
    """A file whose answers are asked for; `open` tells whether the last one still holds it."""

    def __init__(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        self.path, self.content = path, content

    def answer(self, limit: int = 0, dated: bool = False) -> FileAnswer:
        self.descriptor = os.open(self.path, os.O_RDONLY)
        file = OpenFile(self.descriptor, os.fstat(self.descriptor))
        return FileAnswer(Settings(max_response_bytes=limit), file, "name", lasts=dated)

    @property
    def open(self) -> bool:
        try:
            os.fstat(self.descriptor)
        except OSError:
            return False
        return True


@pytest.fixture
def large(tmp_path: Path) -> Stored:
    return Stored(tmp_path / "f", os.urandom(2 * PIECE + 5))


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_file_is_sent_in_pieces_of_which_one_is_the_last(tmp_path: Path, length: int) -> None:
    stored = Stored(tmp_path / "f", os.urandom(length))
    sent = ask(stored.answer())
    assert body(sent) == stored.content
    assert [message.get("more_body", False) for message in sent[1:]] == [True] * (len(sent) - 2) + [False]
    assert all(len(message.get("body", b"")) <= PIECE for message in sent[1:])
    assert header(sent, b"content-length") == b"%d" % length


def test_range_may_cross_pieces(large: Stored) -> None:
    sent = ask(large.answer(), range=f"bytes={PIECE - 1}-{2 * PIECE + 1}")
    assert (sent[0]["status"], body(sent)) == (206, large.content[PIECE - 1 : 2 * PIECE + 2])


def test_file_that_was_shortened_ends_early(large: Stored) -> None:
    answer = large.answer()
    os.truncate(large.path, PIECE + 1)
    sent = ask(answer)
    assert (body(sent), sent[-1].get("more_body", False)) == (large.content[: PIECE + 1], False)
    assert header(sent, b"content-length") == b"%d" % len(large.content)


def test_file_is_closed_however_the_answer_ends(large: Stored) -> None:
    ask(large.answer())
    assert not large.open
    etag = header(ask(large.answer(), "HEAD"), b"etag")
    assert not large.open
    assert ask(large.answer(), if_none_match=(etag or b"").decode())[0]["status"] == 304
    assert not large.open
    for refused, headers in ((PreconditionFailed, {"if_match": '"x"'}), (RangeNotSatisfiable, {"range": "bytes=-0"})):
        with pytest.raises(refused):
            ask(large.answer(), **headers)
        assert not large.open


def test_limit_is_on_what_one_answer_carries(tmp_path: Path) -> None:
    stored = Stored(tmp_path / "f", b"0123456789")
    assert body(ask(stored.answer(limit=10))) == b"0123456789"
    assert body(ask(stored.answer(limit=9), range="bytes=1-9")) == b"123456789"
    assert ask(stored.answer(limit=9), "HEAD")[0]["status"] == 200
    with pytest.raises(ResponseTooLarge, match=r"10 bytes.* at most 9 "):
        ask(stored.answer(limit=9))


@pytest.mark.parametrize(("asked", "given"), [("0-9", b"0123"), ("3-", b"3456"), ("-5", b"5678"), ("8-", b"89")])
def test_range_is_cut_to_what_fits(tmp_path: Path, asked: str, given: bytes) -> None:
    stored = Stored(tmp_path / "f", b"0123456789")
    sent = ask(stored.answer(limit=4), range=f"bytes={asked}")
    assert (sent[0]["status"], body(sent)) == (206, given)
    start = stored.content.index(given)
    assert header(sent, b"content-range") == b"bytes %d-%d/10" % (start, start + len(given) - 1)
    assert header(sent, b"content-length") == b"%d" % len(given)


def test_only_what_never_changes_has_a_date(large: Stored) -> None:
    assert header(ask(large.answer(dated=True), "HEAD"), b"last-modified")
    assert header(ask(large.answer(), "HEAD"), b"last-modified") is None


def test_json_is_made_once_in_a_thread_and_not_for_a_304() -> None:
    made: list[str] = []

    def make() -> Made:
        made.append(threading.current_thread().name)
        return Made("2", b"{}")

    assert ask(JsonAnswer(Settings(), "1", make), if_none_match='"1"')[0]["status"] == 304
    assert made == []
    sent = ask(JsonAnswer(Settings(), "1", make))
    assert (body(sent), header(sent, b"etag"), len(made)) == (b"{}", b'"2"', 1)
    assert made[0] != threading.current_thread().name


def test_json_of_no_known_version_is_made_before_it_is_compared() -> None:
    sent = ask(JsonAnswer(Settings(), None, lambda: Made("2", b"{}")), if_none_match='"2"')
    assert (sent[0]["status"], header(sent, b"etag")) == (304, b'"2"')
    sent = ask(JsonAnswer(Settings(), None, lambda: Made(None, b"{}")), if_none_match="*")
    assert (sent[0]["status"], header(sent, b"etag")) == (200, None)


def test_page_links_to_the_next() -> None:
    linked = ask(JsonAnswer(Settings(), None, lambda: Made("2", b"{}", "/projects?after=p")))
    assert header(linked, b"link") == b'</projects?after=p>; rel="next"'
    assert header(ask(JsonAnswer(Settings(), None, lambda: Made("2", b"{}"))), b"link") is None


@pytest.mark.parametrize(
    ("condition", "fresh"),
    [
        (None, False),
        (b'"e"', True),
        (b'W/"e"', True),
        (b'"x" , "e"', True),
        (b"*", True),
        (b'"x"', False),
        (b"", False),
    ],
)
def test_freshness_is_compared_weakly(condition: bytes | None, fresh: bool) -> None:
    assert is_fresh(condition, b'"e"') is fresh
    assert not is_fresh(condition, None)
