"""Interrupts an operation at every call that it makes on the volume, one run a call, and checks the contract.

Each run is a child of its own. Its volume is checked by a later child that checks several, each at a path of its own:
what a process does for the first time costs more than what is checked.
"""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

from faults import tracer
from faults.calls import Call
from faults.disk import Disk
from faults.recorder import Recorder, unique
from faults.tracer import forked
from faults.volume import Answer, Operation, Volume, check_contract, read_answer

_READS = {"openat", "openat2", "read", "pread64", "getdents64", "fstat", "newfstatat", "statx", "faccessat2"}
_TOGETHER = 10  # volumes that one child checks


def kill(folder: Path, operation: Operation, images: int, every: str = "1") -> str:
    """SIGKILL before each call, or `every` so many."""
    runs = _each_call(folder, operation, images, lambda call: tracer.KILL, int(every))
    return f"{operation.name} on {images} images: killed before {runs} calls on the volume, nothing lost"


def fail(folder: Path, operation: Operation, images: int, name: str, every: str = "1") -> str:
    """Each call that changes the volume, or `every` so many, fails with the errno `name`, without being made."""
    number = getattr(errno, name)
    runs = _each_call(folder, operation, images, lambda call: number if call.changes else None, int(every))
    return f"{operation.name} on {images} images: {name} from {runs} calls that change the volume, nothing lost"


def unreadable(folder: Path, operation: Operation, images: int, every: str = "1") -> str:
    """Each call that reads the volume, or `every` so many, fails with EIO."""
    runs = _each_call(
        folder,
        operation,
        images,
        lambda call: errno.EIO if call.name in _READS and not call.changes else None,
        int(every),
    )
    return f"{operation.name} on {images} images: EIO from {runs} calls that read the volume, nothing lost"


def _each_call(
    folder: Path, operation: Operation, images: int, verdict: Callable[[Call], int | None], every: int
) -> int:
    """Runs the operation once for each call, or `every` so many, that `verdict` is not None for; how often it did."""
    original = Volume(folder / "original").fill(images, operation.prepare)
    answers = folder / "answer"
    checks = _Checks(operation)
    runs = 0
    while True:
        volume = original.copy(folder / str(runs) / "volume")
        answers.unlink(missing_ok=True)
        strike = _Strike(1 + runs * every, verdict)
        ended = tracer.trace(operation.into(volume, answers), volume.root, strike)
        answer = read_answer(answers)
        what = f"run {runs + 1}, at {strike.struck}"
        assert ended.status == (-9 if strike.killed else 0), f"{what}: ended with {ended.status}"
        checks.add(volume, answer, what)
        if strike.struck is None:
            checks.make()
            assert answer is not None
            assert answer.status < 300
            return runs
        runs += 1


def power(folder: Path, operation: Operation, images: int) -> str:
    """The power goes before each call that changes the volume, and after the answer, with every state of the disk
    that fsync's promise allows."""
    original = Volume(folder / "original").fill(images, operation.prepare)
    volume = original.copy(folder / "volume")
    recorder = Recorder(Disk(volume.root), str(volume.root))
    seen: set[int] = set()
    states: list[dict[str, bytes | None]] = []

    def record(number: int, call: Call) -> None:
        if call.changes:
            states.extend(unique(recorder.disk.states(), seen))
        recorder(number, call)

    answers = folder / "answer"
    ended = tracer.trace(operation.into(volume, answers), volume.root, record)
    assert ended.status == 0
    answer = read_answer(answers)
    answered = list(unique(recorder.disk.states(), set()))
    checks = _Checks(operation)
    for number, (state, told) in enumerate(
        [*((state, None) for state in states), *((state, answer) for state in answered)]
    ):
        after = Volume(folder / str(number) / "after", list(original.images))
        _write(after.root, state)
        checks.add(after, told, f"{ {path: len(content) for path, content in state.items() if content is not None} }")
    checks.make()
    total = len(states) + len(answered)
    return f"{operation.name} on {images} images: {total} states of the disk after a power loss, nothing lost"


def _write(root: Path, state: dict[str, bytes | None]) -> None:
    root.mkdir(parents=True)
    for path, content in sorted(state.items()):
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)


class _Checks:
    """Volumes on which the contract must hold, with what was answered there and what happened to them."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._waiting: list[tuple[Volume, Answer | None, str]] = []

    def add(self, volume: Volume, answer: Answer | None, what: str) -> None:
        self._waiting.append((volume, answer, what))
        if len(self._waiting) == _TOGETHER:
            self.make()

    def make(self) -> None:
        """Checks, in a child, those that wait, and removes them."""
        forked(self._check)
        for volume, _, _ in self._waiting:
            shutil.rmtree(volume.root.parent)
        self._waiting.clear()

    def _check(self) -> None:
        for volume, answer, what in self._waiting:
            try:
                check_contract(volume, self._operation, answer)
            except Exception as error:
                error.add_note(f"{what} (answered: {answer})")
                raise


class _Strike:
    """Lets the verdict fall on the n-th call that it applies to."""

    def __init__(self, number: int, verdict: Callable[[Call], int | None]) -> None:
        self._left, self._verdict = number, verdict
        self.struck: Call | None = None
        self.killed = False

    def __call__(self, number: int, call: Call) -> int | None:
        verdict = self._verdict(call)
        if verdict is None:
            return None
        self._left -= 1
        if self._left:
            return None
        self.struck, self.killed = call, verdict == tracer.KILL
        return verdict
