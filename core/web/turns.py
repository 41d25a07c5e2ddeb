"""Changes to one project take turns on the event loop, so that only the one whose turn it is holds a thread.

Guarantees: a project whose lock somebody else holds keeps one thread waiting, not all of them, so other
projects go on; within this process the first to ask is the first to change; the wait is bounded.
"""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from core.errors import ProjectLocked
from core.settings import Settings
from core.web import threads

P = ParamSpec("P")
T = TypeVar("T")

_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def take(settings: Settings, project_id: str, change: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `change(...)` returns, run in a thread when it is its turn; ProjectLocked when that takes too long."""
    turn = _turns.setdefault(project_id, asyncio.Lock())
    try:
        async with asyncio.timeout(settings.lock_timeout):
            await turn.acquire()
    except TimeoutError:
        raise ProjectLocked(
            f"Others are changing this project; its turn did not come within {settings.lock_timeout:g} seconds."
        ) from None
    try:
        return await threads.run(change, *args, **kwargs)
    finally:
        turn.release()
