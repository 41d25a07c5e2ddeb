"""A request's query: parsed in one way, and remembered only where that takes little memory."""

import tracemalloc

from core.web.query import parameters


def test_the_last_of_a_name_counts_and_blanks_are_kept() -> None:
    assert parameters(b"size=thumb&size=medium&v=") == {"size": "medium", "v": ""}


def test_what_strangers_send_is_not_kept() -> None:
    """As long as a URL may be, and with as many names as fit."""
    names = "&".join(f"{number:03x}" for number in range(2000))
    tracemalloc.start()
    try:
        for number in range(100):
            assert len(parameters(f"{number}&{names}".encode())) > 1900
        assert tracemalloc.get_traced_memory()[0] < 2_000_000
    finally:
        tracemalloc.stop()
