"""Decides when to poll a lock and when to pause, so that many hosts share it fairly. Pure.

Nothing queues processes of several hosts for a file, so two rules make it fair. The longer a process
has waited, the more often it polls. A process that had to wait pauses after its turn; otherwise it
would acquire the lock again before anyone else polled. An uncontended writer does neither.
docs/decisions/0050 has the measurements, bench/simulate.py extends them.
"""

import random

_LONGEST = 0.05  # seconds between two polls
# The cost of a poll is the unit of the other numbers: microseconds on a local disk, milliseconds on a mount
# with other hosts, whose server is therefore polled much less often.
_FIRST = 200.0  # times a poll's cost between the first two polls
_AGEING = 5.0  # times a poll's cost between two polls after one second of waiting, half of it after two seconds
_LAST = 2.0  # times a poll's cost between two polls at least, however long the wait
_COURTESY = 3  # times as long as the lock was held, at most
_FADING = 0.9  # the share of the last turn's pause that remains when there was no wait


def poll_interval(cost: float, waited: float) -> float:
    """Seconds until the next poll, given the cost of a poll and the wait so far, both in seconds."""
    return about(min(cost * max(_LAST, min(_FIRST, _AGEING / max(waited, 1e-6))), _LONGEST))


def courtesy(last: float, waited: float, held: float) -> float:
    """Seconds to pause after a turn, given the last pause, the wait for this turn, and the time the lock was held.

    It is 0 as long as no turn had to wait; once the others are gone it fades within a few turns.
    """
    return min(waited + last * _FADING, _COURTESY * held)


def about(seconds: float) -> float:
    """`seconds` with a jitter of 50%, so that hosts do not act in step."""
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311
