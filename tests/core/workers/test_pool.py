"""Who decodes, who publishes, and how many may wait."""

import asyncio
import gc
import threading

import pytest
from waiting import BOUND

from core.errors import Busy
from core.workers import InProcess, Isolation, Workers


def workers_of(decoders: int, queue: int) -> Workers:
    return Workers([InProcess() for _ in range(decoders)], queue)


def thread() -> str:
    return threading.current_thread().name.partition("_")[0]


def test_a_decode_and_its_publishing_run_in_threads_of_their_own() -> None:
    assert asyncio.run(workers_of(1, 0).run("a", lambda _: thread(), lambda made: (made, thread()))) == (
        "decode",
        "publish",
    )


def test_a_publisher_that_waits_keeps_no_decoding_thread() -> None:
    workers, volume = workers_of(1, 1), threading.Event()

    async def both() -> list[int]:
        slow = asyncio.create_task(workers.run("a", lambda _: 1, lambda made: made if volume.wait(BOUND) else 0))
        quick = await workers.run("a", lambda _: 2, lambda made: made)
        volume.set()
        return [quick, await slow]

    assert asyncio.run(both()) == [2, 1]


def test_who_finds_the_line_full_is_told_so() -> None:
    workers, volume = workers_of(1, 1), threading.Event()

    async def third() -> None:
        others = [asyncio.create_task(workers.run("a", lambda _: None, lambda _: volume.wait(BOUND))) for _ in range(2)]
        await asyncio.sleep(0)
        try:
            with pytest.raises(Busy):
                await workers.run("a", lambda _: None, lambda _: None)
        finally:
            volume.set()
        assert await asyncio.gather(*others) == [True, True]

    asyncio.run(third())


def test_client_that_goes_away_keeps_its_place() -> None:
    workers, volume = workers_of(1, 0), threading.Event()

    async def gone() -> None:
        waiting = asyncio.create_task(workers.run("a", lambda _: None, lambda _: volume.wait(BOUND)))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(Busy):
            await workers.run("a", lambda _: None, lambda _: None)
        volume.set()
        while True:
            try:
                assert await workers.run("a", lambda _: 3, lambda made: made) == 3
                return
            except Busy:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(gone(), BOUND))


def test_finished_pictures_do_not_pile_up_before_a_slow_volume() -> None:
    workers, volume, made = workers_of(2, 40), threading.Event(), []

    async def many() -> None:
        waiting = [
            asyncio.create_task(workers.run("a", lambda _: made.append(1), lambda _: volume.wait(BOUND)))
            for _ in range(40)
        ]
        while len(made) < 6:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)  # for a seventh, which must not come
        assert len(made) == 6
        volume.set()
        assert all(await asyncio.gather(*waiting))

    asyncio.run(many())
    assert len(made) == 40


def test_a_failure_that_nobody_waits_for_any_more_is_nobodys(caplog: pytest.LogCaptureFixture) -> None:
    workers, volume = workers_of(1, 0), threading.Event()

    def fail(_: object) -> None:
        volume.wait(BOUND)
        raise ValueError("too late")

    async def gone() -> None:
        waiting = asyncio.create_task(workers.run("a", lambda _: None, fail))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        volume.set()
        await asyncio.sleep(0.2)

    asyncio.run(gone())
    gc.collect()
    assert not caplog.records


@pytest.mark.parametrize("fails", ["decode", "publish"])
def test_what_either_raises_is_raised_and_frees_the_place(fails: str) -> None:
    workers = workers_of(1, 0)

    def step(name: str) -> str:
        if name == fails:
            raise ValueError(name)
        return name

    async def twice() -> str:
        with pytest.raises(ValueError, match=fails):
            await workers.run("a", lambda _: step("decode"), lambda _: step("publish"))
        return await workers.run("a", lambda _: "made", lambda made: made)

    assert asyncio.run(twice()) == "made"


class Reluctant(InProcess):
    """Cannot be made ready as long as there are refusals left."""

    refusals = 1

    def prepare(self) -> Isolation:
        self.refusals -= 1
        if self.refusals >= 0:
            raise OSError("too many open files")
        return super().prepare()


def test_a_decoder_that_cannot_be_made_ready_is_tried_again() -> None:
    workers = Workers([Reluctant()], 0)
    with pytest.raises(OSError, match="too many"):
        workers.isolation()
    assert asyncio.run(workers.run("a", lambda _: 3, lambda made: made)) == 3
    assert asyncio.run(workers.run("a", lambda _: 3, lambda made: made)) == 3
    assert workers.isolation() == InProcess().prepare()
