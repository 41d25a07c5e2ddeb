"""A copy of the tree in which one file at a time has a fault, and pytest run on it.

Each run is forked from a process that has imported what all tests need and nothing of ours: half of it is saved.
The tests that noticed the last faults come first, since they mostly notice the next one, too.
"""

import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from mutants.operators import Mutant

ROOT = Path(__file__).resolve().parents[2]
_TESTS = 100  # added to pytest's exit status, so that nothing else passes for a test that fails
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    ["mutants.copies", "pytest", "hypothesis", "numpy", "PIL.Image", "httpx", "fastapi", "mangum"]
)


class Copy:
    """A copy of the tree, in `folder`, in which one file at a time has a fault.

    `noticed` holds the tests that noticed the last faults, the last one first; copies of one run share it.
    """

    def __init__(self, folder: Path, noticed: list[str]) -> None:
        self.folder = folder / "tree"
        self._temporary = folder / "temporary"
        self._failed = folder / "failed"
        self._noticed = noticed
        self._time = 1_000_000_000
        listed = subprocess.run(
            ["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.folder / name)

    def files(self, patterns: tuple[str, ...]) -> list[str]:
        found = (path for pattern in patterns for path in self.folder.glob(pattern))
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def notices(self, path: str, mutant: Mutant, groups: tuple[tuple[str, ...], ...], patience: float) -> str:
        """The test that fails, or that none begins or ends; "" if none notices."""
        whole = (self.folder / path).read_text()
        self._write(path, mutant.content)
        try:
            for group in filter(None, groups):
                if self.run(group, patience) != 0:
                    return self.first_failed()
            return ""
        finally:
            self._write(path, whole)

    def first_failed(self) -> str:
        if not self._failed.exists():
            return "none begins, or ends"
        test = self._failed.read_text()
        self._noticed[:] = [test, *(other for other in self._noticed if other != test)]
        return test

    def _write(self, path: str, content: str) -> None:
        """With a time of its own: compiled code of the same second and length would be taken for its own."""
        (self.folder / path).write_text(content)
        self._time += 1
        os.utime(self.folder / path, (self._time, self._time))

    def run(self, tests: tuple[str, ...], patience: float) -> int | None:
        """pytest's exit status; None when it did not end within `patience` seconds, or a fifth of that of computing, or
        when the fault killed it."""
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(exist_ok=True)
        self._failed.unlink(missing_ok=True)
        order = _Order(self._failed, tuple(self._noticed))
        arguments = (str(self.folder), str(self._temporary), tests, order, int(patience / 5))
        process = _processes.Process(target=_run_tests, args=arguments)
        process.start()
        process.join(patience)
        if process.exitcode is None or process.exitcode < 0:
            process.kill()
            process.join()
            self._end_servers()
            return None
        status = process.exitcode - _TESTS
        if status < 0:
            raise RuntimeError("the tests could not be begun")
        return status

    def _end_servers(self) -> None:
        """Those that the killed tests had started: whatever works in this folder."""
        for found in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if found.readlink().is_relative_to(self.folder):
                    os.kill(int(found.parent.name), signal.SIGKILL)
            except OSError:
                continue


@dataclass(frozen=True)
class _Order:
    """A plugin of pytest: those of `first` that are among the tests come first; a test that fails is written down."""

    failed: Path
    first: tuple[str, ...]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        places = {name: place for place, name in enumerate(self.first)}
        items.sort(key=lambda item: places.get(item.nodeid, len(places)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.write_text(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.write_text(report.nodeid)


def _run_tests(folder: str, temporary: str, tests: tuple[str, ...], order: _Order, seconds: int) -> None:
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    os.environ.pop("PYTHONPATH", None)
    os.environ["TMPDIR"] = temporary
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # which takes longer than most tests
    sys.path[:] = [place for place in sys.path if not Path(place).resolve().is_relative_to(ROOT) or ".venv" in place]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os._exit(_TESTS + pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests], [order]))
