"""A real nginx with the configuration that a test gives it; `client` talks to it."""

import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from samples import sample
from waiting import BOUND, eventually

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="there is no nginx (apt-get install nginx-light)")


class Nginx:
    """nginx with `text` in its http block, which listens on a port or a Unix socket; its files lie in `folder`.

    `within` is a command that starts nginx, in namespaces of its own for instance.
    """

    def __init__(self, text: str, listens: int | Path, folder: Path, within: Sequence[str] = ()) -> None:
        self._folder, self._within = folder, within
        paths = " ".join(
            f'{name}_temp_path "{folder}/{name}";' for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"{'user root; ' if within else ''}"  # the only one that a namespace knows
            f'daemon off; master_process off; pid "{folder}/pid"; error_log "{folder}/log";\n'
            f"events {{ }} http {{ access_log off; {paths}\n{text} }}\n"
        )
        self._listens = listens
        self.client = client_of(listens)

    def __enter__(self) -> "Nginx":
        command = [*self._within, str(NGINX), *("-c", str(self._folder / "nginx.conf")), *("-p", str(self._folder))]
        self._process = subprocess.Popen([*command, "-e", str(self._folder / "log")])
        if (
            not eventually(lambda: self._process.poll() is not None or self._takes_connections())
            or self._process.poll()
        ):
            raise RuntimeError((self._folder / "log").read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._process.terminate()
        self._process.wait()

    def _takes_connections(self) -> bool:
        at_port = isinstance(self._listens, int)
        with socket.socket(socket.AF_INET if at_port else socket.AF_UNIX) as probe:
            return probe.connect_ex(("127.0.0.1", self._listens) if at_port else str(self._listens)) == 0


def before_hosts(hosts: list[str], listens: str) -> str:
    """The configuration that docs/kubernetes.md shows for two hosts, before these two."""
    text = sample("docs/kubernetes.md", "several-hosts").replace("listen 80;", f'listen "{listens}";')
    for shown, host in zip(("10.0.0.11:8001", "10.0.0.12:8001"), hosts, strict=True):
        assert shown in text
        text = text.replace(shown, host)
    return text


def client_of(listens: int | Path) -> httpx.Client:
    """A client of what listens on that port or that Unix socket, which other network namespaces can reach, too."""
    if isinstance(listens, int):
        return httpx.Client(base_url=f"http://localhost:{listens}", timeout=BOUND, verify=False)
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(listens)), base_url="http://localhost", timeout=BOUND)
