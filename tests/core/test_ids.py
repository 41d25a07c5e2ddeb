"""ids: the only gate from URL text to a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import ids
from core.errors import InvalidImageId, InvalidProjectId


@pytest.mark.parametrize("text", ["1", "a-B_9", "x" * 64])
def test_letters_digits_hyphens_and_underscores_are_an_id(text):
    assert ids.project_id(text) == text
    assert ids.image_id(text) == text


@given(st.text())
def test_no_text_with_another_character_or_length_is_an_id(text):
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
    if 1 <= len(text) <= 64 and set(text) <= allowed:
        return
    with pytest.raises(InvalidProjectId):
        ids.project_id(text)
    with pytest.raises(InvalidImageId):
        ids.image_id(text)


def test_a_trailing_newline_is_no_part_of_an_id():
    with pytest.raises(InvalidProjectId):
        ids.project_id("abc\n")


@pytest.mark.parametrize("text", ["", "a/b", "a/", "/", "a\n", "ä", "a" * 65])
def test_one_text_that_is_no_id_shows_among_many(text):
    some = ["a", "b-c", "_" * 64]
    assert ids.are_image_ids([])
    assert ids.are_image_ids(some)
    for place in range(4):
        assert not ids.are_image_ids([*some[:place], text, *some[place:]])


def test_new_ids_sort_by_time_and_tell_it():
    early, late = ids.new_image_id(1_771_700_462_123), ids.new_image_id(1_771_700_462_124)
    assert early < late
    assert ids.created_ms(early) == 1_771_700_462_123
    assert ids.image_id(early) == early


def test_new_ids_of_one_millisecond_differ():
    assert len({ids.new_image_id(1_771_700_462_123) for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    "other", ["abc123", "0b1c2d3e4f5a46b7a8c9d0e1f2a3b4c5", "00000000000000000000", "zzzzzzzzzzzzzzzzzzzz"]
)
def test_an_id_of_another_making_tells_no_time(other):
    assert ids.created_ms(other) is None


def test_a_timestamp_is_utc_with_milliseconds():
    assert ids.timestamp(1_771_700_462_123) == "2026-02-21T19:01:02.123Z"
