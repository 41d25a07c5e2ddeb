"""Requests that a client may send in a minute: the arithmetic, who is a client, and what is answered."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from photos import photo
from service import Service

from core import settings as present
from core.access import tokens
from core.settings import Settings
from serving import rates
from serving.rates import Meter

SECRET = "s" * 40
KEYS = {"1": SECRET.encode()}


def test_a_quota_is_there_at_first_and_comes_back_evenly() -> None:
    meter = Meter("requests", 60)
    for left in range(59, -1, -1):
        assert meter.wait("ann", 100.0) == 0
        meter.take("ann", 100.0)
        assert meter.standing("ann", 100.0) == f'"requests";r={left};t={60 - left}'
    assert meter.wait("ann", 100.0) == pytest.approx(1)
    assert meter.wait("bob", 100.0) == 0
    assert meter.wait("ann", 101.5) == 0
    meter.take("ann", 101.5)
    assert meter.wait("ann", 101.5) == pytest.approx(0.5)
    assert meter.standing("ann", 1000.0) == '"requests";r=60;t=0'


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_MOST", 3)
    meter = Meter("requests", 1)
    for client in "abcab":
        meter.take(client, 0.0)
    meter.take("d", 0.0)
    assert [client for client in "abcd" if meter.wait(client, 0.0)] == ["a", "b", "d"]


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(app: Any, method: str = "GET", path: str = "/x", address: str = "10.0.0.1", **headers: str) -> Any:
    """Status and headers of an answer."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(asked())


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = Settings(requests_per_minute=2, uploads_per_minute=1, secret=SECRET)
    monkeypatch.setattr(present, "_chosen", [])
    present.use(made)
    return made


def test_without_settings_nothing_is_counted() -> None:
    assert rates.limited(_answer, Settings()) is _answer


def test_too_many_are_refused_with_the_fields_of_the_draft(settings: Settings) -> None:
    app = rates.limited(_answer, settings)
    first = ask(app)
    assert first.headers["ratelimit-policy"] == '"requests";q=2;w=60'
    assert first.headers["ratelimit"] == '"requests";r=1;t=30'
    ask(app)
    refused = ask(app)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-requests")
    assert refused.headers["ratelimit"] == '"requests";r=0;t=60'
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert ask(app, address="10.0.0.2").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/projects/p/images"), ("POST", "/projects/p/uploads"), ("PATCH", "/projects/p/uploads/0")],
)
def test_uploads_count_as_both(settings: Settings, method: str, path: str) -> None:
    app = rates.limited(_answer, settings)
    assert ask(app, method, path).headers["ratelimit"] == '"requests";r=1;t=30, "uploads";r=0;t=60'
    assert ask(app, method, path).status_code == 429
    assert ask(app).headers["ratelimit"] == '"requests";r=0;t=60'  # the refused one has used nothing


def test_uploads_may_be_counted_alone(settings: Settings) -> None:
    app = rates.limited(_answer, replace(settings, requests_per_minute=0))
    assert "ratelimit" not in ask(app).headers
    assert "ratelimit" in ask(app, "POST", "/projects/p/images").headers


def test_a_client_is_its_tokens_subject_or_else_its_address(settings: Settings) -> None:
    app = rates.limited(_answer, settings)

    def left(address: str, token: str | None) -> str:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return str(ask(app, address=address, **headers).headers["ratelimit"])

    ann, other = (tokens.mint(KEYS, 60, project="*", scope="read", sub="ann", n=n) for n in (1, 2))
    assert "r=1" in left("10.0.0.1", ann)
    assert "r=0" in left("10.0.0.2", other)
    assert "r=1" in left("10.0.0.1", "forged." + ann)  # counts by its address
    assert "r=0" in left("10.0.0.1", None)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002/64"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("", ""),
    ],
)
def test_a_customers_network_is_one_client(address: str, network: str) -> None:
    assert rates._network(address) == network


def test_a_page_elsewhere_reads_the_refusal(tmp_path: Any) -> None:
    with Service(tmp_path / "storage", "--public", IMGSRV_UPLOADS_PER_MINUTE="1") as service:
        headers = {"Origin": "https://app.example"}
        form = {"file": ("a.jpg", photo(32, 32))}
        assert service.client.post("/projects/p/images", files=form, headers=headers).status_code == 201
        refused = service.client.post("/projects/p/images", files=form, headers=headers)
        assert refused.status_code == 429
        assert refused.headers["access-control-allow-origin"] == "*"
        exposed = refused.headers["access-control-expose-headers"].replace(" ", "").split(",")
        assert {"ratelimit", "ratelimit-policy", "retry-after"} <= set(exposed)
        assert service.client.get("/projects/p/images").status_code == 200
        answers = service.client.get("/openapi.json").json()["paths"]["/projects/{project_id}/images"]["post"]
        assert "application/problem+json" in answers["responses"]["429"]["content"]
