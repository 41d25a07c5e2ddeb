"""Waiting until a state shows: tests look for states, never at durations.

The bound is there for what never comes; no busy machine reaches it: a decoder that is to use up two seconds of CPU
has a tenth of a core there, since workers are nice.
"""

import time
from collections.abc import Callable

BOUND = 300  # seconds


def eventually(holds: Callable[[], object]) -> bool:
    """Whether it holds at some moment from now until the bound."""
    end = time.monotonic() + BOUND
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
