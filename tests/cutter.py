"""A proxy that passes requests on and gives nothing of the first answers to a POST, once they are there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nginx import client_of


class Cutter(threading.Thread):
    """Passes requests on to what listens on a port or a Unix socket, one connection each; `cuts` answers are left."""

    def __init__(self, listens: int | Path, cuts: int) -> None:
        super().__init__()
        self._listens, self.cuts = listens, cuts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._served: list[threading.Thread] = []

    def __enter__(self) -> "Cutter":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in (self, *self._served):
            thread.join()

    def run(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                client, _ = self._listener.accept()
                self._served.append(threading.Thread(target=self._serve, args=(client,)))
                self._served[-1].start()

    def _serve(self, client: socket.socket) -> None:
        """Requests of one connection, each to its end, until one of their answers is cut."""
        with client, client.makefile("rb") as incoming, client_of(self._listens) as upstream:
            while head := incoming.readline():
                method, target, _ = head.decode().split(" ", 2)
                headers = dict(line.split(": ", 1) for line in self._lines(incoming))
                body = incoming.read(int(headers.get("content-length", 0)))
                sent = {name: value for name, value in headers.items() if name not in ("host", "connection")}
                answer = upstream.request(method, target, headers=sent, content=body)
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
