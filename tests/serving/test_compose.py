"""The composition, on small apps of its own: routing, CORS, lifespan."""

import asyncio

import httpx
import pytest

from serving.compose import compose
from stack.cors import Cors
from stack.functions import Function
from stack.routing import Route
from stack.template import Template

CORS = Cors(("https://a.example",), ("GET", "PUT"), ("content-type",), ("etag",), 60)


class Echo:
    """Answers with its name and the path that it was given; notes its lifespan."""

    def __init__(self, name, log=None):
        self.name = name
        self.log = [] if log is None else log

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            self.log.append(f"{self.name} starts")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self.log.append(f"{self.name} stops")
            await send({"type": "lifespan.shutdown.complete"})
            return
        headers = [(b"Access-Control-Allow-Origin", b"https://evil.example"), (b"etag", b'"1"')]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": f"{self.name} {scope['path']}".encode()})


def function(name, *keys):
    routes = tuple(Route(*key.split()) for key in keys)
    return Function(name, f"handlers.{name}.handler", 29, 128, {}, None, routes)


TEMPLATE = Template((function("one", "GET /things/{id}"), function("two", "PUT /things/{id}", "GET /healthz")), CORS)


def ask(method, url, template=TEMPLATE, **options):
    async def run():
        app = compose(template, {"one": Echo("one"), "two": Echo("two")})
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            return await client.request(method, url, **options)

    return asyncio.run(run())


def test_each_route_reaches_its_own_function():
    assert ask("GET", "/things/1").text == "one /things/1"
    assert ask("PUT", "/things/1").text == "two /things/1"
    assert ask("GET", "/healthz").text == "two /healthz"


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("DELETE", "/things/1"), ("OPTIONS", "/healthz")])
def test_an_unknown_path_and_a_wrong_method_are_the_same_404(method, path):
    answer = ask(method, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/not-found"


def test_head_needs_a_route_of_its_own():
    assert ask("HEAD", "/healthz").status_code == 404


def test_app_sees_the_path_as_behind_a_gateway():
    assert ask("GET", "/things/a%2Fb").text == "one /things/a/b"
    assert ask("GET", "/things/%252e%252e").text == "one /things/.."
    assert ask("GET", "/things/a%3Fb").text == "one /things/a"


def test_a_preflight_is_answered_without_the_function():
    headers = {"origin": "https://a.example", "access-control-request-method": "PUT"}
    answer = ask("OPTIONS", "/things/1", headers=headers)
    assert answer.status_code == 204
    assert dict(answer.headers) == {
        "access-control-allow-origin": "https://a.example",
        "access-control-allow-methods": "GET,PUT",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "60",
    }


def test_a_preflight_from_elsewhere_allows_nothing():
    headers = {"origin": "https://b.example", "access-control-request-method": "PUT"}
    assert dict(ask("OPTIONS", "/things/1", headers=headers).headers) == {}


def test_cors_headers_of_the_function_give_way_to_the_gateways():
    answer = ask("GET", "/things/1", headers={"origin": "https://a.example"})
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert answer.headers["access-control-expose-headers"] == "etag"


def test_any_origin_is_answered_with_a_star():
    template = Template(TEMPLATE.functions, Cors(("*",)))
    answer = ask("GET", "/things/1", template, headers={"origin": "https://b.example"})
    assert answer.headers["access-control-allow-origin"] == "*"


def test_without_cors_it_is_the_functions_business():
    template = Template(TEMPLATE.functions)
    assert ask("GET", "/things/1", template).headers["access-control-allow-origin"] == "https://evil.example"
    headers = {"origin": "https://a.example", "access-control-request-method": "PUT"}
    assert ask("OPTIONS", "/things/1", template, headers=headers).status_code == 404


def run_lifespan(app):
    """Start and stop an ASGI app; what it sent."""

    async def run():
        inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        sent = []

        async def send(message):
            sent.append(message)

        inbox.put_nowait({"type": "lifespan.startup"})
        inbox.put_nowait({"type": "lifespan.shutdown"})
        await app({"type": "lifespan", "state": {}}, inbox.get, send)
        return sent

    return asyncio.run(run())


def test_every_app_is_started_and_stopped():
    log: list[str] = []
    sent = run_lifespan(compose(TEMPLATE, {"one": Echo("one", log), "two": Echo("two", log)}))
    assert log == ["one starts", "two starts", "two stops", "one stops"]
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_an_app_that_cannot_start_stops_the_start_and_the_others():
    async def broken(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no storage"})

    log: list[str] = []
    sent = run_lifespan(compose(TEMPLATE, {"one": Echo("one", log), "two": broken}))
    assert sent == [{"type": "lifespan.startup.failed", "message": "no storage"}]
    assert log == ["one starts", "one stops"]


def test_app_that_dies_does_not_hang_the_start():
    async def dying(scope, receive, send):
        raise ValueError("broken")

    sent = run_lifespan(compose(TEMPLATE, {"one": Echo("one"), "two": dying}))
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
