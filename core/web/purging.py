"""What caches in front must forget: a line in the log, which a function outside the service's network acts on."""

import logging

from core import settings

_log = logging.getLogger("imgsrv.purge")


def images(project: str, *image_ids: str) -> None:
    """Says that these images are gone, and so may be the cover; silent where no CDN is in front."""
    _say(*(f"/projects/{project}/images/{image}*" for image in image_ids), f"/projects/{project}/thumbnail*")


def project(project: str) -> None:
    """Says that all of a project is gone."""
    _say(f"/projects/{project}/*")


def _say(*paths: str) -> None:
    if settings.current().edge_secret:
        _log.info("deleted", extra={"paths": paths})
