"""Tokens: which count, which do not, and what they grant."""

import base64
import json
import time

import jwt
import pytest

from core.access import tokens
from core.access.grants import Grant
from core.errors import Unauthorized

OLD, NEW = b"o" * 64, b"n" * 64
KEYS = {"new": NEW, "old": OLD}
DAY = 86_400
CLAIMS = {"project": "123", "scope": "upload read"}


def minted(key: bytes = NEW, kid: str | None = "new", algorithm: str = "HS256", seconds: float = 60, **claims) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(CLAIMS | {"exp": time.time() + seconds} | claims, key, algorithm, headers=headers)


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_a_token_grants_its_claims():
    grant = tokens.verify(KEYS, minted(sub="ann", max_bytes=5, max_images=2), DAY)
    assert grant == Grant("123", frozenset({"upload", "read"}), "ann", 5, 2)


def test_our_own_tokens_are_taken():
    token = tokens.mint(KEYS, 60, project="a*", scope="list")
    assert tokens.verify(KEYS, token, DAY) == Grant("a*", frozenset({"list"}))
    assert jwt.get_unverified_header(token)["kid"] == "new"


def test_an_older_key_still_verifies():
    assert tokens.verify(KEYS, minted(OLD, "old"), DAY).project == "123"


def test_one_key_needs_no_name():
    assert tokens.verify({"1": NEW}, minted(kid=None), DAY).project == "123"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        minted()[:-2],
        minted(kid=None),
        minted(kid="unknown"),
        minted(OLD, "new"),
        minted(algorithm="HS512"),
        minted(exp=None),
        minted(exp="soon"),
        minted(seconds=-31),
        minted(seconds=2 * DAY),
        minted(nbf=time.time() + DAY),
        minted(nbf="later"),
        minted(project=None),
        minted(project=5),
        minted(project="a/b"),
        minted(project="**"),
        minted(project=""),
        minted(scope=None),
        minted(scope=""),
        minted(scope=[1]),
        minted(scope={"upload": True}),
        minted(max_bytes=-1),
        minted(max_bytes=True),
        minted(max_images="many"),
        minted(sub=5),
        minted(name="x" * 5000),
        f"{part({'alg': 'none', 'kid': 'new'})}.{part(CLAIMS | {'exp': time.time() + 60})}.",
        f"{part({'alg': 'HS256', 'kid': ['new']})}.{part(CLAIMS)}.AAAA",
        f"{part([])}.{part(CLAIMS)}.AAAA",
        "é.é.é",
    ],
)
def test_what_does_not_count(token):
    with pytest.raises(Unauthorized) as refused:
        tokens.verify(KEYS, token, DAY)
    assert token not in refused.value.detail or not token


def test_clocks_may_differ_a_little():
    assert tokens.verify(KEYS, minted(seconds=-20), DAY)
    assert tokens.verify(KEYS, minted(nbf=time.time() + 20), DAY)


def test_a_token_that_is_known_still_expires(monkeypatch):
    token = minted()
    assert tokens.verify(KEYS, token, DAY)
    later = time.time() + 120
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(Unauthorized, match="expired"):
        tokens.verify(KEYS, token, DAY)


def test_a_public_key_is_no_secret():
    # The classic confusion: a token signed with HMAC under an RSA public key's text.
    forged = minted(b"-----BEGIN PUBLIC KEY-----".ljust(64), "new", algorithm="HS256")
    with pytest.raises(Unauthorized):
        tokens.verify(KEYS, forged, DAY)
