"""Resumable uploads that doctor removes: expired ones, and what a crash left of others."""

from collections.abc import Iterator

from core.doctor.findings import Finding, Kind
from core.settings import Settings
from core.uploads import expiry


def check(settings: Settings, project: str | None = None) -> Iterator[Finding]:
    """Each upload that `sweep` would remove, of one project or of all."""
    for name in [project] if project else expiry.projects(settings.storage_root):
        for folder in expiry.expired(settings, name):
            yield Finding(Kind.EXPIRED, name, f"uploads/{folder.name}")


def sweep(settings: Settings, project: str | None = None) -> Iterator[Finding]:
    """Removes them, except uploads that a request holds at this moment."""
    for name in [project] if project else expiry.projects(settings.storage_root):
        for folder in expiry.sweep(settings, name):
            yield Finding(Kind.EXPIRED, name, f"uploads/{folder.name}")
