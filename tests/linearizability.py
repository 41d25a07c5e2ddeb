"""Whether some order of concurrent calls explains all their answers (Wing and Gong's search, with Lowe's memory).

A call may take effect at any moment between its start and its end. The search takes, from the calls
that began before any other one ended, one whose answer the model gives too, and goes on; a pair of
(calls that are left, state) that failed once is not tried again.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

State = TypeVar("State", bound=Hashable)


@dataclass(frozen=True)
class Call:
    """One call: what was asked, what was answered, and when (any clock that all callers share)."""

    operation: str
    argument: Any
    answer: Any
    began: float
    ended: float


def explanation(calls: Sequence[Call], state: State, step: Callable[[State, Call], State | None]) -> list[Call] | None:
    """An order of `calls` that explains them, or None. `step` gives the next state, None for another answer."""
    order = sorted(calls, key=lambda call: call.began)
    everything = (1 << len(order)) - 1
    failed: set[tuple[int, State]] = set()
    chosen: list[int] = []
    # depth first, without recursion: each level holds what may still be tried there
    levels = [(everything, state, iter(_candidates(order, everything)))]
    while levels:
        left, now, candidates = levels[-1]
        if not left:
            return [order[index] for index in chosen]
        for index in candidates:
            following = step(now, order[index])
            rest = left & ~(1 << index)
            if following is not None and (rest, following) not in failed:
                chosen.append(index)
                levels.append((rest, following, iter(_candidates(order, rest))))
                break
        else:
            failed.add((left, now))
            levels.pop()
            if chosen:
                chosen.pop()
    return None


def _candidates(order: list[Call], left: int) -> list[int]:
    """Those that are left and began before the first of them ended."""
    remaining = [index for index in range(len(order)) if left >> index & 1]
    first_end = min((order[index].ended for index in remaining), default=0.0)
    return [index for index in remaining if order[index].began <= first_end]
