"""The processes that decode belong to their server: they load what it does not, and never outlive it."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from photos import photo
from processes import descendants, memory_files, worker_pids
from service import Service
from waiting import BOUND, eventually

INSIDE = Path(__file__).parents[1] / "core" / "workers" / "inside"


def upload(service: Service, content: bytes = b"") -> httpx.Response:
    return httpx.post(
        f"{service.url}/projects/p/images", files={"file": ("a.jpg", content or photo())}, timeout=BOUND, verify=False
    )


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_the_end_of(pids: list[int]) -> None:
    assert eventually(lambda: not any(map(runs, pids))), [
        Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids if runs(pid)
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_no_worker_outlives_its_server(tmp_path: Path, number: signal.Signals, busy: bool):
    settings = {"PYTHONPATH": str(INSIDE), "IMGSRV_DECODE_SECONDS": "3"} if busy else {}
    with Service(tmp_path / "storage", **settings) as service, ThreadPoolExecutor(1) as pool:
        if busy:
            pool.submit(upload, service, photo(comment=b"deed:decode:sleep"))
            assert eventually(lambda: memory_files(service.process.pid))
        else:
            assert upload(service).status_code == 201
        started = descendants(service.process.pid)
        assert len(started) > 1
        os.kill(service.process.pid, number)
        service.process.wait(BOUND)
        wait_for_the_end_of(started)


@pytest.mark.parametrize("arguments", [("--workers", "2"), ("--reload",)], ids=" ".join)
def test_workers_of_several_server_processes(tmp_path: Path, arguments: tuple[str, ...]):
    with Service(tmp_path / "storage", *arguments) as service:
        assert upload(service).status_code == 201
        started = descendants(service.process.pid)
        service.stop()
        wait_for_the_end_of(started)


def test_server_alone_signalled_finishes_what_it_has_begun(tmp_path: Path):
    """A service manager signals every process at once: the workers wait for the server to be done with them."""
    with Service(tmp_path / "storage", IMGSRV_DECODE_WORKERS="1") as service:
        assert upload(service).status_code == 201
        (worker,) = worker_pids(service.process.pid)
        for pid in descendants(service.process.pid):
            os.kill(pid, signal.SIGTERM)
            os.kill(pid, signal.SIGINT)
        assert upload(service).status_code == 201
        assert worker_pids(service.process.pid) == [worker]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("usual") / "storage") as running:
        yield running


def test_the_server_loads_no_image_library(usual: Service):
    assert upload(usual).status_code == 201
    assert "_imaging" not in Path(f"/proc/{usual.process.pid}/maps").read_text()


def test_the_start_says_what_holds(usual: Service):
    told = usual.client.get("/healthz").json()["decoding"]
    (line,) = [line for line in usual.log.splitlines() if "pictures are decoded" in line]
    assert told["where"] == "in worker processes"
    assert all(name in line for name in told["holds"] + told["lacks"])


def test_where_pictures_are_decoded_in_each_mode(client: httpx.Client, mode: str):
    expected = "in the server process" if mode == "lambda" else "in worker processes"
    assert client.get("/healthz").json()["decoding"]["where"] == expected
