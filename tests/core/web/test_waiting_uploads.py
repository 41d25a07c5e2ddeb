"""Requests that wait for one upload, or one Idempotency-Key, hold no thread: whatever else needs one is answered."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import tus
from photos import photo

from core import ids, settings, uploads
from core.settings import Settings
from core.uploads import Upload, staging
from core.volume import locking
from core.web import threads
from handlers import upload_image
from handlers import uploads as resumable

PROJECT = ids.project_id("p")
PICTURE = photo(60, 40)
MANY = 64  # more than there are threads
PATIENCE = 30  # seconds after which it is taken that a thread is not to be had; the requests wait ten times as long


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    used = replace(Settings(), storage_root=tmp_path, lock_timeout=10.0 * PATIENCE)
    monkeypatch.setattr(staging, "_PATIENCE", 10.0 * PATIENCE)
    settings.use(used)
    yield used
    settings._chosen.clear()  # or later tests would not be given those of their environment
    settings.current.cache_clear()


def _url(upload: Upload) -> str:
    return f"/projects/{PROJECT}/uploads/{upload.id}"


def _patch(client: httpx.AsyncClient, upload: Upload) -> Coroutine[Any, Any, httpx.Response]:
    headers = tus.VERSION | tus.CHUNK | {"Upload-Offset": "0"}
    return client.patch(_url(upload), headers=headers, content=b"a" * 10)


def _patch_all(client: httpx.AsyncClient, upload: Upload) -> Coroutine[Any, Any, httpx.Response]:
    headers = tus.VERSION | tus.CHUNK | {"Upload-Offset": "0"}
    return client.patch(_url(upload), headers=headers, content=b"a" * upload.length)


def _end(client: httpx.AsyncClient, upload: Upload) -> Coroutine[Any, Any, httpx.Response]:
    return client.delete(_url(upload), headers=tus.VERSION)


def _send_key(client: httpx.AsyncClient, upload: Upload) -> Coroutine[Any, Any, httpx.Response]:
    files = {"file": ("a.jpg", PICTURE)}
    return client.post(f"/projects/{PROJECT}/images", headers={"Idempotency-Key": "k"}, files=files)


@pytest.mark.parametrize("ask", [_patch, _patch_all, _end, _send_key])
def test_who_waits_for_an_upload_holds_no_thread(
    own: Settings, ask: Callable[[httpx.AsyncClient, Upload], Coroutine[Any, Any, httpx.Response]]
) -> None:
    app = upload_image.app if ask is _send_key else resumable.app
    if ask is _send_key:
        upload = uploads.create(
            own, PROJECT, 1, sha256(PICTURE).hexdigest().encode(), ids.upload_id_of_key(PROJECT, "k")
        )
    else:
        upload = uploads.create(own, PROJECT, 1000)

    async def ask_many() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            with locking.held(upload.folder / staging.BYTES, PATIENCE):
                waiting = [asyncio.create_task(ask(client, upload)) for _ in range(MANY)]
                for _ in range(MANY):
                    await asyncio.sleep(0.01)
                    await asyncio.wait_for(threads.run(lambda: None), PATIENCE)
                assert not any(answer.done() for answer in waiting)
            for answer in waiting:
                answer.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(ask_many())
