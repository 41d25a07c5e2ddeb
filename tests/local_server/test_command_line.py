"""Starting and stopping: what is printed, what stops the start, what Ctrl-C waits for."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from typing import Any

import httpx
import pytest
from photos import photo
from service import ROOT, Service, free_port, listens
from waiting import BOUND, eventually

from core.volume import locking


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "local_server.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=BOUND, check=False
    )


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("usual") / "storage") as running:
        yield running


def requests(service: Service, project: str) -> list[dict[str, Any]]:
    """What the log says of the requests for a project, without a line that is being written."""
    whole = service.log.rpartition("\n")[0].splitlines()
    lines = [json.loads(line) for line in whole if line.startswith("{")]
    return [line for line in lines if line["logger"] == "imgsrv.request" and f"/{project}/" in line["path"]]


def test_start_says_where_it_listens_and_stores(usual):
    lines = usual.log.splitlines()
    assert f":{usual.port}" in lines[0]
    assert str(usual.storage) in lines[0]
    assert lines[1] == f"Try:  curl -F file=@photo.jpg http://localhost:{usual.port}/projects/demo/images"


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("IMGSRV_MAX_UPLOAD_BYTES", "many", "a whole number"),
        ("IMGSRV_DECODE_MEMORY", "0", "from 1 to"),
        ("IMGSRV_LOCK_TIMEOUT", "nan", "a number from 0"),
        ("IMGSRV_STORAGE_ROOT", "", "a folder"),
        ("IMGSRV_DECODE_MEMROY", "1", "is not a setting"),
    ],
)
def test_bad_setting_stops_the_start_with_one_line(variable, value, wanted):
    result = run(**{variable: value})
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert variable in result.stderr
    assert wanted in result.stderr


def test_a_storage_root_that_cannot_be_written_stops_the_start(tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = run("--storage", str(tmp_path / "file" / "storage"), "--port", str(free_port()))
    assert result.returncode == 1
    assert str(tmp_path / "file" / "storage") in result.stderr
    assert "Traceback" not in result.stderr


def test_a_stop_finishes_the_uploads_that_are_under_way(tmp_path):
    originals = tmp_path / "storage/projects/p/original"
    originals.mkdir(parents=True)
    with Service(tmp_path / "storage") as service, ThreadPoolExecutor(4) as pool:
        url = f"{service.url}/projects/p/images"
        with locking.held(originals.parent / "meta.lock", 0):
            answers = [
                pool.submit(httpx.post, url, files={"file": ("a", photo())}, timeout=BOUND, verify=False)
                for _ in range(4)
            ]
            assert eventually(lambda: len(list(originals.glob("*.jpg"))) == 4)  # published, and waiting to be listed
            service.process.send_signal(signal.SIGINT)
            assert eventually(lambda: not listens(service.port))
        assert service.process.wait(BOUND) == 0
        assert [answer.result().status_code for answer in answers] == [201] * 4
    assert len(json.loads((tmp_path / "storage/projects/p/meta.json").read_bytes())["images"]) == 4
    assert "Traceback" not in service.log


def test_stop_during_the_start_is_no_error(tmp_path):
    code = """
import os, signal, local_server
local_server.build = lambda options: os.kill(os.getpid(), signal.SIGINT)
local_server.main([])
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=BOUND)
    assert (result.returncode, result.stderr) == (0, "")


def test_two_workers_share_the_port_and_the_storage(tmp_path):
    with Service(tmp_path / "storage", "--workers", "2") as service:
        for _ in range(6):
            answer = httpx.post(
                f"{service.url}/projects/p/images", files={"file": ("a", photo())}, timeout=BOUND, verify=False
            )
            assert answer.status_code == 201
        assert len(service.client.get("/projects/p/images").json()["images"]) == 6


def test_uvicorn_serves_the_app_by_its_name(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "local_server:app", "--port", str(port)]
    environment = {"IMGSRV_STORAGE_ROOT": str(tmp_path / "storage")}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            assert eventually(lambda: listens(port) or server.poll() is not None)
            assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=BOUND, verify=False).json()["status"] == "ok"
        finally:
            server.terminate()


def test_each_request_leaves_one_structured_line(usual, project):
    usual.client.get(f"/projects/{project}/images")
    usual.client.get(f"/projects/{project}/thumbnail")
    assert eventually(lambda: len(requests(usual, project)) >= 2)
    lines = requests(usual, project)
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", f"/projects/{project}/images", 200),
        ("GET", f"/projects/{project}/thumbnail", 404),
    ]
    assert lines[1]["problem"] == "no-cover"
    assert all(line["ms"] >= 0 and line["bytes"] > 0 for line in lines)


def test_storage_root_that_is_a_file_stops_the_start(tmp_path):
    (tmp_path / "photo").write_text("in the way")
    result = run("--storage", str(tmp_path / "photo"))
    assert result.returncode == 1
    assert result.stderr == f"local_server: the storage root {tmp_path}/photo is a file; it must be a folder\n"


@pytest.mark.parametrize("more", [(), ("--workers", "2"), ("--reload",)])
def test_a_port_that_is_taken_stops_the_start_with_a_sentence(tmp_path, more):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("--storage", str(tmp_path), "--port", str(port), *more)
    assert result.returncode == 1
    assert result.stderr == f"local_server: cannot listen on 127.0.0.1, port {port}: Address already in use\n"
    assert result.stdout == ""


def test_address_of_another_machine_stops_the_start(tmp_path):
    result = run("--storage", str(tmp_path), "--host", "192.0.2.1", "--public")
    assert result.returncode == 1
    sentence = "local_server: cannot listen on 192.0.2.1, port 8001: Cannot assign requested address"
    assert result.stderr.splitlines()[-1] == sentence


@pytest.mark.parametrize(
    ("module", "arguments", "environment", "sentence"),
    [
        ("awslambdaric", ["--mode", "lambda"], {}, "mode lambda needs Lambda's runtime client"),
        ("boto3", [], {"IMGSRV_BUCKET": "copies"}, "IMGSRV_BUCKET needs boto3 here"),
    ],
)
def test_missing_package_stops_the_start_with_a_sentence(tmp_path, module, arguments, environment, sentence):
    hide = f"import sys; sys.modules['{module}'] = None; import local_server; local_server.main(sys.argv[1:])"
    command = [sys.executable, "-c", hide, "--storage", str(tmp_path), *arguments]
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=BOUND, check=False
    )
    assert result.returncode == 1
    assert result.stderr.startswith(f"local_server: {sentence}")
    assert result.stderr.count("\n") == 1


def test_serving_does_not_need_the_emulator():
    code = "import sys; sys.modules['emulator'] = None; import local_server; local_server.app"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, check=True, timeout=BOUND)


@pytest.mark.parametrize("changed", ["template.yaml", "core/ids.py"])
def test_reload_follows_sources_and_template(tmp_path, changed):
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns(".*", "tests", "storage", "bench", "docs", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=ignored)
    with Service(tmp_path / "storage", "--reload", root=copy) as service:
        assert service.client.get("/healthz").status_code == 200
        later = count(int(time.time()) + 5)

        def reloads() -> bool:
            os.utime(copy / changed, (next(later),) * 2)  # again and again: the watcher may not have begun
            return f"{changed}'. Reloading" in service.log

        def answers() -> bool:
            with suppress(httpx.TransportError):  # the touches of a moment ago may each restart the server
                return service.client.get("/healthz").status_code == 200
            return False

        assert eventually(reloads)
        assert eventually(answers)


def test_options_reach_an_app_started_by_its_name(tmp_path):
    code = "import local_server; local_server.app; from core import settings; print(settings.current().storage_root)"
    environment = {"LOCAL_SERVER_OPTIONS": f"--storage '{tmp_path}/my photos'"}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == f"{tmp_path}/my photos\n"


def logged_client(service: Service, project: str) -> str:
    service.client.get(f"/projects/{project}/images", headers={"X-Forwarded-For": "203.0.113.9"})
    assert eventually(lambda: requests(service, project))
    return requests(service, project)[-1]["client"]


def test_client_is_what_a_named_proxy_says(tmp_path, project):
    with Service(tmp_path / "storage", "--proxy", "127.0.0.1") as service:
        assert logged_client(service, project) == "203.0.113.9"


def test_client_is_not_what_anybody_else_says(usual, project):
    assert logged_client(usual, project) == "127.0.0.1"


def test_reload_refuses_workers():
    result = run("--reload", "--workers", "2")
    assert result.returncode == 2
    assert "not allowed with" in result.stderr


@pytest.mark.parametrize("arguments", [("--port", "99999"), ("--port", "x"), ("--workers", "0"), ("--mode", "none")])
def test_a_bad_argument_stops_the_start_with_a_sentence(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert arguments[1] in result.stderr
    assert "Traceback" not in result.stderr
