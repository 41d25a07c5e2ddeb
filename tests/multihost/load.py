"""Clients that upload, delete and read one project all the time, and send once more what is answered 5xx or cut off."""

import base64
import io
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from nginx import client_of
from photos import photo
from tus import CHUNK, VERSION
from waiting import eventually

from core import projects
from core.settings import Settings

PROJECT = "rolling"
IMAGES = f"/projects/{PROJECT}/images"
PIECES = 3


class Failed(Exception):
    """A client was answered 5xx, or not at all, twice in a row."""


class Load:
    """What the clients did, and what came of it."""

    def __init__(self, listens: Path) -> None:
        self.answers: Counter[str] = Counter()
        self.again: Counter[str] = Counter()  # what was answered at the second try
        self.waited: Counter[str] = Counter()  # 409 and 423: what is under way elsewhere
        self.failed: list[str] = []
        self.wrong: list[str] = []
        self.uploads: dict[str, str] = {}  # file name -> image
        self.deleting: set[str] = set()
        self.deleted: set[str] = set()
        self.running = 0
        self._listens, self._lock, self._stop = listens, threading.Lock(), threading.Event()

    @contextmanager
    def under_way(self, writers: int, senders: int, readers: int) -> Iterator[None]:
        """So many clients of each kind, until the block ends and each has ended what it had begun."""
        roles = [self._write] * writers + [self._send] * senders + [self._read] * readers
        with ThreadPoolExecutor(len(roles)) as pool:
            running = [pool.submit(self._client, role, number) for number, role in enumerate(roles)]
            try:
                yield
            finally:
                self._stop.set()
        for client in running:
            client.result()

    def goes_on(self, answers: int) -> None:
        """Returns once so many more requests are answered."""
        enough = self.answers.total() + answers
        assert eventually(lambda: self.answers.total() >= enough), "the clients are not answered any more"

    def _client(self, role: Callable[[httpx.Client, int, int], None], number: int) -> None:
        with client_of(self._listens) as client:
            for turn in count():
                if self._stop.is_set():
                    return
                with suppress(Failed):
                    role(client, number, turn)

    def _write(self, client: httpx.Client, number: int, turn: int) -> None:
        """An upload under a key; some are sent again, and some of the earlier ones deleted."""
        self._upload(client, number, turn)
        if turn % 4 == 1:
            self._upload(client, number, turn)
        if turn % 3 == 2:
            self._delete(client, self.uploads[f"{number}-{turn - 1}.jpg"])

    def _upload(self, client: httpx.Client, number: int, turn: int) -> None:
        name, content = named(number, turn)
        sent: dict[str, Any] = {"files": {"file": (name, content)}, "headers": {"Idempotency-Key": name}}
        while (answer := self._ask("upload", client, "POST", IMAGES, **sent)).status_code == 409:
            self._wait("upload", answer)
        if self._is(answer, 201):
            self._uploaded(name, answer.json()["image_id"])

    def _delete(self, client: httpx.Client, image: str) -> None:
        self.deleting.add(image)
        if self._is(self._ask("delete", client, "DELETE", f"{IMAGES}/{image}"), 200):
            self.deleted.add(image)

    def _send(self, client: httpx.Client, number: int, turn: int) -> None:
        """A resumable upload in pieces."""
        name, content = named(number, turn)
        sent = VERSION | {
            "Upload-Length": str(len(content)),
            "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}",
        }
        url = self._ask("create", client, "POST", f"/projects/{PROJECT}/uploads", headers=sent).headers["location"]
        offset, tries, step = 0, 0, len(content) // PIECES + 1
        while True:
            sent = VERSION | CHUNK | {"Upload-Offset": str(offset)}
            answer = self._once("piece", client, "PATCH", url, headers=sent, content=content[offset : offset + step])
            if answer is None:
                tries += 1
                if tries > 1:
                    self._give_up("piece")
            elif answer.status_code in (409, 423):
                self._wait("piece", answer)
            elif self._is(answer, 204):
                tries = 0
            if answer is None or answer.status_code != 204:
                answer = self._ask("offset", client, "HEAD", url, headers=VERSION)
            if "upload-image-id" in answer.headers:
                return self._uploaded(name, answer.headers["upload-image-id"])
            offset = int(answer.headers["upload-offset"])

    def _read(self, client: httpx.Client, number: int, turn: int) -> None:
        """The list, the cover and an original: what was answered before is seen, whichever host answers."""
        before = {image: name for name, image in list(self.uploads.items()) if image not in self.deleting}
        listed = self._ask("list", client, "GET", IMAGES)
        images = {image["image_id"] for image in listed.json()["images"]} if listed.status_code == 200 else set()
        if missing := before.keys() - images - self.deleting:
            self.wrong.append(f"{missing} not listed ({listed.status_code})")
        if not before:
            return
        self._is(self._ask("cover", client, "GET", f"/projects/{PROJECT}/thumbnail"), 200)
        image = random.choice(list(before))
        answer = self._ask("original", client, "GET", f"{IMAGES}/{image}")
        if image not in self.deleting and self._is(answer, 200) and answer.content != stored(before[image]):
            self.wrong.append(f"{image} has other bytes")

    def _uploaded(self, name: str, image: str) -> None:
        if self.uploads.setdefault(name, image) != image:
            self.wrong.append(f"{name} is {self.uploads[name]} and {image}")

    def _is(self, answer: httpx.Response, status: int) -> bool:
        if answer.status_code != status:
            self.wrong.append(f"{answer.request.method} {answer.url.path}: {answer.status_code} {answer.text[:200]}")
        return answer.status_code == status

    def _wait(self, kind: str, answer: httpx.Response) -> None:
        with self._lock:
            self.waited[f"{kind} {answer.status_code}"] += 1
        time.sleep(float(answer.headers.get("retry-after", 0)))

    def _give_up(self, kind: str) -> None:
        self.failed.append(kind)
        raise Failed

    def _ask(self, kind: str, client: httpx.Client, method: str, url: str, **sent: Any) -> httpx.Response:
        for _ in range(2):
            if (answer := self._once(kind, client, method, url, **sent)) is not None:
                return answer
        self._give_up(kind)
        raise AssertionError

    def _once(self, kind: str, client: httpx.Client, method: str, url: str, **sent: Any) -> httpx.Response | None:
        """The answer; None for one that a client may send again: 5xx, or none."""
        with self._lock:
            self.running += 1
        answer, what = None, "cut off"
        with suppress(httpx.TransportError):
            answer = client.request(method, url, **sent)
            what = str(answer.status_code)
        if answer is not None and answer.status_code >= 500:
            time.sleep(float(answer.headers.get("retry-after", 0)))
            answer = None
        with self._lock:
            self.running -= 1
            if answer is None:
                self.again[f"{kind} {what}"] += 1
            else:
                self.answers[kind] += 1
        return answer


def named(number: int, turn: int) -> tuple[str, bytes]:
    """The name and the bytes of a client's file; no two are alike."""
    return f"{number}-{turn}.jpg", photo(64 + number, 64 + turn)


@cache
def stored(name: str) -> bytes:
    """The original that the service makes of that file."""
    number, turn = map(int, name.removesuffix(".jpg").split("-"))
    rendered = projects.render(Settings(), io.BytesIO(named(number, turn)[1]))
    try:
        original = rendered.outputs["original"]
        original.seek(0)
        return original.read()
    finally:
        rendered.close()
