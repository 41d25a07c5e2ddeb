"""The service as a user starts it: a process on a loopback port, with a storage root of its own."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import httpx
from waiting import BOUND, eventually

ROOT = Path(__file__).resolve().parent.parent
# Seconds: on a busy machine a queue of uploads, a client between two pieces of one, and a decoder may wait for long.
PATIENT = {"IMGSRV_LOCK_TIMEOUT": "600", "IMGSRV_IDLE_TIMEOUT": "600", "IMGSRV_DECODE_SECONDS": "600"}
PATIENT |= {"EMULATOR_SLOWER": "20"}
# Coverage of a process costs as much as its start, so of hundreds only those that are given this are measured.
MEASURED = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE_")}
PORTS = range(20_000, 32_000)  # below those that Linux gives to outgoing connections


class Service:
    """`python local_server.py` in a process; `url`, `storage`, and `client` to talk to it."""

    def __init__(self, storage: Path, /, *arguments: str, root: str | Path = ROOT, **environment: str) -> None:
        self.storage = storage
        self._root = root
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = storage.with_name(f"{storage.name}-{self.port}.log")
        self._command = [
            sys.executable,
            "local_server.py",
            "--port",
            str(self.port),
            "--storage",
            str(storage),
            *arguments,
        ]
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("IMGSRV_")}
        self._environment |= PATIENT | environment
        # The server closes what was idle for 5 seconds; a client that kept it as long might send into the closing.
        # `verify`: here as in all tests, or each client would read the certificates of https, which takes longer
        # than what it asks for.
        limits = httpx.Limits(keepalive_expiry=1)
        self.client = httpx.Client(base_url=self.url, timeout=BOUND, limits=limits, verify=False)

    def __enter__(self) -> "Service":
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=self._root, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        if not eventually(lambda: self._ended() or self._serves()) or self._ended():
            raise RuntimeError(f"the service did not start:\n{self.log}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.stop()

    @property
    def log(self) -> str:
        return self._log.read_text()

    def stop(self) -> int:
        """Asks it to end, as Ctrl-C does, and returns its exit status."""
        if not self._ended():
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(BOUND)

    def kill(self) -> None:
        """What a crash is: no warning, its children included."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _ended(self) -> bool:
        return self.process.poll() is not None

    def _serves(self) -> bool:
        """Whether it listens and would end as it is asked to: it listens a while before it minds signals."""
        caught = Path(f"/proc/{self.process.pid}/status").read_text().partition("SigCgt:")[2].split()[0]
        return listens(self.port) and bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def listens(port: int) -> bool:
    """Whether a server takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody listened on a moment ago, and that no connection will be given."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
