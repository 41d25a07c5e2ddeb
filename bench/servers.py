"""The service and its peers as a user starts them: processes on loopback ports, each with its own root."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.client import Connection
from bench.inputs import scratch

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Server:
    """A running server process; `root` is the folder that it stores in or serves."""

    port: int
    pid: int
    root: Path

    def connect(self) -> Connection:
        return Connection(self.port)


@contextmanager
def service(**settings: str) -> Iterator[Server]:
    """`python local_server.py`; keyword arguments are IMGSRV_ settings in lower case."""
    environment = {f"IMGSRV_{name.upper()}": value for name, value in settings.items()}
    with _root() as root, _port() as port:
        command = [sys.executable, "local_server.py", "--port", str(port), "--storage", str(root)]
        with _running(command, port, root, environment) as server:
            yield server


@contextmanager
def naive(colour: bool = False) -> Iterator[Server]:
    """`uvicorn bench.peers.naive:app`, as anyone would start it."""
    with _root() as root, _port() as port:
        command = [sys.executable, "-m", "uvicorn", "bench.peers.naive:app", "--port", str(port)]
        environment = {"NAIVE_ROOT": str(root), "NAIVE_COLOUR": "1" if colour else "0"}
        with _running(command, port, root, environment) as server:
            yield server


@contextmanager
def constant(file: Path) -> Iterator[Server]:
    """uvicorn with an app that does nothing but send this file; see bench/peers/constant.py."""
    with _port() as port:
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "bench.peers.constant:app",
            "--port",
            str(port),
            "--lifespan=off",
        ]
        command += ["--no-access-log", "--log-level=warning"]
        with _running(command, port, file.parent, {"CONSTANT_FILE": str(file)}) as server:
            yield server


def nginx_binary() -> str | None:
    """Where nginx is on this machine, if it is."""
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


@contextmanager
def nginx(root: Path, box: bool = False) -> Iterator[Server]:
    """nginx in one process with sendfile and no log, serving `root`: the least that a file server costs.

    With `box` it is configured by deploy/box/nginx.conf, without the second mount, which costs nothing.
    """
    with _root() as home, _port() as port:
        server = f"sendfile on; tcp_nopush on; server {{ listen 127.0.0.1:{port}; root {root}; }}"
        if box:
            server = (REPOSITORY / "deploy" / "box" / "nginx.conf").read_text().replace(" /srv/imgsrv/", f" {root}/")
            server = server.replace("listen 80;", f"listen 127.0.0.1:{port};")
        configuration = home / "nginx.conf"
        configuration.write_text(
            f"daemon off; master_process off; pid {home}/pid; error_log {home}/log;\n"
            "events { worker_connections 512; }\n"
            "http { access_log off; keepalive_requests 10000000;\n"
            f" types {{ image/jpeg jpg; }} client_body_temp_path {home}/b; proxy_temp_path {home}/p;\n"
            f" fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;\n"
            f"{server} }}\n"
        )
        command = [nginx_binary() or "nginx", "-c", str(configuration), "-p", str(home), "-e", str(home / "log")]
        if os.geteuid() == 0:
            configuration.write_text("user root;\n" + configuration.read_text())
        with _running(command, port, root, {}) as server:
            yield server


@contextmanager
def other(command: Callable[[int], list[str]], root: Path) -> Iterator[Server]:
    """Any other server: its command line, once it is known which port it gets."""
    with _port() as port, _running(command(port), port, root, {}) as server:
        yield server


@contextmanager
def _running(command: list[str], port: int, root: Path, environment: dict[str, str]) -> Iterator[Server]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IMGSRV_")}
    # Where a log goes is the user's choice and none of the server's cost, so it goes to memory.
    with os.fdopen(os.memfd_create("log"), "r+b") as log:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=inherited | environment, stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            _wait_until_answering(process, port, log.fileno())
            yield Server(port, process.pid, root)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_answering(process: "subprocess.Popen[bytes]", port: int, log: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start: {os.pread(log, 2000, 0).decode(errors='replace')}")


@contextmanager
def _root() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=scratch(), ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    yield port
