"""doctor as a program: exit status, progress, quarantine, what it imports."""

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest
from trees import Tree
from waiting import BOUND

from core.doctor import locktest
from core.doctor.report import Progress
from core.volume import layout


def _run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd()} | env
    command = [sys.executable, "-m", "core.doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=BOUND)


def test_exit_status_tells_clean_different_and_unusable(tree: Tree) -> None:
    image = tree.upload()
    root = str(tree.settings.storage_root)

    assert _run("check", IMGSRV_STORAGE_ROOT=root).returncode == 0
    tree.path("thumb", image).unlink()
    different = _run("check", IMGSRV_STORAGE_ROOT=root)
    assert different.returncode == 1
    assert "rendition-missing" in different.stdout
    assert "would be made again from the original" in different.stdout
    assert _run("check", "--storage", root + "/nowhere").returncode == 2
    assert _run("check", "--storage", root, "--project", "nobody").returncode == 2
    assert _run("chekc").returncode == 2
    assert _run("repair", "--project", "p", "--storage", root).returncode == 0


def test_check_pays_for_no_image_library(tree: Tree) -> None:
    tree.path("thumb", tree.upload()).unlink()
    code = "import sys; from core.doctor.__main__ import main; main(sys.argv[1:]); sys.exit('PIL' in sys.modules)"
    command = [sys.executable, "-c", code, "check", "--storage", str(tree.settings.storage_root)]

    assert subprocess.run(command, capture_output=True).returncode == 0


def test_sweep_takes_abandoned_uploads_and_empties_only_an_old_quarantine(tree: Tree) -> None:
    image = tree.upload()
    tree.write("thumb/unfinished.jpg")
    tree.edit(lambda index: index.update(primary_image_id=None))  # a difference that is not sweep's
    quarantine = layout.quarantine_folder(tree.settings.storage_root)
    today = datetime.now(UTC).date()
    for days in (29, 31):
        folder = quarantine / (today - timedelta(days)).isoformat() / "p" / "game"
        folder.mkdir(parents=True)
        (folder / "x.jpg").touch()
    (quarantine / "kept by hand").mkdir()

    assert tree.doctor("sweep") == (0, [("orphan", "thumb/unfinished.jpg")])

    left = {(today - timedelta(29)).isoformat(), today.isoformat(), "kept by hand"}
    assert set(os.listdir(quarantine)) == left
    assert tree.index()["primary_image_id"] is None
    assert tree.path("original", image).exists()


def test_same_file_taken_twice_is_kept_twice(tree: Tree) -> None:
    tree.upload()
    for content in (b"one", b"two"):
        tree.write("game/unfinished.jpg", content)
        tree.doctor("sweep")

    assert tree.quarantined() == ["p/game/unfinished.jpg", "p/game/unfinished.jpg~2"]


class _Terminal:
    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_progress_is_drawn_on_a_terminal() -> None:
    terminal = _Terminal()
    progress = Progress(4, terminal)  # type: ignore[arg-type]

    progress.show(1, 250)
    progress.clear()

    assert "] 1/4 projects, 250 images" in terminal.text
    assert terminal.text.endswith("\r\x1b[K")


def test_bench_measures_and_leaves_nothing(tmp_path: Path) -> None:
    result = _run("bench", "--storage", str(tmp_path), "--rounds", "3")

    assert result.returncode == 0
    assert "commit an index" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_locktest_finds_that_a_local_disk_excludes(tmp_path: Path) -> None:
    result = _run("locktest", str(tmp_path), "--processes", "3", "--rounds", "10")

    assert result.returncode == 0, result.stderr
    assert "30 changes by 1 host(s) x 3 processes" in result.stdout
    assert "0 lost by this service's protocol: its locks exclude" in result.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("names", "same"), [(("a.internal", "b.internal"), False), (("a.internal",), True)])
def test_locktest_tells_whether_two_hosts_have_one_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], same: bool
) -> None:
    monkeypatch.setattr(socket, "gethostname", cycle(names).__next__)
    monkeypatch.setattr(locktest, "_boot_id", cycle(("1", "2")).__next__)
    tests = [locktest.LockTest(tmp_path, hosts=2, processes=1, rounds=1) for _ in range(2)]
    with ThreadPoolExecutor() as threads:
        results = list(threads.map(locktest.LockTest.run, tests))
    assert [result["same_host_name"] for result in results] == [same, same]


def test_locktest_finds_locks_that_do_not_exclude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "sitecustomize.py"  # a mount whose locks are always granted
    broken.write_text("import fcntl\nfcntl.flock = lambda *_: None\n")
    path = f"{tmp_path}:{os.getcwd()}"
    result = _run("locktest", str(tmp_path / "mount"), "--processes", "4", "--rounds", "50", PYTHONPATH=path)

    assert result.returncode == 1
    assert "DO NOT EXCLUDE" in result.stdout
