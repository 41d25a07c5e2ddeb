"""Hostile code in the decoder's place finds every door shut."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from photos import photo
from processes import children
from waiting import BOUND

from core.errors import CorruptImage
from core.projects import files
from core.settings import Settings
from core.sizes import STANDARD
from core.workers.forking import Template
from core.workers.process import Worker

INSIDE = Path(__file__).with_name("inside")


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Worker, Worker]]:
    """Two workers of one template, in which a picture's comment says what is done (inside/deeds.py)."""
    monkeypatch.syspath_prepend(INSIDE)
    monkeypatch.setenv("IMGSRV_SECRET", "of the server")
    template = Template(Settings())
    both = Worker(template, BOUND), Worker(template, BOUND)
    yield both
    for worker in both:
        worker.close()
    template.close()


def answer(worker: Worker, comment: str, tmp_path: Path) -> str:
    """What a worker says of a picture, as one that is taken over may: anything."""
    source = tmp_path / "source"
    source.write_bytes(photo(64, 48, comment=comment.encode()))
    sizes = Settings().sizes
    with ExitStack() as stack:
        outputs = {size: stack.enter_context(files.scratch(size)) for size in sizes}
        opened = stack.enter_context(source.open("rb"))
        with pytest.raises(CorruptImage) as refusal:
            worker.render(opened, outputs, Settings().limits, sizes)
    return refusal.value.detail


@pytest.fixture
def found(workers: tuple[Worker, Worker], tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What a taken-over worker could do, to files, to the network, to this process and to another worker."""
    worker, other = workers
    if lacks := worker.prepare().lacks:
        pytest.skip(f"this system lacks {lacks}")
    other.prepare()
    assert other._live
    file = tmp_path / "storage" / "secret"
    file.parent.mkdir()
    file.write_text("of others")
    with socket.create_server(("127.0.0.1", 0)) as server:
        targets = {"file": str(file), "port": server.getsockname()[1], "parent": os.getpid(), "other": other._live.pid}
        yield json.loads(answer(worker, "deed:start:knock " + json.dumps(targets), tmp_path))
        assert file.read_text() == "of others"
        os.kill(other._live.pid, 0)


def test_every_door_is_shut(found: dict[str, Any]) -> None:
    held = {"descriptors", "environment"}
    refused = {"PermissionError", "ValueError"}  # Python's for a limit that may not be raised
    assert {name: outcome for name, outcome in found.items() if name not in held and outcome not in refused} == {}
    assert len(found) > 40


def test_a_worker_holds_its_picture_and_nothing_else(found: dict[str, Any]) -> None:
    nowhere, server, source, outputs = [0, 1, 2], [3], [4], [*range(5, 5 + len(STANDARD))]
    assert found["descriptors"] == nowhere + server + source + outputs
    assert found["environment"] == {}


def test_the_template_is_told_no_secret(workers: tuple[Worker, Worker]) -> None:
    before = set(children(os.getpid()))
    workers[0].prepare()
    (template,) = set(children(os.getpid())) - before
    assert b"of the server" not in Path(f"/proc/{template}/environ").read_bytes()


def test_what_a_system_lacks_is_said_and_the_rest_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Only the template runs what follows, on a system without libseccomp.
    lines = ["import sys", "if 'core.workers.template' in sys.orig_argv:", "    sys.modules['pyseccomp'] = None"]
    lines += [f"    sys.path.append({str(INSIDE)!r})", "    import deeds", "    deeds.install()"]
    (tmp_path / "sitecustomize.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    template = Template(Settings())
    worker = Worker(template, BOUND)
    try:
        assert worker.prepare().lacks == ["no system calls beyond its work (seccomp)"]
        assert answer(worker, "deed:start:open_password_file", tmp_path) == "PermissionError"  # by Landlock
    finally:
        worker.close()
        template.close()
