"""local_server.py on a host, and a real nginx in the hosts' network, with the configuration that the docs show."""

import http.client
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from multihost.rig.channel import Command
from multihost.rig.cluster import Cluster
from nginx import Nginx, before_hosts, client_of
from service import PATIENT, ROOT
from waiting import BOUND, eventually

PORT = 8001
_ENDED = "Finished server process"
_BOUNDARY = b"--held\r\nContent-Disposition: form-data; name=file; filename=%s\r\n\r\n%s\r\n--held--\r\n"


class Server:
    """A server process on the host `name`; `host` is what nginx calls it."""

    def __init__(self, cluster: Cluster, name: str, storage: str) -> None:
        self.name, self.host = name, f"{cluster[name].address}:{PORT}"
        self._cluster, self._storage = cluster, storage
        self._process: Command | None = None

    def start(self) -> None:
        """Returns once it answers."""
        say_pid = ["sh", "-c", 'echo "$$"; exec "$@"', "sh"]
        command = [sys.executable, f"{ROOT}/local_server.py", "--host", "0.0.0.0", "--port", str(PORT), "--public"]
        process = self._cluster[self.name].start([*say_pid, *command, "--storage", self._storage], **PATIENT)
        self._process = process
        process.wait_for("Listening")
        connection = self._connection()
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        connection.close()

    def terminate(self) -> None:
        """SIGTERM; returns once it takes no connections any more."""
        assert self._process
        self._cluster[self.name].run(["kill", "-TERM", self._process.out.split()[0]])
        assert eventually(self._refuses)

    def wait(self) -> None:
        """Returns once it has ended, as it should."""
        process = self._ended_by(signal.SIGTERM)  # which it has minded
        assert _ENDED in process.err, process.err[-3000:]
        assert '"level":"ERROR"' not in process.err, process.err[-3000:]

    def crash(self) -> None:
        """SIGKILL, its workers included; returns once it is gone."""
        assert self._process
        self._cluster[self.name].run(["kill", "-KILL", "--", f"-{self._process.out.split()[0]}"])
        self._ended_by(signal.SIGKILL)

    def _ended_by(self, number: int) -> Command:
        process = self._process
        assert process
        with suppress(AssertionError):  # the exit status is not 0
            process.wait(BOUND)
        assert process.exit == -number
        return process

    def kill(self) -> None:
        """Nothing of it is left, whatever it was doing."""
        if self._process:
            self._process.stop()

    def begin_upload(self, project: str, name: str, content: bytes) -> "HeldUpload":
        return HeldUpload(self._connection(), project, name, content)

    def _connection(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self.host)
        connection.sock = self._cluster.network.connect((self._cluster[self.name].address, PORT), BOUND)
        return connection

    def _refuses(self) -> bool:
        try:
            self._connection().close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:  # it closed its port just then
            pass
        return False


class HeldUpload:
    """An upload whose head the service has read, and whose body is held back."""

    def __init__(self, connection: http.client.HTTPConnection, project: str, name: str, content: bytes) -> None:
        self._connection = connection
        self._body = _BOUNDARY % (name.encode(), content)
        connection.putrequest("POST", f"/projects/{project}/images")
        connection.putheader("Content-Type", "multipart/form-data; boundary=held")
        connection.putheader("Content-Length", str(len(self._body)))
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        told: socket.socket = connection.sock
        assert told.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n", "the service does not read the body"

    def finish(self) -> httpx.Response:
        """Sends the body; the answer."""
        self._connection.send(self._body)
        answer = self._connection.getresponse()
        content = answer.read()
        self._connection.close()
        return httpx.Response(answer.status, content=content)


@contextmanager
def running(servers: list[Server]) -> Iterator[None]:
    """The servers, which end when the block does, however it does."""
    try:
        with ThreadPoolExecutor(len(servers)) as pool:
            list(pool.map(Server.start, servers))
        yield
    finally:
        for server in servers:
            server.kill()


@contextmanager
def proxied(cluster: Cluster, servers: list[Server], folder: Path) -> Iterator[Nginx]:
    """nginx before the servers as docs/kubernetes.md shows it; it listens on the socket `all` in `folder`, and on one
    of each host's name that leads to this host alone."""
    text = before_hosts([server.host for server in servers], f"unix:{folder}/all")
    for server in servers:
        text += (
            f'server {{ listen "unix:{folder}/{server.name}"; location / {{ proxy_pass http://{server.host}; }} }}\n'
        )
    nginx = Nginx(text, folder / "all", folder)
    cluster.network.inside(nginx.__enter__)
    try:
        yield nginx
    finally:
        nginx.__exit__()


def alone(folder: Path, server: Server) -> httpx.Client:
    """A client that asks this host alone."""
    return client_of(folder / server.name)
