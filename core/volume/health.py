"""Whether the volume does what everything else relies on: it is written, locked and read, for real."""

import secrets

from core.errors import StorageUnavailable
from core.settings import Settings
from core.volume import durable, layout, locking, opening


def probe(settings: Settings) -> None:
    """Replaces, locks and reads back a small file; a ServiceError says what the volume refused."""
    folder = layout.health_folder(settings.storage_root)
    token = secrets.token_bytes(16)
    with durable.storage_errors():
        durable.make_folder(folder, settings.storage_root)
        # The lock makes probes of several hosts take turns, so that each reads back what it wrote itself.
        with locking.held(folder / "health.lock", settings.lock_timeout) as lock:
            durable.replace(folder / "health", token, before_rename=lock.fence)
            durable.refresh(folder)
            with opening.reading(folder / "health") as file:
                kept = file.read()
            if kept != token:
                raise StorageUnavailable("The storage root does not give back what was written to it.")
