"""What a request may add: the bounds of its token, beside those of every project (core/projects/quota.py).

A token's `max_images` and `max_bytes` bound what its project may hold when the token is used to add something. A
resumable upload keeps the bounds of the token that created it, since later requests need no token.
"""

from core import ids, projects, uploads
from core.access import deciding
from core.access.deciding import granted
from core.ids import ProjectId
from core.projects.quota import UNBOUNDED, Bounds
from core.settings import Settings, current
from core.uploads import Upload
from core.web import Request, bodies, threads
from core.web.forms import TEXT_BYTES


def of_token() -> Bounds:
    """The bounds of the current request's token."""
    grant = granted.get()
    return Bounds(grant.max_images, grant.max_bytes)


async def of_upload(upload: Upload) -> Bounds:
    """The bounds of a resumable upload; those of the request if the upload belongs to an Idempotency-Key."""
    if deciding.policy(current()).is_open:
        return UNBOUNDED
    if ids.is_of_key(upload.id):
        return of_token()
    return Bounds.decode(await threads.run(uploads.bounds, upload))


async def require_room(request: Request, settings: Settings, project: ProjectId) -> None:
    """Raises QuotaExceeded when the declared length does not fit; an undeclared length is checked later."""
    size = max(bodies.declared(request) - TEXT_BYTES, 0)  # a form is longer than its file
    await threads.run(projects.require_room, settings, project, of_token(), size)
