"""A lock's turns within a process: first come, first served, for threads and event loops alike; a bounded wait."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import ProjectLocked
from core.volume import locking

PATIENT, HASTY = 60, 0.05  # seconds


async def change(path: Path, work: Callable[[], object], patience: float = PATIENT) -> object:
    """`work`, done by a thread that holds the lock, once this coroutine has its turn."""
    turn = await locking.turn(path, patience)

    def held() -> object:
        with turn, locking.held(path, patience):
            return work()

    return await asyncio.to_thread(held)


@pytest.fixture
def busy(tmp_path: Path):
    """A lock file that another thread holds until `busy.end()`."""
    path, begun, end = tmp_path / "lock", threading.Event(), threading.Event()

    def hold() -> None:
        with locking.held(path, PATIENT):
            begun.set()
            end.wait(PATIENT)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(PATIENT)
    yield path, end
    end.set()
    holder.join()


def test_turn_that_does_not_come_is_refused(busy) -> None:
    path, _ = busy
    with pytest.raises(ProjectLocked):
        asyncio.run(locking.turn(path, HASTY))
    with pytest.raises(ProjectLocked), locking.held(path, HASTY):
        pass


def test_other_lock_has_its_turn_at_once(busy) -> None:
    path, _ = busy
    assert asyncio.run(change(path.with_name("other"), lambda: "done", HASTY)) == "done"


def test_turns_come_in_order_of_asking(busy) -> None:
    """Coroutines of one loop, of others, and threads, asked one after the other."""
    path, end = busy
    order: list[int] = []

    def thread(number: int) -> None:
        with locking.held(path, PATIENT):
            order.append(number)

    def loop(number: int) -> None:
        asyncio.run(change(path, lambda: order.append(number)))

    with ThreadPoolExecutor(12) as pool:
        for number in range(12):
            pool.submit(loop if number % 2 else thread, number)
            waits_for(path, number + 2)
        end.set()
    assert order == list(range(12))


def waits_for(path: Path, count: int) -> None:
    """Returns once so many are in the line, its holder included."""
    asked = threading.Event()
    while len(locking._line(path)._places) < count:
        asked.wait(0.001)


def test_many_loops_change_one_at_a_time(tmp_path: Path) -> None:
    counter = [0]

    def increment() -> None:
        before = counter[0]
        threading.Event().wait(0.001)
        counter[0] = before + 1

    def loop(_: int) -> None:
        for _ in range(5):
            asyncio.run(change(tmp_path / "lock", increment))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(loop, range(12)))
    assert counter == [60]


def test_cancelled_waiter_leaves_the_line(busy) -> None:
    path, end = busy

    async def cancelled() -> object:
        waiting = asyncio.create_task(change(path, lambda: "never"))
        await asyncio.sleep(0)
        following = asyncio.create_task(change(path, lambda: "done"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        end.set()
        return await following

    assert asyncio.run(asyncio.wait_for(cancelled(), PATIENT)) == "done"


def test_change_that_fails_passes_the_turn_on(tmp_path: Path) -> None:
    def fail() -> None:
        raise ValueError("no")

    async def twice() -> object:
        with pytest.raises(ValueError, match="no"):
            await change(tmp_path / "lock", fail)
        return await change(tmp_path / "lock", lambda: "done", HASTY)

    assert asyncio.run(twice()) == "done"


def test_turn_serves_several_locks_in_a_row(tmp_path: Path) -> None:
    """A delete may take the lock twice: nobody comes in between."""

    async def twice() -> None:
        turn = await locking.turn(tmp_path / "lock", PATIENT)
        with turn:
            for _ in range(2):
                with locking.held(tmp_path / "lock", HASTY):
                    pass

    asyncio.run(twice())
