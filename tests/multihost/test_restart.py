"""Servers on two hosts behind nginx, restarted one after the other while clients upload, delete and read."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from multihost.campaign import doctor
from multihost.load import IMAGES, PROJECT, Load, named, stored
from multihost.rig.cluster import Cluster
from multihost.servers import Server, alone, proxied, running
from nginx import needs_nginx

pytestmark = [pytest.mark.hosts, needs_nginx]
HELD = 1000  # as the number of the client that holds uploads back
ANSWERS = 30  # between two steps of a restart


def restart(servers: list[Server], load: Load, rounds: int) -> list[int]:
    """Each server in turn is stopped amid uploads and started again; how many requests were under way each time."""
    under_way = []
    for number in range(rounds):
        for place, server in enumerate(servers):
            load.goes_on(ANSWERS)
            name, content = named(HELD + place, number)
            held = server.begin_upload(PROJECT, name, content)
            under_way.append(load.running)
            server.terminate()
            answer = held.finish()
            assert answer.status_code == 201, "the server ended before an upload that had begun"
            load.uploads[name] = answer.json()["image_id"]
            server.wait()
            load.goes_on(ANSWERS)
            server.start()
    load.goes_on(ANSWERS)
    return under_way


def judge(load: Load, client: httpx.Client) -> None:
    """What this host lists and serves is what was answered, once each."""
    listed: list[dict[str, Any]] = client.get(IMAGES).json()["images"]
    expected = {name: image for name, image in load.uploads.items() if image not in load.deleted}
    assert Counter(image["name"] for image in listed) == Counter(expected.keys())
    assert {image["name"]: image["image_id"] for image in listed} == expected
    for name, image in expected.items():
        answer = client.get(f"{IMAGES}/{image}")
        assert answer.status_code == 200
        assert answer.content == stored(name), f"{name} has other bytes"
    for image in load.deleted:
        assert client.get(f"{IMAGES}/{image}").status_code == 404


def rolling_restart(cluster: Cluster, volume: str, folder: Path, rounds: int, **clients: int) -> None:
    servers = [Server(cluster, name, volume) for name in "ab"]
    with running(servers), proxied(cluster, servers, folder):
        load = Load(folder / "all")
        with load.under_way(**clients):
            under_way = restart(servers, load, rounds)
        figures = {
            "restarts": len(under_way),
            "under way at SIGTERM": under_way,
            "answered": load.answers,
            "passed on by nginx, since a host was down": (folder / "log").read_text().count("connect() failed"),
            "answered at the client's second try": load.again,
            "waited for": load.waited,
            "failed twice": len(load.failed),
            "wrong": len(load.wrong),
            "uploads": len(load.uploads),
            "deleted": len(load.deleted),
        }
        print(json.dumps(figures))
        assert not load.failed, load.failed
        assert not load.wrong, load.wrong[:5]
        assert sum(under_way) > 0, "nothing was under way at any SIGTERM"
        for server in servers:
            with alone(folder, server) as client:
                judge(load, client)
    assert doctor(cluster["c"], "check", volume, abandoned_after=3600) == {}


def test_rolling_restart_loses_nothing(cluster: Cluster, volume: str, tmp_path: Path) -> None:
    rolling_restart(cluster, volume, tmp_path, rounds=1, writers=4, senders=2, readers=2)


@pytest.mark.slow
def test_ten_rolling_restarts_lose_nothing(cluster: Cluster, volume: str, tmp_path: Path) -> None:
    rolling_restart(cluster, volume, tmp_path, rounds=10, writers=6, senders=3, readers=3)
