"""Nothing is imported for a request: when there are no more files to open, it could not be."""

import os
import subprocess
import sys

from service import ROOT

from core.access import tokens

CODE = """
import asyncio, os, sys
import httpx
import local_server
from photos import photo

TUS = {"Tus-Resumable": "1.0.0"}
PART = TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
WANTED = "/projects/p/images"


async def requests(client):
    for kind in ("JPEG", "PNG", "WEBP"):
        made = await client.post(WANTED, files={"file": ("a", photo(300, 200, kind))})
        assert made.status_code == 201, made.text
    listed = await client.get(WANTED)
    image = listed.json()["images"][0]
    thumb = await client.get(image["urls"]["thumb"])
    since = {"If-Modified-Since": thumb.headers["last-modified"], "Range": "bytes=0-9"}
    for url in (image["urls"]["thumb"], "/projects/p/thumbnail", "/projects/!/images", "/nothing", "/healthz"):
        await client.get(url, headers=since)
    await client.post(WANTED, files={"file": ("a", b"no picture" * 100_000)})
    begun = await client.post("/projects/p/uploads", headers=TUS | {"Upload-Length": "10"})
    assert begun.status_code == 201, begun.text
    await client.patch(begun.headers["location"], headers=PART, content=b"01234")
    assert (await client.put(f"/projects/p/primary/{image['image_id']}")).status_code == 200
    assert (await client.delete(f"{WANTED}/{image['image_id']}")).status_code == 200


async def main():
    inbox, outbox = asyncio.Queue(), asyncio.Queue()
    app = local_server.app
    inbox.put_nowait({"type": "lifespan.startup"})
    life = asyncio.ensure_future(app({"type": "lifespan", "state": {}}, inbox.get, outbox.put))
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    headers = {"Authorization": "Bearer " + os.environ["TOKEN"]}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        client.headers.update(headers)
        await client.options("/nothing")  # what the client itself imports
        before = set(sys.modules)
        await requests(client)
    print(*sorted(set(sys.modules) - before))
    inbox.put_nowait({"type": "lifespan.shutdown"})
    await life

photo(8, 8, "PNG"), photo(8, 8, "WEBP")
asyncio.run(main())
"""


def test_requests_import_nothing(tmp_path):
    environment = {"PATH": os.environ["PATH"], "IMGSRV_STORAGE_ROOT": str(tmp_path / "storage")}
    token = tokens.mint({"k": b"x" * 32}, 60, project="p", scope="read list upload delete primary")
    environment |= {"TOKEN": token, "IMGSRV_SECRET": f"k:{'x' * 32}", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    ran = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == []
