"""The service as a user starts it: a process on a loopback port, with a storage root of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx

ROOT = Path(__file__).resolve().parent.parent


class Service:
    """`python local_server.py` in a process; `url`, `storage`, and `client` to talk to it."""

    def __init__(self, storage: Path, *arguments: str, root: Path = ROOT, **environment: str) -> None:
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
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("IMGSRV_")} | environment
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def __enter__(self) -> "Service":
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=self._root, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the service did not start:\n{self.log}")
            time.sleep(0.05)
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
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def kill(self) -> None:
        """What a crash is: no warning, its children included."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
