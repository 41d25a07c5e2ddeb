"""The line of one process for a lock: two threads at once leave it whole, and its pauses follow its waits."""

import asyncio
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from core import measures
from core.volume import locking
from core.volume.locking import _Line


class Slow(deque["Future[None]"]):
    """Lets another thread come behind each step."""

    def append(self, place: "Future[None]") -> None:
        super().append(place)
        time.sleep(0.05)

    def remove(self, place: "Future[None]") -> None:
        super().remove(place)
        time.sleep(0.05)


@pytest.fixture
def line() -> _Line:
    made = _Line()
    made._places = Slow()
    return made


def test_of_two_that_join_at_once_one_has_the_turn(line: _Line) -> None:
    with ThreadPoolExecutor(2) as threads:
        places = list(threads.map(lambda _: line.join(), range(2)))
    assert sorted(place.done() for place in places) == [False, True]


def test_who_joins_while_another_leaves_has_the_turn(line: _Line) -> None:
    first = line.join()
    with ThreadPoolExecutor(1) as threads:
        leaving = threads.submit(line.leave, first)
        while line._places:
            time.sleep(0.001)
        place = line.join()
        leaving.result()
    assert place.done()


def test_place_is_left_and_not_cancelled() -> None:
    line = _Line()
    line.join()
    assert not line.join().cancel()


@pytest.mark.parametrize("last", [0.0, 30.0])
@pytest.mark.parametrize("waited", [0.0, 100.0])
def test_line_pauses_after_a_turn_that_it_had_to_wait_for(waited: float, last: float) -> None:
    """Three times as long as it was held, or nine tenths of the last pause, give or take a half."""
    line = _Line()
    line.released(last, 10.0)
    began = time.monotonic()
    line.released(waited, 10.0)
    pause = 30.0 if waited else 0.9 * last
    assert began + pause / 2 <= line.resume <= time.monotonic() + pause * 1.5


def test_wait_for_turn_and_file_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, told = tmp_path / "lock", []
    monkeypatch.setattr(measures, "tell", lambda measure, amount: told.append((measure, amount)))
    begun, end = threading.Event(), threading.Event()
    before = time.monotonic()
    left: list[float] = []  # of the wait, to be measured

    def hold() -> None:
        with locking.held(path, 60):
            begun.set()
            end.wait(60)

    async def twice() -> None:
        asyncio.get_running_loop().call_later(0.1, end.set)
        with await locking.turn(path, 60):
            for _ in range(2):
                with locking.held(path, 60):
                    left.append(locking._line(path).waited)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(hold)
        begun.wait(60)
        asyncio.run(twice())
    assert {measure for measure, _ in told} == {measures.LOCK_WAIT}
    assert 0.09 < told[1][1] <= time.monotonic() - before
    assert min(amount for _, amount in told) >= 0
    assert left == [0.0, 0.0]
