"""The workers of a process: where they decode, that there is one set of them, and what is told and measured."""

import asyncio
import logging
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from waiting import BOUND, eventually

from core import measures, workers
from core.errors import Busy
from core.measures import Measure
from core.workers import InProcess, Isolation, Workers


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "upload")
    workers._workers.cache_clear()
    yield
    workers._workers.cache_clear()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Measure, float]]:
    """What is measured, in order."""
    found: list[tuple[Measure, float]] = []
    monkeypatch.setattr(measures, "tell", lambda measure, amount=1: found.append((measure, amount)))
    return found


@pytest.mark.usefixtures("in_lambda")
def test_lambda_decodes_in_its_own_process_and_lacks_nothing() -> None:
    assert workers.isolation() == Isolation("in the server process", [], [])
    assert workers.shared().isolation() == Isolation("in the server process", [], [])


def test_server_asks_its_workers_how_isolated_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = Isolation("in worker processes", ["a"], [])
    monkeypatch.setattr(workers, "shared", lambda: SimpleNamespace(isolation=lambda: theirs))
    assert workers.isolation() is theirs


def test_other_systems_lack_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "other")
    assert workers.isolation().lacks == ["processes of their own (Linux)"]


@pytest.mark.usefixtures("in_lambda")
def test_all_threads_share_one_set(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Workers] = []

    def slowly(decoders: list[InProcess], queue: int) -> Workers:
        time.sleep(0.05)  # for the others to come meanwhile
        made.append(Workers(decoders, queue))
        return made[-1]

    monkeypatch.setattr(workers, "Workers", slowly)
    with ThreadPoolExecutor(4) as threads:
        found = {id(one) for one in threads.map(lambda _: workers.shared(), range(4))}
    assert found == {id(made[0])}
    assert len(made) == 1


@pytest.mark.parametrize(("holds", "lacks", "level"), [(["a", "b"], [], "INFO"), ([], ["c"], "WARNING")])
def test_start_tells_how_pictures_are_decoded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, holds: list[str], lacks: list[str], level: str
) -> None:
    caplog.set_level(logging.INFO, "imgsrv.workers")
    monkeypatch.setattr(workers, "isolation", lambda: Isolation("there", holds, lacks))

    async def start() -> None:
        async with workers.started(None):
            pass

    asyncio.run(start())
    (record,) = caplog.records
    assert record.levelname == level
    shown = [", ".join(names) or "nothing" for names in (holds, lacks)]
    assert record.getMessage() == f"pictures are decoded there; holds: {shown[0]}; lacks: {shown[1]}"


def test_decode_and_its_wait_are_measured(told: list[tuple[Measure, float]]) -> None:
    single = Workers([InProcess()], 0)
    began = time.monotonic()
    assert asyncio.run(single.run("a", lambda _: time.sleep(0.02), lambda made: "made")) == "made"
    took = time.monotonic() - began
    assert sorted(amount for measure, amount in told if measure is measures.DECODE_LINE) == [-1, 1]
    (wait,) = (amount for measure, amount in told if measure is measures.DECODE_WAIT)
    (decode,) = (amount for measure, amount in told if measure is measures.DECODE)
    assert 0 <= wait <= took
    assert 0.02 <= decode <= took


def test_who_loses_his_place_is_told_so_and_waits_no_more(told: list[tuple[Measure, float]]) -> None:
    single, volume = Workers([InProcess()], 2), threading.Event()

    async def ask() -> list[Any]:
        def run(sender: str) -> asyncio.Task[bool]:
            return asyncio.create_task(single.run(sender, lambda _: volume.wait(BOUND), lambda made: made))

        first = [run("a") for _ in range(3)]
        while not any(measure is measures.DECODE_WAIT for measure, _ in told):  # until one is being decoded
            await asyncio.sleep(0.01)
        other = run("b")
        with pytest.raises(Busy):
            await first[2]
        volume.set()
        return await asyncio.gather(*first[:2], other)

    assert asyncio.run(ask()) == [True] * 3
    assert sum(amount for measure, amount in told if measure is measures.DECODE_LINE) == 0


def test_picture_is_withdrawn_whose_client_went_away() -> None:
    single, volume = Workers([InProcess()], 0), threading.Event()
    withdrawn: list[str] = []

    def publish(made: str) -> str:
        volume.wait(BOUND)
        return made

    async def gone() -> None:
        waiting = asyncio.create_task(single.run("a", lambda _: "made", publish, withdrawn.append))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        volume.set()
        while not withdrawn:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(gone(), BOUND))
    assert withdrawn == ["made"]


def test_decoder_that_is_not_ready_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    class Never(InProcess):
        def prepare(self) -> Isolation:
            raise OSError("no processes") from ValueError("the reason")

    with pytest.raises(OSError, match="no processes"):
        Workers([Never()], 0).isolation()
    assert "the reason" in caplog.text


def test_picture_is_not_kept_until_the_next_one() -> None:
    class Picture:
        def decode(self, _: object) -> str:
            return "made"

    single, picture = Workers([InProcess()], 0), Picture()
    kept = weakref.ref(picture)
    assert asyncio.run(single.run("a", picture.decode, lambda made: made)) == "made"
    del picture
    assert eventually(lambda: kept() is None)


def test_isolation_is_told_once_it_is_known() -> None:
    found, ready = Isolation("somewhere", ["a"], ["b"]), threading.Event()

    class Slow(InProcess):
        def prepare(self) -> Isolation:
            ready.wait(BOUND)
            return found

    slow = Workers([Slow()], 0)
    with ThreadPoolExecutor(1) as threads:
        told = threads.submit(slow.isolation)
        time.sleep(0.05)
        assert not told.done()
        ready.set()
        assert told.result(BOUND) is found


def test_decoders_do_not_keep_a_process_that_ends() -> None:
    Workers([InProcess()], 0)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "decode")
