"""Hourly: goes on with the day's walk over everything, which takes out abandoned uploads, ends expired ones, empties
the old quarantine and counts what is to mend (core/doctor/portions.py).

Invoked by a schedule, not by a client; what it returns and logs are counts (see core/doctor/findings.py).
"""

import time
from typing import Any

from core import emf, measures
from core.doctor import portions
from core.settings import current

_USED = 0.75  # of the time that is left: what is under way then ends in the rest of it


def handler(event: dict[str, Any], context: Any) -> dict[str, int | str]:
    """Counts by kind, and how far the walk came; `failed` counts projects that could not be looked at, each logged."""
    left = context.get_remaining_time_in_millis() / 1000 if context else float("inf")
    emf.use(current())
    counts = portions.portion(current(), time.monotonic() + _USED * left)
    measures.flush()
    return counts
