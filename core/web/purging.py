"""What was copied from the volume goes with its image: from the bucket of large answers, and from caches in front.

The caches are told by a line in the log, which a function outside the service's network acts on.
"""

import logging

from core import settings
from core.ids import ImageId, ProjectId
from core.web import base, bucket, threads

_log = logging.getLogger("imgsrv.purge")


async def images(project: ProjectId, *image_ids: ImageId) -> None:
    """Forgets these images, and what was the cover."""
    _say(*(f"/projects/{project}/images/{image}*" for image in image_ids), f"/projects/{project}/thumbnail*")
    if settings.current().bucket:
        await threads.run(bucket.forget_images, settings.current(), project, list(image_ids))


async def project(project: ProjectId) -> None:
    """Forgets all of a project."""
    _say(f"/projects/{project}/*")
    if settings.current().bucket:
        await threads.run(bucket.forget_project, settings.current(), project)


def _say(*paths: str) -> None:
    if settings.current().edge_secret:
        _log.info("deleted", extra={"paths": [base.url(path) for path in paths]})
