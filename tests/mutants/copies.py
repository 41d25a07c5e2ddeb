"""A copy of the tree in which one file at a time has a fault, and pytest run on it.

Each run is forked from a process that has imported what all tests need and nothing of ours: half of it is saved.
"""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from mutants.operators import Mutant
from mutants.rooms import Room

ROOT = Path(__file__).resolve().parents[2]
_TESTS = 100  # added to pytest's exit status, so that nothing else passes for a test that fails
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["mutants.copies", "pytest", "numpy", "PIL.Image", "httpx", "fastapi", "mangum"])


class Copy:
    """A copy of the tree in which one file at a time has a fault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._time = 1_000_000_000
        listed = subprocess.run(
            ["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)

    def files(self, patterns: tuple[str, ...]) -> list[str]:
        found = (path for pattern in patterns for path in self.folder.glob(pattern))
        return sorted(path.relative_to(self.folder).as_posix() for path in found)

    def notices(self, path: str, mutant: Mutant, room: Room, patience: float) -> bool:
        """Whether a test fails, or none of them ends."""
        whole = (self.folder / path).read_text()
        self._write(path, mutant.content)
        try:
            return any(self.run(group, patience) != 0 for group in (room.quick, room.thorough) if group)
        finally:
            self._write(path, whole)

    def _write(self, path: str, content: str) -> None:
        """With a time of its own: compiled code of the same second and length would be taken for its own."""
        (self.folder / path).write_text(content)
        self._time += 1
        os.utime(self.folder / path, (self._time, self._time))

    def run(self, tests: tuple[str, ...], patience: float) -> int | None:
        """pytest's exit status; None when it did not end within `patience` seconds."""
        process = _processes.Process(target=_run_tests, args=(str(self.folder), tests))
        process.start()
        process.join(patience)
        if process.exitcode is None:
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


def _run_tests(folder: str, tests: tuple[str, ...]) -> None:
    os.chdir(folder)
    os.environ.pop("PYTHONPATH", None)
    os.environ["TMPDIR"] = str(Path(folder).parent)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # which takes longer than most tests
    sys.path[:] = [place for place in sys.path if not Path(place).resolve().is_relative_to(ROOT) or ".venv" in place]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    import pytest

    os._exit(_TESTS + pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))
