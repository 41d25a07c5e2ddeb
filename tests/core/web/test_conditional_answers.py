"""Answers to conditions and to HEAD: what is sent, and that every answer ends."""

import os
from pathlib import Path
from typing import Any

import pytest
from answering import ask

from core.errors import PreconditionFailed, ResponseTooLarge
from core.projects import OpenFile
from core.settings import Settings
from core.web.answers import FileAnswer, FoundAnswer, JsonAnswer, Made, disposition, lasting

CONTENT = b"0123456789"
MODIFIED = 784111777
NOW, BEFORE, LATER = (f"Sun, 06 Nov 1994 08:49:{second} GMT" for second in (37, 36, 38))
END = {"type": "http.response.body"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of ten bytes."""
    path = tmp_path / "f"
    path.write_bytes(CONTENT)
    os.utime(path, (MODIFIED, MODIFIED))
    return path


def answer(path: Path, dated: bool = False, limit: int = 0, policy: str = "", copy: Any = None) -> FileAnswer:
    settings = Settings(max_response_bytes=limit, resource_policy=policy)
    descriptor = os.open(path, os.O_RDONLY)
    return FileAnswer(settings, OpenFile(descriptor, os.fstat(descriptor)), "name", lasts=dated, copy=copy)


@pytest.mark.parametrize(
    ("dated", "since", "status"),
    [(True, NOW, 304), (True, LATER, 304), (True, BEFORE, 200), (True, "soon", 200), (False, LATER, 200)],
)
def test_what_has_a_date_may_be_unmodified_since(path: Path, dated: bool, since: str, status: int) -> None:
    sent = ask(answer(path, dated=dated), if_modified_since=since)
    assert sent[0]["status"] == status
    assert sent[1:] == ([END] if status == 304 else [END | {"body": CONTENT, "more_body": False}])


@pytest.mark.parametrize(
    ("dated", "since", "refused"),
    [(True, NOW, False), (True, LATER, False), (True, BEFORE, True), (False, BEFORE, False)],
)
def test_what_was_modified_since_is_refused(path: Path, dated: bool, since: str, refused: bool) -> None:
    if refused:
        with pytest.raises(PreconditionFailed):
            ask(answer(path, dated=dated), if_unmodified_since=since)
    else:
        assert ask(answer(path, dated=dated), if_unmodified_since=since)[0]["status"] == 200
    assert ask(answer(path, dated=dated), if_unmodified_since=since, if_match="*")[0]["status"] == 200


@pytest.mark.parametrize(
    ("dated", "condition", "status"),
    [
        (False, "{etag}", 206), (False, '"other"', 200), (False, NOW, 200), (True, NOW, 206), (True, LATER, 200),
        (True, BEFORE, 200),
    ],
)  # fmt: skip
def test_range_holds_for_the_version_that_it_names(path: Path, dated: bool, condition: str, status: int) -> None:
    known = answer(path, dated=dated)
    sent = ask(known, range="bytes=3-4", if_range=condition.format(etag=(known.etag or b"").decode()))
    assert (sent[0]["status"], sent[1]["body"]) == (status, b"34" if status == 206 else CONTENT)


def test_head_tells_all_but_the_body(path: Path) -> None:
    shown, whole = ask(answer(path, limit=1), "HEAD"), ask(answer(path))
    assert shown == [whole[0], END]
    assert dict(shown[0]["headers"])[b"content-length"] == b"10"
    assert ask(answer(path), "HEAD", range="bytes=3-4") == ask(answer(path), "HEAD")


def test_file_has_a_date_and_a_limit_only_where_they_are_given(path: Path) -> None:
    sent = ask(answer(path))
    assert b"last-modified" not in dict(sent[0]["headers"])
    assert sent[1]["body"] == CONTENT
    with pytest.raises(ResponseTooLarge):
        ask(answer(path, limit=1))


@pytest.mark.parametrize("policy", ["cross-origin", ""])
def test_picture_tells_which_pages_may_show_it(path: Path, policy: str) -> None:
    headers = dict(ask(answer(path, policy=policy))[0]["headers"])
    assert headers.get(b"cross-origin-resource-policy", b"") == policy.encode()
    assert headers[b"content-disposition"] == b'inline; filename="name.jpg"'


def test_private_pictures_stay_in_the_browser() -> None:
    shared = lasting(Settings(browser_age=7, edge_age=8))
    own = lasting(Settings(browser_age=7, private_reads=True, secret="s" * 40))
    assert (shared, own) == (b"public, max-age=7, s-maxage=8, immutable", b"private, max-age=7, immutable")


@pytest.mark.parametrize(
    ("download", "plain", "exact"),
    [
        ("", "a", "a"),
        ("cat.png", "cat", "cat"),
        ("cat.HEIC", "cat", "cat"),
        ("cat.txt", "cat.txt", "cat.txt"),
        ('../c:a\n"t?*<>|.jpg', "cat", "cat"),
        ("Känguru", "K_nguru", "K%C3%A4nguru"),
        (" . ", "a", "a"),
        ("x" * 200, "x" * 150, "x" * 150),
    ],
)
def test_saved_picture_has_a_name_that_every_system_takes(download: str, plain: str, exact: str) -> None:
    expected = f"attachment; filename=\"{plain}.jpg\"; filename*=UTF-8''{exact}.jpg"
    assert disposition("a", download) == expected.encode()


def test_file_that_was_found_is_answered(path: Path) -> None:
    assert ask(FoundAnswer(lambda: answer(path))) == ask(answer(path))


@pytest.mark.parametrize(("private", "cache"), [(False, b"no-cache"), (True, b"private, no-cache")])
def test_what_changes_is_asked_for_again_and_may_be_private(path: Path, private: bool, cache: bytes) -> None:
    settings = Settings(private_reads=private)
    descriptor = os.open(path, os.O_RDONLY)
    cover = FileAnswer(settings, OpenFile(descriptor, os.fstat(descriptor)), "name", lasts=False)
    for sent in ask(cover), ask(JsonAnswer(settings, None, lambda: Made(None, b"{}"))):
        assert dict(sent[0]["headers"])[b"cache-control"] == cache


def test_file_too_large_for_an_answer_is_read_elsewhere(path: Path) -> None:
    class Copied:
        def url(self, descriptor: int, headers: dict[str, str]) -> str:
            assert os.pread(descriptor, 10, 0) == CONTENT
            assert headers == {"CacheControl": "no-cache", "ContentDisposition": 'inline; filename="name.jpg"'}
            return "https://elsewhere.example/x"

    start, end = ask(answer(path, limit=9, copy=Copied()))
    assert (start["status"], end) == (307, END)
    assert {(b"location", b"https://elsewhere.example/x"), (b"content-length", b"0")} < set(start["headers"])
