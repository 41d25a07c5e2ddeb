"""The page, the documentation and the schema: served beside the app, whole, and from nowhere else."""

import asyncio
import hashlib
import json
import re

import httpx
import pytest

from serving.pages import FOLDER, with_pages
from stack.cors import Cors

SCHEMA = {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": {}}


async def inner(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


APP = with_pages(inner, SCHEMA, Cors(("https://a.example",)))


def ask(method, path, **headers):
    async def run():
        transport = httpx.ASGITransport(APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(run())


@pytest.mark.parametrize("path", ["/", "/docs", "/page/app.js", "/page/style.css", "/page/lang/de.js", "/openapi.json"])
def test_files_are_served(path):
    answer = ask("GET", path)
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert ask("GET", path, **{"Accept-Encoding": "identity"}).content == answer.content
    assert ask("GET", path, **{"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert (ask("HEAD", path).status_code, ask("HEAD", path).content) == (200, b"")


def test_everything_else_goes_to_the_app():
    for method, path in [("GET", "/a"), ("POST", "/docs"), ("GET", "/page/../local_server.py"), ("GET", "/page/")]:
        assert ask(method, path).status_code == 418


def test_the_schema_can_be_read_from_allowed_origins():
    allowed = "access-control-allow-origin"
    assert ask("GET", "/openapi.json").json() == SCHEMA
    assert ask("GET", "/openapi.json", origin="https://a.example").headers[allowed] == "https://a.example"
    assert allowed not in ask("GET", "/openapi.json", origin="https://b.example").headers


@pytest.mark.parametrize("page", ["/", "/docs"])
def test_a_page_names_no_other_host_and_no_missing_file(page):
    named = re.findall(r'(?:src|href)="([^"#]+)"', ask("GET", page).text)
    assert named
    for path in named:
        assert "//" not in path
        assert ask("GET", f"/{path}").status_code == 200, path


def test_modules_import_what_is_there():
    for path in FOLDER.glob("*.js"):
        for imported in re.findall(r'from "(\.[^"]+)"', path.read_text()):
            assert (path.parent / imported).is_file(), f"{path.name} imports {imported}"


def test_vendored_files_are_as_published():
    kept = {path.name for path in (FOLDER / "vendor").iterdir()} - {"README.md", "checksums.json"}
    checksums = json.loads((FOLDER / "vendor" / "checksums.json").read_text())
    assert kept == checksums.keys()
    for name, checksum in checksums.items():
        assert hashlib.sha256((FOLDER / "vendor" / name).read_bytes()).hexdigest() == checksum, name


def test_every_language_says_everything():
    keys = {
        path.name: set(re.findall(r"^  (\w+):", path.read_text(), re.MULTILINE)) for path in (FOLDER / "lang").iterdir()
    }
    assert len({frozenset(found) for found in keys.values()}) == 1
    used = {key for path in FOLDER.glob("*.js") for key in re.findall(r'\bt\("(\w+)"', path.read_text())}
    assert used <= next(iter(keys.values()))
