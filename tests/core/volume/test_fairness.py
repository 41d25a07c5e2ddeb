"""Real processes that want one lock again and again: whose turn it is must not be luck."""

import multiprocessing
import time
from pathlib import Path

import pytest
from waiting import BOUND

from core.errors import ProjectLocked
from core.volume import locking

WRITERS, TURNS = 8, 240


def _take_turns(path, taken, mine, together):
    together.wait()  # nobody gets ahead by being started first
    while sum(taken) < TURNS:
        with locking.held(path, timeout=BOUND):
            taken[mine] += 1
            time.sleep(0.002)


def _shares(folder: Path) -> list[int]:
    """How many turns each of the writers had."""
    folder.mkdir()
    context = multiprocessing.get_context("spawn")
    taken = context.Array("i", WRITERS, lock=False)
    together = context.Barrier(WRITERS)
    arguments = folder / "lock", taken
    writers = [context.Process(target=_take_turns, args=(*arguments, mine, together)) for mine in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(BOUND)
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    return list(taken)


def test_processes_all_get_their_turns(tmp_path):
    # Who has just had the lock is the first to ask again: left to luck, one has most turns and some hardly any.
    # A machine that does not let a writer run takes turns from it, too, but not every time.
    tries = []
    while len(tries) < 3 and not any(min(shares) * 4 > TURNS / WRITERS for shares in tries):
        tries.append(_shares(tmp_path / str(len(tries))))
    assert min(tries[-1]) * 4 > TURNS / WRITERS, tries


def test_lock_that_never_comes_free_is_given_up(tmp_path):
    path = tmp_path / "lock"
    with locking.held(path, timeout=1):
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool, pytest.raises(ProjectLocked):
            pool.apply(_hold_briefly, (path, 0.1))
    _hold_briefly(path, 0)


def _hold_briefly(path: Path, timeout: float) -> None:
    with locking.held(path, timeout):
        pass
