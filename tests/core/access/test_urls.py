"""Signed URLs: what is signed, and what a change of any part costs."""

import time

import pytest

from core.access import urls

KEYS = {"new": b"n" * 32, "old": b"o" * 32}
PATH = "/projects/1/images/a"


def parameters(query: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in query.split("&"))


def signed(path: str = PATH, size: str = "thumb", seconds: int = 60, keys=KEYS) -> dict[str, str]:
    return parameters(urls.query(keys, path, size, int(time.time()) + seconds))


def test_a_signed_url_holds():
    assert urls.holds(KEYS, PATH, "thumb", signed())


def test_an_older_key_still_holds():
    assert urls.holds(KEYS, PATH, "thumb", signed(keys={"old": KEYS["old"]}))


@pytest.mark.parametrize("change", ["path", "size", "exp", "sig", "expired", "key", "no exp", "no sig", "odd exp"])
def test_any_change_breaks_it(change):
    path, size, given, keys = PATH, "thumb", signed(), KEYS
    if change == "path":
        path = "/projects/1/images/b"
    elif change == "size":
        size = "original"
    elif change == "exp":
        given["exp"] = str(int(given["exp"]) + 1)
    elif change == "sig":
        given["sig"] = ("B" if given["sig"][0] == "A" else "A") + given["sig"][1:]
    elif change == "expired":
        given = signed(seconds=-1)
    elif change == "key":
        keys = {"1": b"x" * 32}
    elif change == "odd exp":
        given["exp"] = "٣" * 5
    else:
        del given[change.removeprefix("no ")]
    assert not urls.holds(keys, path, size, given)


def test_expiries_are_rounded(monkeypatch):
    clock = iter((1_000_000, 1_000_500))
    monkeypatch.setattr(time, "time", lambda: next(clock))
    first, later = urls.expiry(3600), urls.expiry(3600)
    assert first == later
    assert 3600 <= first - 1_000_000 <= 7200
