import asyncio

import httpx
import pytest

from serving.docs import merged, with_docs
from stack.template import Cors, TemplateError


def schema(path, method, **components):
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {path: {method: {"summary": f"{method} {path}"}}},
        "components": {"schemas": components},
    }


def test_paths_methods_and_components_of_all_are_in_the_merged_schema():
    one, two = schema("/a", "get", A={"type": "string"}), schema("/a", "put", A={"type": "string"}, B={})
    document = merged([one, two, schema("/b", "get")])
    assert document["paths"] == {
        "/a": {"get": {"summary": "get /a"}, "put": {"summary": "put /a"}},
        "/b": {"get": {"summary": "get /b"}},
    }
    assert document["components"] == {"schemas": {"A": {"type": "string"}, "B": {}}}
    assert document["info"]["title"] == "imgsrv"


def test_two_components_of_one_name_that_differ_are_refused():
    with pytest.raises(TemplateError, match="schemas A is defined twice, and differently"):
        merged([schema("/a", "get", A={"type": "string"}), schema("/b", "get", A={"type": "integer"})])


def ask(method, path, **headers):
    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def run():
        transport = httpx.ASGITransport(with_docs(inner, schema("/a", "get"), Cors(("https://a.example",))))
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(run())


def test_the_schema_and_the_page_are_served_beside_the_app():
    assert ask("GET", "/openapi.json").json() == schema("/a", "get")
    page = ask("GET", "/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Things</title>" in page.text
    assert ask("HEAD", "/docs").status_code == 200


def test_everything_else_goes_to_the_app():
    assert ask("GET", "/a").status_code == 418
    assert ask("POST", "/docs").status_code == 418


def test_the_schema_can_be_read_from_allowed_origins():
    allowed = "access-control-allow-origin"
    assert ask("GET", "/openapi.json", origin="https://a.example").headers[allowed] == "https://a.example"
    assert allowed not in ask("GET", "/openapi.json", origin="https://b.example").headers
