"""Whatever happens to a worker at whatever step costs that upload alone, and nothing stays of it."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from photos import expected_files, photo, stored_files
from processes import busy_worker, children, memory_files, worker_pids
from service import Service
from waiting import BOUND, eventually

STEPS = ("start", "open", "decode", "encode", "end")
Deed = Callable[[str, str], bytes]


def send(service: Service, project: str, content: bytes) -> httpx.Response:
    return httpx.post(
        f"{service.url}/projects/{project}/images", files={"file": ("a.jpg", content)}, timeout=BOUND, verify=False
    )


def costs_itself_alone(service: Service, project: str, during: Callable[[], httpx.Response]) -> str:
    """The kind of problem it is answered with, once all else is seen to be as if it had never come."""
    first = send(service, project, photo()).json()["image_id"]
    response = during()
    assert memory_files(service.process.pid) == 0
    assert stored_files(service.storage, project) == expected_files(first)
    second = send(service, project, photo())
    assert second.status_code == 201, second.text
    listed = service.client.get(f"/projects/{project}/images").json()["images"]
    assert [image["image_id"] for image in listed] == [first, second.json()["image_id"]]
    (template,) = children(service.process.pid)
    assert len(children(template)) == 1, "who ended was waited for"
    return f"{response.status_code} {response.json()['type'].removeprefix('/problems/')}"


def each(*fast: str) -> list[object]:
    """All steps; the `fast` ones in every run of the tests, since each of the others takes seconds of CPU."""
    return [step if step in fast else pytest.param(step, marks=pytest.mark.slow) for step in STEPS]


def goes_wrong(service: Service, project: str, deed: bytes) -> str:
    return costs_itself_alone(service, project, lambda: send(service, project, deed))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("what", ["crash", "leave"])
def test_decoder_that_dies(hostile: Service, project: str, deed: Deed, step: str, what: str) -> None:
    assert goes_wrong(hostile, project, deed(step, what)) == "422 corrupt-image"


@pytest.mark.parametrize("step", each("decode"))
@pytest.mark.parametrize("what", ["swell", "loop"])
def test_decoder_beyond_its_limits(hostile: Service, project: str, deed: Deed, step: str, what: str) -> None:
    assert goes_wrong(hostile, project, deed(step, what)) == "422 image-too-complex"


def test_a_decoder_that_sleeps(hasty: Service, project: str, deed: Deed):
    asleep = deed("decode", "sleep")
    assert costs_itself_alone(hasty, project, lambda: send(hasty, project, asleep)) == "503 decoder-lost"


@pytest.mark.parametrize("step", each("decode"))
def test_a_worker_that_is_killed_at_work(hostile: Service, project: str, deed: Deed, step: str):
    def killed() -> httpx.Response:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(send, hostile, project, deed(step, "loop"))
            os.kill(busy_worker(hostile.process.pid), signal.SIGKILL)
            return answer.result()

    assert costs_itself_alone(hostile, project, killed) == "503 decoder-lost"


def test_a_template_that_is_killed_at_work(hostile: Service, project: str, deed: Deed):
    def killed() -> httpx.Response:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(send, hostile, project, deed("decode", "loop"))
            busy_worker(hostile.process.pid)
            os.kill(children(hostile.process.pid)[0], signal.SIGKILL)
            return answer.result()

    assert costs_itself_alone(hostile, project, killed) == "503 decoder-lost"


def has_ended(pid: int) -> bool:
    """Whether the process is dead, though its parent may not know yet. Its last thread closes its files."""
    try:
        process = Path(f"/proc/{pid}")
        ended = process.joinpath("stat").read_text().rpartition(")")[2].split()[0] in "ZX"
        return ended and len(os.listdir(process / "task")) <= 1
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("whose", ["worker", "template"])
def test_a_kill_between_two_pictures_costs_neither(hostile: Service, project: str, whose: str):
    assert send(hostile, project, photo()).status_code == 201
    (template,) = children(hostile.process.pid)
    (worker,) = children(template)
    os.kill(worker if whose == "worker" else template, signal.SIGKILL)
    assert eventually(lambda: has_ended(worker))
    assert send(hostile, project, photo()).status_code == 201


def test_one_that_hangs_holds_up_nobody_with_another_worker(tmp_path: Path, project: str, deed: Deed):
    settings = {"IMGSRV_DECODE_WORKERS": "2", "PYTHONPATH": str(Path(__file__).with_name("inside"))}
    with Service(tmp_path / "storage", **settings) as service, ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(send, service, "other", deed("decode", "sleep"))
        for _ in range(3):
            assert send(service, project, photo()).status_code == 201
        assert not hanging.done()
        for worker in worker_pids(service.process.pid):
            os.kill(worker, signal.SIGKILL)
        assert hanging.result().status_code == 503
