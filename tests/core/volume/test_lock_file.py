"""The lock file: what is taken for one, when it is asked for, and that it is free when the block has ended."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import ProjectLocked
from core.volume import locking, polling
from core.volume.opening import Misplaced


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@pytest.fixture
def other(path: Path) -> Iterator[Callable[..., bool]]:
    """Another process, so to say: takes the lock, or gives it back; tells whether it could."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)

    def take(operation: int = fcntl.LOCK_EX) -> bool:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    yield take
    os.close(descriptor)


def test_lock_is_free_after_a_failure_that_is_still_told(path: Path, other: Callable[..., bool]) -> None:
    with pytest.raises(ValueError, match="no") as failed, locking.held(path, 1):  # noqa: PT012
        assert not other()
        raise ValueError("no")
    assert failed.tb is not None
    assert other()


def test_lock_may_be_left_in_another_thread(path: Path, other: Callable[..., bool]) -> None:
    context = locking.held(path, 1)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as another:
        one.submit(context.__enter__).result()
        assert not other()
        another.submit(context.__exit__, None, None, None).result()
        assert other()


@pytest.mark.parametrize("make", [lambda path: os.link(path, path.with_name("second")), None], ids=["name", "pipe"])
def test_what_is_no_lock_file_of_ours_is_not_written_to(path: Path, make: Callable[[Path], None] | None) -> None:
    if make is None:
        os.mkfifo(path)
    else:
        path.touch()
        make(path)
    with pytest.raises(Misplaced), locking.held(path, 1):
        raise AssertionError("held")


def test_lock_is_not_asked_for_before_its_pause_is_over(path: Path) -> None:
    line = locking._line(path)
    line.resume = resume = time.monotonic() + 0.1
    with locking.held(path, 60):
        assert time.monotonic() >= resume


def test_pause_ends_with_the_patience(path: Path) -> None:
    locking._line(path).resume = time.monotonic() + 3600
    with locking.held(path, 0.1):
        pass


def test_pause_after_a_turn_is_reckoned_from_its_wait_and_its_length(
    path: Path, other: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[float, ...]] = []
    monkeypatch.setattr(polling, "courtesy", lambda *times: told.append(times) or 0.0)
    began = time.monotonic()
    assert other()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(_hold, path)
        time.sleep(0.2)
        assert other(fcntl.LOCK_UN)
        waiting.result()
    (last, waited, held) = told[0]
    assert last == 0.0
    assert waited >= 0.05
    assert held >= 0.05
    assert waited + held <= time.monotonic() - began


def _hold(path: Path) -> None:
    with locking.held(path, 60):
        time.sleep(0.05)


def test_time_is_up_at_its_end(path: Path, other: Callable[..., bool]) -> None:
    assert other()
    began = time.monotonic()
    with pytest.raises(ProjectLocked, match=r"within 0\.1 seconds"), locking.held(path, 0.1):
        raise AssertionError("held")
    assert time.monotonic() >= began + 0.1


def test_lock_is_polled_as_its_cost_and_the_wait_say(
    path: Path, other: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[float, float]] = []

    def interval(cost: float, waited: float) -> float:
        told.append((cost, waited))
        return 0.05

    monkeypatch.setattr(polling, "poll_interval", interval)
    began = time.monotonic()
    assert other()
    with pytest.raises(ProjectLocked), locking.held(path, 0.3):
        raise AssertionError("held")
    took = time.monotonic() - began
    assert 1 <= len(told) <= took / 0.05 + 1
    assert all(0 <= cost <= waited <= took for cost, waited in told)
    assert [cost for cost, _ in told] == sorted((cost for cost, _ in told), reverse=True), "the lowest so far"
