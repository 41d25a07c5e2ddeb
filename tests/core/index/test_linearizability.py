"""Concurrent calls on one project, on two server processes, have an order that explains every answer."""

import random
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from linearizability import Call, explanation
from photos import photo
from service import Service

State = tuple[tuple[str, ...], str | None]
EMPTY: State = ((), None)


def step(state: State, call: Call) -> State | None:
    """The project after `call`; None when it would have been answered otherwise."""
    images, primary = state
    image = call.argument
    match call.operation:
        case "upload":
            after: State = ((*images, call.answer["image_id"]), primary or call.answer["image_id"])
            return after if call.answer["is_primary"] == (after[1] == call.answer["image_id"]) else None
        case "list":
            return state if (call.answer["ids"], call.answer["primary"]) == (list(images), primary) else None
        case "delete":
            if image not in images:
                return state if call.answer == 404 else None
            rest = tuple(other for other in images if other != image)
            following = images[images.index(image) + 1 :] or rest
            after = (rest, primary if image != primary else (following[0] if rest else None))
            return after if call.answer == {"primary": after[1]} else None
        case "set-primary":
            if image not in images:
                return state if call.answer == 404 else None
            return (images, image) if call.answer == {"primary": image} else None
    raise AssertionError(call.operation)


class Caller(threading.Thread):
    """Calls at random, and notes what was answered when."""

    def __init__(self, client: httpx.Client, url: str, seed: int, calls: int, known: list[str]) -> None:
        super().__init__()
        self.client, self.url, self.random, self.count, self.known = client, url, random.Random(seed), calls, known
        self.calls: list[Call] = []

    def run(self) -> None:
        for _ in range(self.count):
            operation = self.random.choice(["upload", "upload", "delete", "set-primary", "list"])
            image = self.random.choice(self.known) if self.known else "nothing"
            began = time.monotonic()
            answer = getattr(self, "call_" + operation.replace("-", "_"))(image)
            self.calls.append(Call(operation, image, answer, began, time.monotonic()))

    def call_upload(self, image: str) -> Any:
        answer = self.client.post(f"{self.url}/images", files={"file": ("a.jpg", photo(40, 30))}).json()
        self.known.append(answer["image_id"])
        return answer

    def call_list(self, image: str) -> Any:
        body = self.client.get(f"{self.url}/images").json()
        return {"ids": [entry["image_id"] for entry in body["images"]], "primary": body["primary_image_id"]}

    def call_delete(self, image: str) -> Any:
        return self._primary(self.client.delete(f"{self.url}/images/{image}"))

    def call_set_primary(self, image: str) -> Any:
        return self._primary(self.client.put(f"{self.url}/primary/{image}"))

    def _primary(self, response: httpx.Response) -> Any:
        return {"primary": response.json()["primary_image_id"]} if response.status_code == 200 else response.status_code


def _history(clients: list[httpx.Client], seed: int, callers: int, calls: int) -> list[Call]:
    known: list[str] = []
    url = f"/projects/history-{uuid.uuid4().hex}"
    threads = [Caller(clients[n % len(clients)], url, seed * 100 + n, calls, known) for n in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [call for thread in threads for call in thread.calls]


def _check(root: Path, histories: int, callers: int, calls: int) -> None:
    with Service(root) as one, Service(root) as other:
        for seed in range(histories):
            history = _history([one.client, other.client], seed, callers, calls)
            assert len(history) == callers * calls, "a caller failed"
            assert explanation(history, EMPTY, step) is not None, f"seed {seed}: no order explains {history}"


def test_concurrent_histories_have_an_order(tmp_path: Path) -> None:
    _check(tmp_path / "storage", histories=6, callers=4, calls=8)


@pytest.mark.slow
def test_many_concurrent_histories_have_an_order(tmp_path: Path) -> None:
    _check(tmp_path / "storage", histories=300, callers=4, calls=10)


def _call(operation: str, argument: Any, answer: Any, began: float, ended: float) -> Call:
    return Call(operation, argument, answer, began, ended)


def test_lost_update_has_no_order() -> None:
    first = _call("upload", None, {"image_id": "a", "is_primary": True}, 0, 1)
    second = _call("upload", None, {"image_id": "b", "is_primary": False}, 2, 3)
    lost = _call("list", None, {"ids": ["b"], "primary": "b"}, 4, 5)

    assert explanation([first, second, lost], EMPTY, step) is None


def test_stale_read_has_no_order_unless_it_overlaps() -> None:
    upload = _call("upload", None, {"image_id": "a", "is_primary": True}, 0, 2)
    empty: dict[str, object] = {"ids": [], "primary": None}

    assert explanation([upload, _call("list", None, empty, 3, 4)], EMPTY, step) is None
    assert explanation([upload, _call("list", None, empty, 1, 4)], EMPTY, step) is not None


def test_two_first_uploads_are_not_both_primary() -> None:
    uploads = [_call("upload", None, {"image_id": name, "is_primary": True}, 0, 9) for name in "ab"]

    assert explanation(uploads, EMPTY, step) is None
