"""The URLs that answers name, without a host; core/web/base.py has what precedes them."""

from core import settings
from core.access import deciding
from core.web import base


def uploads_url(project_id: str) -> str:
    """The URL at which resumable uploads are created."""
    return base.url(f"/projects/{project_id}/uploads")


def image_url(project_id: str, image_id: str) -> str:
    """The URL of an image."""
    return base.url(image_path(project_id, image_id))


def image_path(project_id: str, image_id: str) -> str:
    """An image's path within the service; signatures cover only this, so they hold under any base path."""
    return f"/projects/{project_id}/images/{image_id}"


def cover_url(project_id: str, primary: str | None) -> str | None:
    """The URL of a project's cover; it differs for each primary image; None without one."""
    if primary is None:
        return None
    path, sign = f"/projects/{project_id}/thumbnail", deciding.signer(settings.current())
    return f"{base.url(path)}?v={primary}" + (f"&{sign(path, '')}" if sign else "")
