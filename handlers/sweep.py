"""Once a day: takes out abandoned uploads, ends expired ones, empties the old quarantine, counts what is to mend.

Invoked by a schedule, not by a client; what it returns and logs are counts (see core/doctor/findings.py).
"""

import logging
from collections import Counter
from functools import partial
from typing import Any

from core.doctor import quarantine, repair, staging, walk
from core.doctor.survey import Survey, survey
from core.settings import Settings, current
from core.volume.layout import ProjectLayout

JOBS = 8  # projects at a time: the volume's latency is what the walk waits for
_log = logging.getLogger("imgsrv.sweep")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Counts by kind; `failed` counts projects that could not be looked at, each of which is logged."""
    settings = current()
    counts: Counter[str] = Counter()
    work = partial(_sweep_and_check, settings)
    for name, outcome in walk.each(settings.storage_root, walk.projects(settings.storage_root), work, JOBS):
        counts["projects"] += 1
        if error := outcome.exception():
            counts["failed"] += 1
            _log.warning("project %s could not be swept: %r", name, error)
            continue
        swept, left = outcome.result()
        counts["images"] += left.images
        counts["swept"] += len(swept.findings)
        counts.update(finding.kind.slug for finding in left.findings)
    counts["expired"] = sum(1 for _ in staging.sweep(settings))
    counts["deleted"] = quarantine.finish_deletes(settings.storage_root)
    counts["destroyed"] = quarantine.empty(settings.storage_root, settings.quarantine_days)
    _log.info("swept", extra=dict(counts))
    return dict(counts)


def _sweep_and_check(settings: Settings, project: ProjectLayout) -> tuple[Survey, Survey]:
    return repair.sweep(settings, project), survey(settings, project)
