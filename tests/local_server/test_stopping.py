"""A server that is asked to end finishes what has begun, and no client keeps it."""

import os
import signal
import socket
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from photos import photo
from service import Service
from waiting import BOUND, eventually

BODY = b"--b\r\nContent-Disposition: form-data; name=file; filename=a.jpg\r\n\r\n" + photo() + b"\r\n--b--\r\n"
FORM = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(len(BODY)), "Expect": "100-continue"}


def connection(service: Service) -> HTTPConnection:
    """A connection that is not made again once it is closed."""
    made = HTTPConnection("127.0.0.1", service.port, timeout=BOUND)
    made.connect()
    made.auto_open = 0
    return made


def begun_upload(service: Service) -> HTTPConnection:
    """An upload whose body the service waits for."""
    upload = connection(service)
    upload.request("POST", "/projects/p/images", headers=FORM)
    told: socket.socket = upload.sock
    assert told.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    return upload


def is_kept(client: HTTPConnection) -> bool:
    """Whether a client that has sent a request is answered, and may send another one."""
    try:
        answer = client.getresponse()
        assert answer.status == 200
        answer.read()
        if answer.will_close:
            return False
        client.request("GET", "/limits")
        return not client.getresponse().will_close
    except (HTTPException, ConnectionError):
        return False


def test_upload_is_finished_and_no_client_keeps_the_server(tmp_path: Path) -> None:
    with Service(tmp_path / "storage") as service, ExitStack() as opened:
        upload = opened.enter_context(closing(begun_upload(service)))
        os.kill(service.process.pid, signal.SIGSTOP)
        clients = [opened.enter_context(closing(connection(service))) for _ in range(20)]
        for client in clients[1:]:
            client.request("GET", "/limits")
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)  # uvicorn looks ten times a second: now it finds signal and connections at the same moment
        os.kill(service.process.pid, signal.SIGCONT)
        assert eventually(lambda: "Shutting down" in service.log)

        assert not [client for client in clients[1:] if is_kept(client)]
        upload.send(BODY)
        answer = upload.getresponse()
        assert (answer.status, answer.will_close) == (201, True)
        service.process.wait(BOUND)
        assert "timeout graceful shutdown exceeded" not in service.log, "a silent client kept it"
