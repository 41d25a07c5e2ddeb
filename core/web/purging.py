"""Removes the copies of deleted images: from the bucket of large answers, and from caches in front.

For the caches it writes a log line, on which a function outside the service's network acts.
"""

import logging

from core import settings
from core.ids import ImageId, ProjectId
from core.web import base, bucket, threads

_log = logging.getLogger("imgsrv.purge")


async def images(project: ProjectId, *image_ids: ImageId) -> None:
    """Removes the copies of these images and of the cover."""
    _say(*(f"/projects/{project}/images/{image}*" for image in image_ids), f"/projects/{project}/thumbnail*")
    if settings.current().bucket:
        await threads.run(bucket.forget_images, settings.current(), project, list(image_ids))


async def project(project: ProjectId) -> None:
    """Removes all copies of a project."""
    _say(f"/projects/{project}/*")
    if settings.current().bucket:
        await threads.run(bucket.forget_project, settings.current(), project)


def _say(*paths: str) -> None:
    if settings.current().edge_secret:
        _log.info("deleted", extra={"paths": [base.url(path) for path in paths]})
