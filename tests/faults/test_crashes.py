"""A process killed before each system call that touches the volume, for each request that changes it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from faults import tracer
from faults.calls import Call
from faults.volume import DELETE, SET_PRIMARY, UPLOAD, Operation, Volume, check_contract, read_answer

CASES = [(UPLOAD, 0), (UPLOAD, 3), (DELETE, 3), (SET_PRIMARY, 3)]


def _killed_at(number: int) -> Callable[[int, Call], int | None]:
    return lambda n, call: tracer.KILL if n == number else None


@pytest.mark.parametrize(("operation", "images"), CASES, ids=lambda value: getattr(value, "name", value))
def test_process_killed_before_any_call_on_the_volume(operation: Operation, images: int, shm: Path) -> None:
    if reason := tracer.why_not():
        pytest.skip(reason)
    original = Volume(shm / "original").fill(images)
    kills = 0
    while True:
        volume = original.copy(shm / "volume")
        answers = shm / "answer"
        answers.unlink(missing_ok=True)
        ended = tracer.trace(operation.into(volume, answers), volume.root, _killed_at(kills + 1))
        answer = read_answer(answers)
        check_contract(volume, operation, answer)
        if ended.status == 0:
            break
        assert answer is None
        kills += 1
    assert answer is not None, "the last run was not interrupted"
    assert answer.status < 300
    assert kills > 20
    print(f"{operation.name} with {images} images: killed at each of {kills} calls")
