"""Compressed JSON: when, with which ETag, and that every condition is understood."""

import asyncio
import gzip
import json
from collections.abc import Iterator

import httpx
import pytest
from photos import photo
from service import Service

from serving.compression import compressed, takes_gzip

BODY = json.dumps({"images": ["x" * 40] * 100}).encode()


def ask(method="GET", body=BODY, kind=b"application/json", status=200, **headers):
    """(answer, headers that the app saw) of an app whose body comes in two pieces, when asked for it compressed."""
    seen = {}

    async def app(scope, receive, send):
        seen.update((name.decode(), value.decode()) for name, value in scope["headers"])
        described = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"etag", b'"v1"')]
        await send({"type": "http.response.start", "status": status, "headers": described})
        sent = body if method == "GET" and status == 200 else b""
        await send({"type": "http.response.body", "body": sent[:50], "more_body": True})
        await send({"type": "http.response.body", "body": sent[50:]})

    async def run():
        transport = httpx.ASGITransport(compressed(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            given = {"accept-encoding": "gzip"} | {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, "/", headers=given)

    return asyncio.run(run()), seen


def test_long_json_is_compressed_under_its_own_etag():
    answer, _ = ask()
    assert answer.content == BODY
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["etag"] == '"v1-gzip"'
    assert answer.headers["vary"] == "accept-encoding"
    assert int(answer.headers["content-length"]) == len(gzip.compress(BODY, 5, mtime=0)) < len(BODY) / 10


@pytest.mark.parametrize(
    "given",
    [{"accept_encoding": "identity"}, {"body": b"{}"}, {"kind": b"image/jpeg"}, {"kind": b"application/problem+json"}],
)
def test_other_answers_stay_as_they_are(given):
    answer, _ = ask(**given)
    assert "content-encoding" not in answer.headers
    assert answer.headers["etag"] == '"v1"'
    assert answer.content == given.get("body", BODY)


def test_plain_json_varies_too():
    assert ask(accept_encoding="br")[0].headers["vary"] == "accept-encoding"


def test_head_tells_what_get_would():
    answer, _ = ask("HEAD")
    assert (answer.headers["content-encoding"], answer.headers["etag"]) == ("gzip", '"v1-gzip"')


@pytest.mark.parametrize("name", ["if_none_match", "if_match"])
def test_condition_reaches_the_app_in_its_own_terms(name):
    _, seen = ask("GET", **{name: '"v0", W/"v1-gzip"'})
    assert seen[name.replace("_", "-")] == '"v0", W/"v1"'


@pytest.mark.parametrize(("condition", "told"), [('"v1-gzip"', '"v1-gzip"'), ('"v1"', '"v1"')])
def test_unchanged_answer_names_the_form_that_the_client_has(condition, told):
    answer, _ = ask(status=304, body=b"", if_none_match=condition)
    assert answer.headers["etag"] == told


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (b"gzip, deflate, br", True),
        (b"GZIP;q=0.5", True),
        (b"*", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000, *", False),
        (b"br", False),
        (b"", False),
        (b"identity, gzip ;q=1", True),
    ],
)
def test_accept_encoding_is_read(header, taken):
    assert takes_gzip(header) is taken


@pytest.fixture
def service(tmp_path) -> Iterator[Service]:
    with Service(tmp_path / "storage") as running:
        for _ in range(4):
            running.client.post("/projects/p/images", files={"file": ("a.jpg", photo(64, 48))})
        yield running


def test_list_is_compressed_and_revalidated(service):
    url = "/projects/p/images"
    plain = service.client.get(url, headers={"Accept-Encoding": "identity"})
    packed = service.client.get(url)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert packed.headers["etag"] != plain.headers["etag"]
    for answer in (plain, packed):
        again = service.client.get(url, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.headers["etag"]) == (304, answer.headers["etag"])
    service.client.post(url, files={"file": ("a.jpg", photo(64, 48))})
    assert service.client.get(url, headers={"If-None-Match": packed.headers["etag"]}).status_code == 200


def test_picture_is_not_compressed(service):
    url = service.client.get("/projects/p/images").json()["images"][0]["urls"]["original"]
    assert "content-encoding" not in service.client.get(url).headers
