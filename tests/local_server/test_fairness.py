"""Who sends a hundred does not delay who sends one."""

import os
import signal
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

import httpx
from photos import photo
from processes import worker_pids
from service import Service

ROOM = 10  # one that is decoded, nine that wait


def send(service: Service, project: str) -> tuple[str, int]:
    files = {"file": ("a.jpg", photo())}
    return project, httpx.post(
        f"{service.url}/projects/{project}/images", files=files, timeout=600, verify=False
    ).status_code


def refusals(sent: list[Future[tuple[str, int]]], count: int) -> set[str]:
    """Waits for so many; whose uploads they were."""
    finished = as_completed(sent)
    refused = [next(finished).result() for _ in range(count)]
    assert {status for _, status in refused} == {503}
    return {project for project, _ in refused}


def test_one_upload_overtakes_a_crowd_that_fills_the_line(tmp_path: Path):
    settings = {"IMGSRV_DECODE_WORKERS": "1", "IMGSRV_DECODE_QUEUE": str(ROOM - 1), "IMGSRV_DECODE_SECONDS": "600"}
    with Service(tmp_path / "storage", **settings) as service, ThreadPoolExecutor(31) as pool:
        assert send(service, "before") == ("before", 201)
        (worker,) = worker_pids(service.process.pid)
        os.kill(worker, signal.SIGSTOP)
        crowd = [pool.submit(send, service, "crowd") for _ in range(30)]
        refusals(crowd, 30 - ROOM)
        one = pool.submit(send, service, "one")
        left = [sent for sent in crowd if not sent.done()]
        assert refusals([*left, one], 1) == {"crowd"}  # it gave up a place
        waiting = [sent for sent in [*left, one] if not sent.done()]
        os.kill(worker, signal.SIGCONT)
        assert {sent.result()[1] for sent in waiting} == {201}
        originals = service.storage.glob("projects/*/original/*.jpg")  # as the volume has them: clients hear late
        stored = [path.parts[-3] for path in sorted(originals, key=lambda path: path.stat().st_mtime_ns)]
    assert stored.count("crowd") == ROOM - 1
    # One was being decoded, and one had its turn before; several are published at once.
    assert stored[0] == "before"
    assert stored[1:].index("one") < ROOM // 2
