"""Lost answers and killed servers on one NFS host, while the client's next try goes to another: one image."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest
from cutter import Cutter
from multihost.campaign import doctor
from multihost.rig.cluster import Cluster
from multihost.servers import Server, alone, proxied, running
from nginx import needs_nginx
from photos import photo

pytestmark = [pytest.mark.hosts, needs_nginx]
KEY: dict[str, Any] = {"headers": {"Idempotency-Key": "k1"}}
WAYS: dict[str, dict[str, Any]] = {"key": KEY, "duplicates": {"params": {"duplicates": "return"}}}
FOUND = {"key": 201, "duplicates": 200}  # the answer to what is stored already
ROUNDS = 4
VOLUME = "/mnt/efs/lost-answers"
HOLD = """
import sys, time
from core.index import metadata
from core.volume import layout
from multihost import volume
with metadata.transaction(layout.project(volume.settings(sys.argv[1]).storage_root, sys.argv[2]), 300):
    print("held", flush=True)
    time.sleep(3600)
"""


@dataclass
class Hosts:
    """Servers on the hosts a and b; nobody but the tests asks them."""

    cluster: Cluster
    folder: Path
    servers: dict[str, Server]

    def send(self, host: str, project: str, content: bytes, **options: Any) -> httpx.Response:
        """An upload to this host, again while another one is under way."""
        with alone(self.folder, self.servers[host]) as client:
            while (answer := upload(client, project, content, **options)).status_code == 409:
                time.sleep(float(answer.headers["retry-after"]))
        return answer

    def listed(self, project: str) -> list[str]:
        """The project's images, which are the same on both hosts."""
        lists = []
        for server in self.servers.values():
            with alone(self.folder, server) as client:
                listed = client.get(f"/projects/{project}/images").json()["images"]
                lists.append([image["image_id"] for image in listed])
        assert lists[0] == lists[1]
        return lists[0]

    def begin(self, project: str) -> str:
        """An image of another file; both hosts know the project from then on."""
        image: str = self.send("b", project, photo(300, 200)).json()["image_id"]
        assert self.listed(project) == [image]
        return image

    def wait(self, host: str, condition: str) -> None:
        """Returns once a command succeeds on this host."""
        self.cluster[host].run(["sh", "-c", f"until {condition}; do sleep 0.02; done 2>/dev/null"])

    @contextmanager
    def locked(self, project: str) -> Iterator[None]:
        """The third host holds the project's lock, so that no image can be listed."""
        holder = self.cluster["c"].python(HOLD, VOLUME, project)
        holder.wait_for("held")
        yield
        holder.stop()


@pytest.fixture(scope="module")
def hosts(running_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    running_cluster.revive()
    servers = [Server(running_cluster, name, VOLUME) for name in "ab"]
    running_cluster["a"].run(["mkdir", VOLUME])
    folder = tmp_path_factory.mktemp("nginx")
    with running(servers), proxied(running_cluster, servers, folder):
        yield Hosts(running_cluster, folder, {server.name: server for server in servers})


def upload(client: httpx.Client, project: str, content: bytes, **options: Any) -> httpx.Response:
    return client.post(f"/projects/{project}/images", files={"file": ("a.jpg", content)}, **options)


def test_after_a_lost_answer_the_other_host_answers_with_the_image(hosts: Hosts) -> None:
    for way, options in WAYS.items():
        for first, second in ("ab", "ba"):
            project = f"{way}-{first}"
            before = hosts.begin(project)
            with (
                Cutter(hosts.folder / first, cuts=1) as cutter,
                httpx.Client(base_url=cutter.url, timeout=600) as client,
            ):
                with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                    upload(client, project, photo(), **options)
            answers = [hosts.send(host, project, photo(), **options) for host in (second, first)]
            assert [answer.status_code for answer in answers] == [FOUND[way]] * 2
            (image,) = {answer.json()["image_id"] for answer in answers}
            assert hosts.listed(project) == [before, image]


def test_both_hosts_at_once_answer_with_one_image(hosts: Hosts) -> None:
    for way, options in WAYS.items():
        for number in range(ROUNDS):
            project, barrier = f"{way}-{number}", Barrier(2)
            before = hosts.begin(project)

            def send(host: str, project: str = project, barrier: Barrier = barrier) -> httpx.Response:
                barrier.wait()
                return hosts.send(host, project, photo(), **options)  # noqa: B023

            with ThreadPoolExecutor(2) as pool:
                answers = list(pool.map(send, "ab"))
            assert sorted(answer.status_code for answer in answers) == [FOUND[way], 201]
            (image,) = {answer.json()["image_id"] for answer in answers}
            assert hosts.listed(project) == [before, image]


def test_after_a_killed_server_the_other_host_makes_one_image(hosts: Hosts) -> None:
    """Of two uploads under way, one has published its files, and the other has recorded the id of its image."""
    before = {project: hosts.begin(project) for project in ("published", "claimed")}
    with ThreadPoolExecutor(2) as pool, hosts.locked("published"), hosts.locked("claimed"):
        published = pool.submit(hosts.send, "a", "published", photo(), **KEY)
        hosts.wait("a", f"test $(ls {VOLUME}/projects/published/original/*.jpg | wc -l) = 2")
        claimed = pool.submit(hosts.send, "a", "claimed", photo(), **KEY)
        hosts.wait("a", f"ls {VOLUME}/uploads/claimed/*/0.1.*")
        hosts.servers["a"].crash()
        assert published.result().status_code == claimed.result().status_code == 502, "nginx had an answer"
    second = {project: hosts.send("b", project, photo(), **KEY) for project in before}
    hosts.servers["a"].start()
    images = {project: answer.json()["image_id"] for project, answer in second.items()}
    for repaired in (False, True):
        if repaired:
            doctor(hosts.cluster["c"], "repair", VOLUME)
        for project, image in images.items():
            third = hosts.send("a", project, photo(), **KEY)
            assert second[project].status_code == third.status_code == 201
            assert third.json() == second[project].json()
            assert hosts.listed(project) == [before[project], image]
