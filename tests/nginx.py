"""A real nginx with the configuration that a test gives it; `client` talks to it."""

import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from waiting import BOUND

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="there is no nginx (apt-get install nginx-light)")


class Nginx:
    """nginx with `text` in its http block, which listens on `port`; its files lie in `folder`."""

    def __init__(self, text: str, port: int, folder: Path) -> None:
        self._folder = folder
        paths = " ".join(
            f'{name}_temp_path "{folder}/{name}";' for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f'daemon off; master_process off; pid "{folder}/pid"; error_log "{folder}/log";\n'
            f"events {{ }} http {{ access_log off; {paths}\n{text} }}\n"
        )
        self.client = httpx.Client(base_url=f"http://localhost:{port}", timeout=BOUND, verify=False)

    def __enter__(self) -> "Nginx":
        command = [str(NGINX), *("-c", str(self._folder / "nginx.conf")), *("-p", str(self._folder))]
        self._process = subprocess.Popen([*command, "-e", str(self._folder / "log")])
        deadline = time.monotonic() + BOUND
        while True:
            try:
                self.client.get("/healthz")
                return self
            except httpx.ConnectError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self._folder / "log").read_text()) from None
                time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._process.terminate()
        self._process.wait()
