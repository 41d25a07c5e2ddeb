"""A proxy that cuts the answer once the image is stored: sent again, the picture is there once."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from photos import photo
from service import Service

FILE = {"file": ("a.jpg", photo())}


class Cutter(threading.Thread):
    """Passes requests on to a port, one connection each; of the first `cuts` answers to a POST it gives nothing."""

    def __init__(self, port: int, cuts: int) -> None:
        super().__init__()
        self._port, self.cuts = port, cuts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._served: list[threading.Thread] = []

    def run(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                client, _ = self._listener.accept()
                self._served.append(threading.Thread(target=self._serve, args=(client,)))
                self._served[-1].start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in (self, *self._served):
            thread.join()

    def _serve(self, client: socket.socket) -> None:
        """Requests of one connection, each to its end, until one of their answers is cut."""
        with client, client.makefile("rb") as incoming, httpx.Client(timeout=600, verify=False) as upstream:
            while head := incoming.readline():
                method, target, _ = head.decode().split(" ", 2)
                headers = dict(line.split(": ", 1) for line in self._lines(incoming))
                body = incoming.read(int(headers.get("content-length", 0)))
                sent = {name: value for name, value in headers.items() if name not in ("host", "connection")}
                answer = upstream.request(method, f"http://127.0.0.1:{self._port}{target}", headers=sent, content=body)
                if method == "POST" and self.cuts:
                    self.cuts -= 1
                    assert answer.status_code in (200, 201), answer.text
                    return
                lines = [f"HTTP/1.1 {answer.status_code} -", f"content-length: {len(answer.content)}", "", ""]
                client.sendall("\r\n".join(lines).encode() + answer.content)

    @staticmethod
    def _lines(incoming: Iterator[bytes]) -> Iterator[str]:
        while line := next(incoming).decode().strip():
            name, _, value = line.partition(":")
            yield f"{name.lower()}: {value.strip()}"


@pytest.fixture
def cutter(service: Service) -> Iterator[Cutter]:
    proxy = Cutter(service.port, cuts=2)
    proxy.start()
    yield proxy
    proxy.stop()


@pytest.mark.parametrize("reused", [False, True], ids=["fresh", "reused"])
@pytest.mark.parametrize("way", ["key", "duplicates"])
def test_a_lost_answer_makes_no_second_image(
    cutter: Cutter, client: httpx.Client, project: str, way: str, reused: bool
) -> None:
    headers, params = ({"Idempotency-Key": "k1"}, {}) if way == "key" else ({}, {"duplicates": "return"})
    answers = []
    for _ in range(3):
        with httpx.Client(base_url=cutter.url, timeout=600, verify=False) as browser:
            if reused:
                assert browser.get(f"/projects/{project}/images").status_code == 200
            with suppress(httpx.RemoteProtocolError, httpx.ReadError):
                sent = browser.post(f"/projects/{project}/images", files=FILE, headers=headers, params=params)
                answers.append(sent)
    assert cutter.cuts == 0
    (answer,) = answers
    assert answer.status_code == (201 if way == "key" else 200)
    (image,) = client.get(f"/projects/{project}/images").json()["images"]
    assert answer.json()["image_id"] == image["image_id"]


def test_without_either_a_lost_answer_makes_another(cutter: Cutter, client: httpx.Client, project: str) -> None:
    """What the proxy does is what the two protect from."""
    for _ in range(3):
        with httpx.Client(base_url=cutter.url, timeout=600, verify=False) as browser:
            with suppress(httpx.RemoteProtocolError, httpx.ReadError):
                browser.post(f"/projects/{project}/images", files=FILE)
    assert len(client.get(f"/projects/{project}/images").json()["images"]) == 3
