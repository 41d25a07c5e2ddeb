"""What `make build` makes for each function, for this machine's Python and architecture: run, alone."""

import asyncio
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest
from photos import photo

from emulator.event import Request
from emulator.gateway import Gateway
from emulator.lambda_runtime import LambdaRuntime
from emulator.process import Deployment
from stack import template

pytestmark = pytest.mark.build

ROOT = Path(__file__).parents[2]
FUNCTIONS = template.load(ROOT / "template.yaml", {"Public": "yes", "Bucket": "no"}).functions
UPLOADS = {"UploadImage", "Uploads"}
HEAVY = {"PIL", "pillow_heif", "thumbhash", "python_multipart"}
LEAN = "GetImage"  # stands for all but the upload: one recipe builds them


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folders of the upload and of a lean function, by logical id; made where a path has a space in it."""
    folder = tmp_path_factory.mktemp("built") / "my photos"
    for part in ("core", "handlers", "mk"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", folder)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    target = [f"RUNTIME={version}", f"ARCH={platform.machine()}", f"PIP={shlex.quote(sys.executable)} -m pip"]
    # Where python3.x is this Python, so that the folders are compiled for it.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for name in ("UploadImage", LEAN):
        command = ["make", f"build-{name}", f"ARTIFACTS_DIR={folder / 'built' / name}", *target]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return folder / "built"


@pytest.fixture(scope="session")
def python(tmp_path_factory):
    """A Python that has Lambda's runtime client, as Lambda has it, and nothing else."""
    environment = tmp_path_factory.mktemp("python") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    for distribution in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        for file in files(distribution) or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), packages / file)
    return str(environment / "bin" / "python")


def test_the_built_folders_answer_through_the_runtime_client_alone(built, python, tmp_path):
    served = template.load(ROOT / "template.yaml", {"Public": "yes", "Bucket": "no"})
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + photo() + b"\r\n--b--\r\n"
    upload = Request("POST", "/projects/p/images", "", [("content-type", "multipart/form-data; boundary=b")], form)

    async def run(folder, *requests):
        runtime = LambdaRuntime(Deployment(built / folder, tmp_path, python))
        gateway = Gateway(served, runtime)
        try:
            return [await gateway.answer(request) for request in requests]
        finally:
            await runtime.stop()

    (uploaded,) = asyncio.run(run("UploadImage", upload))
    assert uploaded.status == 201
    url = json.loads(uploaded.body)["urls"]["thumb"]
    image, listed, cover, chosen, deleted = asyncio.run(
        run(
            LEAN,
            Request("GET", *url.split("?")),
            Request("GET", "/projects/p/images"),
            Request("GET", "/projects/p/thumbnail"),
            Request("PUT", url.split("?")[0].replace("images", "primary")),
            Request("DELETE", url.split("?")[0]),
        )
    )
    assert [answer.status for answer in (image, listed, cover, chosen, deleted)] == [200] * 5
    assert image.body == cover.body != b""


def test_a_built_folder_holds_code_and_packages_and_nothing_of_the_laptop(built):
    for name in ("UploadImage", LEAN):
        names = {path.name for path in (built / name).iterdir()}
        assert {"core", "handlers", "fastapi", "mangum"} <= names
        assert not names & {"emulator", "tests", "docs", "bench", "local_server.py", "uvicorn", "bin", "yaml"}


def test_only_the_upload_carries_the_image_and_form_packages(built):
    assert {path.name for path in (built / "UploadImage").iterdir()} >= HEAVY
    assert not HEAVY & {path.name for path in (built / LEAN).iterdir()}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.logical_id)
def test_a_function_that_starts_cold_imports_only_what_it_needs(built, python, function):
    folder = built / ("UploadImage" if function.logical_id in UPLOADS else LEAN)
    code = f"import json, sys, {function.module}; print(json.dumps(list(sys.modules)))"
    loaded = subprocess.check_output([python, "-c", code], cwd=folder, text=True, env={"PYTHONPATH": str(folder)})
    names = {name.partition(".")[0] for name in json.loads(loaded)}
    assert function.module in json.loads(loaded)
    assert not names & {"awslambdaric", "boto3"}
    if function.logical_id not in UPLOADS:
        assert not names & HEAVY


def test_everything_built_is_compiled_and_its_times_are_not_looked_at(built):
    for source in (built / LEAN).glob("core/**/*.py"):
        (compiled,) = (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")
        assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00"  # PEP 552: a hash, unchecked
