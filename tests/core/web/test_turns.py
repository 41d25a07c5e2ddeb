"""Changes to one project take turns: the wait is bounded, and only for that project."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from core.errors import ProjectLocked
from core.settings import Settings
from core.web import turns

PATIENT, HASTY = Settings(lock_timeout=3600), Settings(lock_timeout=0.05)


def beside_a_change(meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Awaits `meanwhile` while a change of project "p" has its turn, and ends the change after it."""
    begun, end = threading.Event(), threading.Event()

    def change() -> bool:
        begun.set()
        return end.wait(30)

    async def both() -> None:
        changing = asyncio.create_task(turns.take(PATIENT, "p", change))
        try:
            await asyncio.to_thread(begun.wait, 30)
            await asyncio.wait_for(meanwhile(), 20)
        finally:
            end.set()
        assert await changing

    asyncio.run(both())


def test_turn_that_does_not_come_is_refused() -> None:
    async def second() -> None:
        with pytest.raises(ProjectLocked):
            await turns.take(HASTY, "p", lambda: None)

    beside_a_change(second)


def test_other_project_has_its_turn_at_once() -> None:
    async def other() -> None:
        assert await turns.take(HASTY, "q", lambda: "done") == "done"

    beside_a_change(other)


def test_turns_come_in_the_order_of_asking() -> None:
    order: list[int] = []

    async def many() -> None:
        begun, end = threading.Event(), threading.Event()
        first = asyncio.create_task(turns.take(PATIENT, "p", lambda: begun.set() or end.wait(30)))
        await asyncio.to_thread(begun.wait, 30)
        waiting = [asyncio.create_task(turns.take(PATIENT, "p", order.append, number)) for number in range(5)]
        await asyncio.sleep(0)  # all of them have asked
        end.set()
        await asyncio.gather(first, *waiting)

    asyncio.run(asyncio.wait_for(many(), 30))
    assert order == [0, 1, 2, 3, 4]


def test_change_that_fails_passes_the_turn_on() -> None:
    def fail() -> None:
        raise ValueError("no")

    async def twice() -> str:
        with pytest.raises(ValueError, match="no"):
            await turns.take(PATIENT, "p", fail)
        return await turns.take(HASTY, "p", lambda: "done")

    assert asyncio.run(twice()) == "done"
