"""GET /healthz: whether the storage root can be written, locked and read right now."""

from pydantic import BaseModel

from core import errors, workers
from core.settings import current
from core.version import VERSION
from core.volume import health
from core.web import Response, threads
from core.web.app import make_app
from core.web.deployed import make_handler
from core.web.problems import responses
from core.workers import Isolation

app = make_app("Health", needs=None)
handler = make_handler(app)

_problems = responses(errors.StorageFull, errors.StorageReadOnly, errors.StorageUnavailable, errors.DecoderLost)


class Healthy(BaseModel):
    """The storage root took a write, a lock and a read. `decoding` is where pictures are decoded: docs/security.md."""

    status: str = "ok"
    version: str = VERSION
    decoding: Isolation


@app.head("/healthz", include_in_schema=False)
@app.get("/healthz", responses=_problems)
async def get_health(response: Response) -> Healthy:
    """Writes, locks and reads a small file of its own in the storage root; a problem says what failed."""
    await threads.run(health.probe, current())
    await threads.run(workers.require_room, current())
    response.headers["Cache-Control"] = "no-store"
    return Healthy(decoding=await threads.run(workers.isolation))
