"""Whose turn it is, and who must come again."""

import threading

import pytest

from core.errors import Busy
from core.workers.line import Line


def filled(room: int, **jobs: int) -> Line[str]:
    """A line in which each sender has put so many jobs, named a0, a1..."""
    line = Line[str](room)
    for sender, count in jobs.items():
        for number in range(count):
            line.put(sender, f"{sender}{number}")
    return line


def taken(line: Line[str], count: int) -> list[str]:
    return [line.take() for _ in range(count)]


def test_senders_take_turns() -> None:
    assert taken(filled(10, a=4, b=1, c=2), 7) == ["a0", "b0", "c0", "a1", "c1", "a2", "a3"]


def test_one_of_a_hundred_waits_for_one() -> None:
    line = filled(101, a=100)
    line.put("b", "b0")
    assert taken(line, 2) == ["a0", "b0"]


def test_a_sender_that_comes_back_goes_last() -> None:
    line = filled(10, a=2, b=2)
    first = line.take()
    line.put("c", "c0")
    line.put("a", "a2")
    assert [first, *taken(line, 5)] == ["a0", "b0", "a1", "c0", "b1", "a2"]


def test_a_full_line_of_one_sender_refuses_it() -> None:
    with pytest.raises(Busy):
        filled(3, a=4)


def test_the_longest_line_makes_room() -> None:
    line = filled(4, a=3, b=1)
    assert line.put("c", "c0") == "a2"
    assert taken(line, 4) == ["a0", "b0", "c0", "a1"]


def test_shares_even_out_and_then_all_are_refused() -> None:
    line = filled(6, a=6)
    for number in range(3):
        assert line.put("b", f"b{number}") == f"a{5 - number}"
    for sender in "ab":
        with pytest.raises(Busy):
            line.put(sender, "more")


def test_a_job_that_was_taken_keeps_its_place_until_done() -> None:
    line = filled(1, a=1)
    line.take()
    with pytest.raises(Busy):
        line.put("b", "b0")
    line.done()
    assert line.put("b", "b0") is None


def test_taking_waits_for_a_job() -> None:
    line, found = Line[str](1), []
    waiting = threading.Thread(target=lambda: found.append(line.take()))
    waiting.start()
    line.put("a", "a0")
    waiting.join(10)
    assert found == ["a0"]


def test_who_would_have_as_many_as_the_longest_takes_nobodys_place() -> None:
    line = filled(3, a=2, b=1)
    with pytest.raises(Busy):
        line.put("b", "b1")
    assert taken(line, 3) == ["a0", "b0", "a1"]


def test_room_is_the_same_after_all() -> None:
    line = filled(2, a=2)
    for _ in range(3):
        line.put("b", "b0")
        for _ in taken(line, 2):
            line.done()
        line.put("a", "a0")
        line.put("a", "a1")
        with pytest.raises(Busy):
            line.put("a", "a2")


def test_place_is_freed_by_one_at_a_time() -> None:
    line = filled(1, a=1)
    line.take()
    ending = threading.Thread(target=line.done)
    with line._changed:
        ending.start()
        ending.join(0.05)
        assert ending.is_alive()
    ending.join()
    assert line.put("a", "a1") is None
