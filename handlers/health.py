"""GET /healthz: whether the storage root can be written, locked and read right now."""

import time

from pydantic import BaseModel

from core import errors, workers
from core.settings import Settings, current
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


async def _probe(settings: Settings) -> None:
    """However many ask at once, one probes at a time, and what it finds is the answer to all who asked before."""
    asked = time.monotonic()
    turn = await health.turn(settings)

    def probe_in_turn() -> None:
        with turn:
            health.probe(settings, since=asked)

    await threads.run(probe_in_turn)


class Healthy(BaseModel):
    """The storage root took a write, a lock and a read. `decoding` is where pictures are decoded: docs/security.md."""

    status: str = "ok"
    version: str = VERSION
    decoding: Isolation


@app.head("/healthz", include_in_schema=False)
@app.get("/healthz", responses=_problems)
async def get_health(response: Response) -> Healthy:
    """Writes, locks and reads a small file of its own in the storage root; a problem says what failed."""
    await _probe(current())
    await threads.run(workers.require_room, current())
    response.headers["Cache-Control"] = "no-store"
    return Healthy(decoding=await threads.run(workers.isolation))
