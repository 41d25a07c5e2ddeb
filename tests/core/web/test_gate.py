"""The gate: which requests reach the app, and what it learns of their credentials."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from core import settings
from core.access import tokens, urls
from core.access.deciding import granted
from core.access.grants import ANYTHING, Grant
from core.errors import Forbidden, InvalidProjectId, Unauthorized
from core.settings import Settings
from core.web.gate import Gate, Needs

SECRET = "s" * 40
KEYS = {"1": SECRET.encode()}
TEAM = {"scope": "upload", "team": "p"}


def ask(
    monkeypatch: pytest.MonkeyPatch,
    needs: Needs,
    headers: list[tuple[bytes, bytes]] | None = None,
    given: dict[str, Any] | None = None,
    **scope: Any,
) -> Grant | None:
    """What the app was granted; None when the request never reached it."""
    reached: list[Grant] = []

    async def app(*request: Any) -> None:
        assert request[0] is asked
        assert request[1:] == (receive, send)
        reached.append(granted.get())

    async def receive() -> MutableMapping[str, Any]:
        return {}

    async def send(message: MutableMapping[str, Any]) -> None: ...

    made = Settings(storage_root=Path("unused"), **({"secret": SECRET} if given is None else given))
    monkeypatch.setattr(settings, "current", lambda: made)
    basic = {"type": "http", "method": "POST", "path": "/projects/p/images", "query_string": b""}
    asked = basic | {"headers": headers or []} | scope
    gate = Gate(app, needs)

    async def pass_it() -> None:
        await gate(asked, receive, send)

    asyncio.run(pass_it())
    return reached[0] if reached else None


def bearer(**claims: str) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {tokens.mint(KEYS, 3600, **claims)}".encode())]


UPLOADS = bearer(project="p", scope="upload")


def test_token_is_the_apps_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, "upload", UPLOADS) == Grant("p", frozenset({"upload"}))


@pytest.mark.parametrize("headers", [[], UPLOADS * 2, [(b"x", UPLOADS[0][1])]], ids=["none", "two", "another"])
def test_request_without_its_one_token_ends_here(
    monkeypatch: pytest.MonkeyPatch, headers: list[tuple[bytes, bytes]]
) -> None:
    with pytest.raises(Unauthorized):
        ask(monkeypatch, "upload", headers)


@pytest.mark.parametrize(
    ("path", "root", "reaches"),
    [
        ("/projects/p/images", "", True),
        ("/projects/p", "", True),
        ("/projects/p/images/a/b/c", "", True),
        ("/projects/q/images", "", False),
        ("/projects/", "", False),
        ("/projects", "", True),  # no particular project: the answer is of those that the token covers
        ("/below/projects/p/images", "/below", True),
        ("/below/projects/q/images", "/below", False),
        ("/belowprojects/p/images", "/below", True),
    ],
)
def test_project_is_the_one_in_the_path(monkeypatch: pytest.MonkeyPatch, path: str, root: str, reaches: bool) -> None:
    try:
        assert (ask(monkeypatch, "upload", UPLOADS, path=path, root_path=root) is not None) == reaches
    except Forbidden:
        assert not reaches


@pytest.mark.parametrize("path", ["/projects/p/images\n", "/projects/p\x00/images", "/projects/\u2028/images"])
def test_path_that_cannot_be_printed_names_nothing(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    with pytest.raises(InvalidProjectId):
        ask(monkeypatch, None, path=path)


def test_needs_may_depend_on_method_and_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def needs(method: str, path: str) -> str | None:
        assert path == "/projects/p/images"
        return "delete" if method == "DELETE" else None

    more: dict[str, Any] = {"path": "/below/projects/p/images", "root_path": "/below"}
    assert ask(monkeypatch, needs, **more) == ANYTHING
    with pytest.raises(Forbidden):
        ask(monkeypatch, needs, UPLOADS, method="DELETE", **more)


def test_what_needs_no_scope_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, None) == ANYTHING
    assert ask(monkeypatch, "list") == ANYTHING
    assert ask(monkeypatch, "upload", given={}) == ANYTHING


def test_start_of_a_server_is_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, "upload", type="lifespan", path="\n") == ANYTHING


def test_signed_url_passes_by_its_path_and_query(monkeypatch: pytest.MonkeyPatch) -> None:
    private: dict[str, Any] = {"secret": SECRET, "private_reads": True}
    path = "/projects/p/images/a"
    query = urls.query(KEYS, path, "thumb", 10**10)
    more: dict[str, Any] = {
        "path": f"/below{path}",
        "root_path": "/below",
        "query_string": f"size=thumb&{query}".encode(),
    }
    assert ask(monkeypatch, "read", given=private, **more) == Grant("p", frozenset({"read"}))


@pytest.mark.parametrize(
    ("shown", "reaches"), [([b"e" * 40], True), ([b"x"], False), ([], False), ([b"e" * 40] * 2, False)]
)
def test_with_a_cdn_nobody_comes_past_it(monkeypatch: pytest.MonkeyPatch, shown: list[bytes], reaches: bool) -> None:
    headers = [(b"x-edge-secret", secret) for secret in shown]
    if reaches:
        assert ask(monkeypatch, None, headers, {"edge_secret": "e" * 40}) == ANYTHING
    else:
        with pytest.raises(Forbidden, match="CDN"):
            ask(monkeypatch, None, headers, {"edge_secret": "e" * 40})


@pytest.mark.parametrize("context", [{"authorizer": {"jwt": {"claims": TEAM}}}, {"authorizer": None}, None], ids=str)
def test_claims_are_those_of_the_gateways_authorizer(
    monkeypatch: pytest.MonkeyPatch, context: dict[str, Any] | None
) -> None:
    given = {"authorizer": True, "project_claim": "team"}
    event: dict[str, Any] = {"aws.event": {"requestContext": context}}
    if context and context["authorizer"]:
        assert ask(monkeypatch, "upload", given=given, **event) == Grant("p", frozenset({"upload"}))
    else:
        with pytest.raises(Unauthorized):
            ask(monkeypatch, "upload", given=given, **event)
