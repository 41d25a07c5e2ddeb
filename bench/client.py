"""A small HTTP/1.1 client on plain sockets: its own cost must not drown what it measures."""

import re
import socket
from types import TracebackType

_BOUNDARY = "----bench-form-boundary"


def get(path: str, **headers: str) -> bytes:
    """The bytes of a GET; header names with underscores for hyphens."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def upload(path: str, content: bytes) -> bytes:
    """The bytes of a multipart POST of one file."""
    head = (
        f"--{_BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"; filename="photo"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body = head + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
    headers = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n\r\n"
    ).encode()
    return headers + body


class Connection:
    """One kept-alive connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 20)
        self._head_so_far, self._missing = b"", -1  # of the response that `poll` is taking

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, request: bytes) -> None:
        self._socket.sendall(request)

    def receive(self, expected: int) -> tuple[dict[str, str], bytes]:
        """The headers and body of one response; RuntimeError when its status is another than expected."""
        head, body = self._head()
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = 0 if expected == 304 else int(headers.get("content-length", 0))
        parts, missing = [body], length - len(body)
        while missing:
            count = self._read()
            parts.append(bytes(self._buffer[:count]))
            missing -= count
        if not status.startswith(f"HTTP/1.1 {expected}"):
            raise RuntimeError(f"{status}: {b''.join(parts)[:500]!r}")
        return headers, b"".join(parts)

    def poll(self, expected: int) -> bool:
        """Takes what has come of a response without waiting for the socket; whether that was the last of it."""
        try:
            count = self._socket.recv_into(self._buffer, flags=socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        if count == 0:
            raise ConnectionError("the server closed the connection within a response")
        if self._missing < 0:
            self._head_so_far += self._buffer[:count]
            head, end, body = self._head_so_far.partition(b"\r\n\r\n")
            if not end:
                return False
            if not head.startswith(b"HTTP/1.1 %d" % expected):
                raise RuntimeError(repr(head))
            length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
            self._missing, count = int(length[1]) if length and expected != 304 else 0, len(body)
        self._missing -= count
        if self._missing:
            return False
        self._head_so_far, self._missing = b"", -1
        return True

    def ask(self, request: bytes, expected: int = 200) -> tuple[dict[str, str], bytes]:
        """Sends a request and waits for its response."""
        self.send(request)
        return self.receive(expected)

    def _head(self) -> tuple[bytes, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._buffer[: self._read()]
        head, _, body = received.partition(b"\r\n\r\n")
        return head, body

    def _read(self) -> int:
        count = self._socket.recv_into(self._buffer)
        if count == 0:
            raise ConnectionError("the server closed the connection within a response")
        return count
