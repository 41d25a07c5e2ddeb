"""Threads: work that was begun is done, whoever still waits for it; a context is left in every case."""

import asyncio
import gc
import logging
import threading

import pytest
from waiting import BOUND

from core.web import threads


def test_work_gets_its_arguments_in_another_thread() -> None:
    def work(*args: int, **more: int) -> tuple[object, ...]:
        return args, more, threading.get_ident()

    args, more, thread = asyncio.run(threads.run(work, 1, 2, three=3))
    assert (args, more) == ((1, 2), {"three": 3})
    assert thread != threading.get_ident()


@pytest.mark.parametrize("fails", [True, False])
def test_work_of_a_caller_that_is_gone_is_done_and_told_to_nobody(
    caplog: pytest.LogCaptureFixture, fails: bool
) -> None:
    go, done = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(BOUND)
        done.set()
        if fails:
            raise ValueError("too late")

    async def gone() -> None:
        waiting = asyncio.create_task(threads.run(work))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        del waiting
        go.set()
        await threads.run(done.wait, BOUND)
        await asyncio.sleep(0.05)
        gc.collect()

    caplog.set_level(logging.DEBUG, "asyncio")
    asyncio.run(gone())
    assert done.is_set()
    assert "too late" not in caplog.text


class Context:
    """A context that tells what has happened to it; to enter it takes until `go` is set."""

    def __init__(self, error: Exception | None = None) -> None:
        self.happened: list[object] = []
        self.go = threading.Event()
        self._error = error

    def __enter__(self) -> str:
        self.go.wait(BOUND)
        if self._error:
            raise self._error
        self.happened.append("entered")
        return "value"

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.happened.append(error or "left")


def test_context_is_left_when_its_block_ends() -> None:
    context = Context()
    context.go.set()

    async def use() -> None:
        async with threads.entered(context) as value:
            context.happened.append(value)

    asyncio.run(use())
    assert context.happened == ["entered", "value", "left"]


def test_context_learns_of_a_failure() -> None:
    context, error = Context(), ValueError("no")
    context.go.set()

    async def use() -> None:
        async with threads.entered(context):
            raise error

    with pytest.raises(ValueError, match="no"):
        asyncio.run(use())
    assert context.happened == ["entered", error]


@pytest.mark.parametrize("error", [None, OSError("not entered")], ids=["entered", "failed"])
def test_context_is_left_that_was_entered_too_late(caplog: pytest.LogCaptureFixture, error: Exception | None) -> None:
    context = Context(error)

    async def gone() -> None:
        async def use() -> None:
            async with threads.entered(context):
                context.happened.append("used")

        waiting = asyncio.create_task(use())
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        del waiting
        context.go.set()
        while error is None and "left" not in context.happened:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        gc.collect()

    asyncio.run(asyncio.wait_for(gone(), BOUND))
    assert context.happened == ([] if error else ["entered", "left"])
    assert "not entered" not in caplog.text
