"""Names on the volume: which are temporary, and so may be removed by a sweep."""

import pytest

from core.volume import layout

NAME = layout.temporary_name("a.jpg", "0123456789ab")


def test_a_temporary_name_begins_as_whoever_removes_it_expects() -> None:
    assert layout.is_temporary(NAME)
    assert NAME.startswith(layout.temporary_start("a.jpg"))


@pytest.mark.parametrize("name", [NAME[1:], NAME.removesuffix(".tmp"), "a.jpg", ".hidden", "somebody's.tmp"])
def test_what_lacks_a_part_of_it_is_not_ours_to_remove(name: str) -> None:
    assert not layout.is_temporary(name)


@pytest.mark.parametrize("name", ["a", "a.jpeg", "a.jpg.tmp", ".a.jpg", "a b.jpg", ".jpg"])
def test_file_with_another_name_is_no_images(name: str) -> None:
    assert layout.image_of("a.jpg") == "a"
    assert layout.image_of(name) is None
