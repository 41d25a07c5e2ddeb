"""Read routes: what their functions are given, which requests are theirs, and what is left to the framework."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from core.settings import Settings
from core.web.answers import Answer, JsonAnswer, Made
from core.web.app import App, make_app
from core.web.reads import ReadRoute, Reads


def _made() -> App:
    app = make_app("Things", needs=None)

    @app.read("/things/{name}", summary="One thing")
    def thing(name: str, size: str = "any") -> Answer:
        """What it is."""
        return JsonAnswer(Settings(), None, lambda: Made(None, f"{name} {size}".encode()))

    @app.post("/things/{name}")
    def change(name: str) -> dict[str, str]:
        return {"changed": name}

    return app


APP = _made()


def ask(method: str, url: str, app: Any = APP) -> tuple[int, str]:
    async def request() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.request(method, url)

    answer = asyncio.run(request())
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", "a any"),
        ("?size=thumb", "a thumb"),
        ("?other=1&size=thumb", "a thumb"),
        ("?name=b&size=x", "a x"),  # the path says which
    ],
)
@pytest.mark.parametrize("below", ["", "/below"])
def test_function_is_given_its_path_and_query(query: str, body: str, below: str) -> None:
    app = Starlette(routes=[Mount("/below", APP)]) if below else APP
    assert ask("GET", f"{below}/things/a{query}", app) == (200, body)
    assert ask("HEAD", f"{below}/things/a{query}", app) == (200, "")


def test_other_requests_are_the_frameworks() -> None:
    assert ask("POST", "/things/a") == (200, '{"changed":"a"}')
    assert ask("GET", "/elsewhere")[0] == 404
    assert ask("DELETE", "/things/a")[0] == 405


def test_read_is_served_without_the_framework() -> None:
    async def framework(*request: Any) -> None:
        raise AssertionError("asked for a read")

    reads = Reads([route for route in APP.router.routes if isinstance(route, ReadRoute)], framework)
    assert ask("GET", "/things/a", reads) == (200, "a any")


@pytest.mark.parametrize("scope", [{"type": "lifespan"}, {"type": "http", "root_path": "/below", "path": "/things/a"}])
def test_rest_is_passed_on_as_it_came(scope: dict[str, Any]) -> None:
    passed: list[Any] = []

    async def framework(*request: Any) -> None:
        passed.extend(request)

    routes = [route for route in APP.router.routes if isinstance(route, ReadRoute)]
    asyncio.run(Reads(routes, framework)(scope, None, None))  # type: ignore[arg-type]
    assert passed == [scope, None, None]


def test_read_is_described() -> None:
    read = APP.openapi()["paths"]["/things/{name}"]["get"]
    assert (read["summary"], read["description"]) == ("One thing", "What it is.")
    assert {(each["name"], each["in"]) for each in read["parameters"]} == {("name", "path"), ("size", "query")}
    assert read["responses"]["200"] == {"description": "Successful Response"}, "what it holds is its own matter"
