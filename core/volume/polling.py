"""When to ask for a lock, and when to leave it alone: what makes it fair among many hosts. Pure.

Nothing queues processes of several hosts on a file, so fairness is made by two habits of theirs.
Whoever waits asks the more often the longer it has waited. Whoever had to wait leaves the lock alone
for a while after its turn, or it would have it back before anyone asked. An uncontended writer
does neither. docs/decisions/0050 has the measurements, bench/simulate.py extends them.
"""

import random

_LONGEST = 0.05  # seconds between two polls
# The cost of a poll is the unit of the others: microseconds on a local disk, milliseconds on a mount with
# other hosts, whose server is asked so much less.
_FIRST = 200.0  # polls' cost between the first two polls
_AGEING = 5.0  # polls' cost between two polls after a second of waiting, half of it after two seconds
_LAST = 2.0  # polls' cost between two polls, however long the wait
_COURTESY = 3  # times as long as the lock was held
_FADING = 0.9  # of the courtesy of the last turn remains when nobody else was seen


def poll_interval(cost: float, waited: float) -> float:
    """Seconds until the lock is asked for again, by one who has waited and whose polls cost so many seconds."""
    return about(min(cost * max(_LAST, min(_FIRST, _AGEING / max(waited, 1e-6))), _LONGEST))


def courtesy(last: float, waited: float, held: float) -> float:
    """Seconds to leave the lock alone after a turn, given the last such pause, and the wait for this turn.

    It is 0 while no turn was waited for; once the others are gone it fades within a few turns.
    """
    return min(waited + last * _FADING, _COURTESY * held)


def about(seconds: float) -> float:
    """So long, give or take a half: apart from one another, so that hosts don't act in step."""
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311
