"""The service on several hosts: the manifests name this version, and nginx always finds a host that is up."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvicorn
from nginx import Nginx, before_hosts, needs_nginx
from service import Service, free_port

from core.version import VERSION

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["deploy/kubernetes.yaml", "docs/kubernetes.md"])
def test_the_image_is_of_this_version(name: str) -> None:
    tags = re.findall(r"\bimgsrv:(\d[\w.]*)", (ROOT / name).read_text())
    assert len(tags) > 1
    assert set(tags) == {VERSION}


@pytest.mark.parametrize("name", ["deploy/box/nginx.conf", "docs/kubernetes.md"])
def test_nginx_closes_idle_connections_before_the_service_does(name: str) -> None:
    """Or an upload may be sent into the closing, and is answered 502."""
    kept = re.search(r"upstream imgsrv {[^}]*keepalive_timeout (\d+)s;", (ROOT / name).read_text())
    assert kept
    assert int(kept[1]) < uvicorn.Config("any:app").timeout_keep_alive


@needs_nginx
def test_hosts_restarted_right_after_each_other(tmp_path: Path) -> None:
    (tmp_path / "nginx").mkdir()
    port = free_port()
    with ExitStack() as running:
        servers = [running.enter_context(Service(tmp_path / "storage")) for _ in range(2)]
        text = before_hosts([f"127.0.0.1:{server.port}" for server in servers], f"127.0.0.1:{port}")
        nginx = running.enter_context(Nginx(text, port, tmp_path / "nginx"))
        for server in servers:
            server.stop()
            assert [nginx.client.get("/limits").status_code for _ in range(4)] == [200] * 4
            running.enter_context(server)
