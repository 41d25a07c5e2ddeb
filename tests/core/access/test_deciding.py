"""The decision for a request: what needs credentials, which of them count, and what they grant."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.access import deciding, tokens, urls
from core.access.deciding import Asked, Policy, granted, policy, signed_until, signer
from core.access.grants import ANYTHING, Grant
from core.access.keys import Keys
from core.errors import Forbidden, SettingsError, Unauthorized
from core.settings import Settings

SECRET = "s" * 40
KEYS: Keys = {"1": SECRET.encode()}
PATH = "/projects/p/images/a"
CLAIMS = {"team": "p", "scope": "img/read"}  # as an issuer writes them


def settings(**values: Any) -> Settings:
    return Settings(storage_root=Path("unused"), **values)


OPEN = policy(settings())
KEYED = policy(settings(secret=SECRET, token_life=100.0))
PRIVATE = policy(settings(secret=SECRET, private_reads=True))
ISSUED = policy(settings(authorizer=True, project_claim="team", scope_prefix="img/"))
BOTH = policy(settings(authorizer=True, secret=SECRET, private_reads=True, project_claim="team", scope_prefix="img/"))


def bearer(seconds: float = 60, **claims: str) -> str:
    return "Bearer " + tokens.mint(KEYS, seconds, **({"project": "p", "scope": "read upload"} | claims))


def asked(scope: str = "upload", authorization: str = "", **more: Any) -> Asked:
    return Asked(scope, "p", PATH, authorization=authorization, **more)


def signature(size: str = "thumb", path: str = PATH, exp: int | None = None) -> dict[str, str]:
    query = urls.query(KEYS, path, size, exp or int(time.time()) + 60)
    return {"size": size} | dict(pair.split("=") for pair in query.split("&"))


@pytest.mark.parametrize(
    ("found", "needing"),
    [
        (OPEN, set()),
        (KEYED, {"upload", "delete"}),
        (ISSUED, {"upload", "delete"}),
        (PRIVATE, {"read", "list", "upload", "delete"}),
    ],
    ids=["open", "keys", "authorizer", "private reads"],
)
def test_what_needs_credentials(found: Policy, needing: set[str]) -> None:
    for scope in ("read", "list", "upload", "delete"):
        assert found.needs_grant(scope) == (scope in needing)
        if scope in needing:
            with pytest.raises(Unauthorized):
                found.decide(asked(scope))
        else:
            assert found.decide(asked(scope)) == ANYTHING


def test_token_grants_what_it_says_and_no_more() -> None:
    assert KEYED.decide(asked("upload", bearer())) == Grant("p", frozenset({"read", "upload"}))
    assert PRIVATE.decide(asked("read", bearer())).scopes == {"read", "upload"}
    for refused in (asked("delete", bearer()), asked("upload", bearer(project="q"))):
        with pytest.raises(Forbidden):
            KEYED.decide(refused)


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", "Basic abc"])
def test_what_is_no_token_of_ours_is_unauthorized(shown: str) -> None:
    with pytest.raises(Unauthorized):
        KEYED.decide(asked("upload", shown))


def test_token_without_a_scheme_or_for_too_long_is_unauthorized() -> None:
    for shown in (bearer().removeprefix("Bearer "), bearer(3600)):
        with pytest.raises(Unauthorized):
            KEYED.decide(asked("upload", shown))


def test_scheme_is_read_in_any_case() -> None:
    assert KEYED.decide(asked("upload", bearer().replace("Bearer ", "bEARER  "))).project == "p"


@pytest.mark.parametrize(("shown", "told"), [("", "needs a token"), ("Basic x", "needs a token"), ("Bearer", "needs")])
def test_sentence_says_that_a_token_is_missing(shown: str, told: str) -> None:
    with pytest.raises(Unauthorized, match=told):
        KEYED.decide(asked("upload", shown))


def test_token_without_keys_is_the_authorizers_alone() -> None:
    with pytest.raises(Unauthorized, match="authorizer"):
        ISSUED.decide(asked("upload", bearer()))


def test_claims_count_that_an_authorizer_has_verified() -> None:
    claims = {"team": "p", "scope": "img/upload"}
    assert ISSUED.decide(asked("upload", claims=claims)) == Grant("p", frozenset({"upload"}))
    with pytest.raises(Forbidden):
        ISSUED.decide(asked("delete", claims=claims))
    with pytest.raises(Unauthorized):  # without an authorizer nobody can have verified them
        KEYED.decide(asked("upload", claims=claims))


def test_beside_an_authorizer_our_own_tokens_count() -> None:
    assert BOTH.decide(asked("upload", bearer())).project == "p"
    assert BOTH.decide(asked("read", claims=CLAIMS)) == Grant("p", frozenset({"read"}))


def test_signed_url_reads_one_picture_in_one_size() -> None:
    assert PRIVATE.decide(asked("read", parameters=signature())) == Grant("p", frozenset({"read"}))
    for parameters in (signature() | {"size": "medium"}, signature(path="/other"), signature(exp=7), {"sig": "x"}):
        with pytest.raises(Forbidden):
            PRIVATE.decide(asked("read", parameters=parameters))


def test_signed_url_reads_and_does_nothing_else() -> None:
    for scope in ("list", "upload"):
        with pytest.raises(Unauthorized):
            PRIVATE.decide(asked(scope, parameters=signature()))
    assert PRIVATE.decide(asked("list", bearer(scope="list"), parameters=signature())).scopes == {"list"}


def test_picture_of_no_size_and_no_project_is_signed_too() -> None:
    parameters = signature("")
    del parameters["size"]
    assert PRIVATE.decide(Asked("read", None, PATH, parameters)) == Grant("", frozenset({"read"}))


def test_nobody_can_sign_where_there_are_no_keys() -> None:
    found = Policy(settings(authorizer=True, private_reads=True), keys={})
    with pytest.raises(Forbidden):
        found.decide(asked("read", parameters=signature()))


def test_edge_secret_is_asked_for_where_there_is_one() -> None:
    edged = policy(settings(edge_secret="e" * 40))
    assert edged.came_by_edge(b"e" * 40)
    assert not edged.came_by_edge(b"")
    assert not edged.came_by_edge(b"e" * 39)
    assert OPEN.came_by_edge(b"")
    assert OPEN.came_by_edge(b"anything")


@pytest.fixture
def reader() -> Iterator[None]:
    """A request that may read."""
    before = granted.set(Grant("p", frozenset({"read"})))
    yield
    granted.reset(before)


@pytest.mark.usefixtures("reader")
def test_urls_are_signed_for_who_may_read_and_where_reads_are_private() -> None:
    private = settings(secret=SECRET, private_reads=True, url_life=100.0)
    sign, until = signer(private), signed_until(private)
    assert sign is not None
    assert until is not None
    assert time.time() + 99 < until <= time.time() + 200
    assert PRIVATE.decide(asked("read", parameters={"size": "thumb"} | _parsed(sign(PATH, "thumb"))))
    for public in (settings(), settings(secret=SECRET)):
        assert signer(public) is None
        assert signed_until(public) is None


def test_who_may_not_read_gets_no_signed_urls() -> None:
    private = settings(secret=SECRET, private_reads=True)
    before = granted.set(Grant("p", frozenset({"list", "upload"})))
    assert signer(private) is None
    granted.reset(before)


@pytest.mark.parametrize("given", [{"secret": SECRET}, {"authorizer": True}, {"public": True}, {}], ids=str)
def test_deployed_function_is_open_only_if_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    deciding.policy.cache_clear()
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "upload")
    if given:
        assert policy(settings(**given)).is_open == ("public" in given)
    else:
        with pytest.raises(SettingsError, match="a deployed function needs"):
            policy(settings())
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    assert policy(settings()).is_open


def test_private_reads_need_a_key_that_signs() -> None:
    with pytest.raises(SettingsError, match="sign URLs"):
        policy(settings(private_reads=True, authorizer=True))


def _parsed(query: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in query.split("&"))
