"""Which tests judge which files: the first group of a room is quick, the second sees what survives the first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """Patterns of files, and two groups of pytest's arguments."""

    files: tuple[str, ...]
    quick: tuple[str, ...]
    thorough: tuple[str, ...] = ()


def _in(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{name}.py" for name in names)


_ONE_MODE = ("-k", "not event and not lambda")  # of the three that endpoints are tested in
_CHANGES = _in("core/projects", "lost_lock", "lost_index", "interrupted")
_VOLUME = (
    *_in("core/volume", "durable", "durable_edges", "short_writes", "cached_names", "health"),
    *_in("faults", "durable"),
)
_LEAKS = _in("core/projects", "descriptors")
_READS = _in("handlers", "conditions", "get_image", "half_deleted", "query", "list_images", "same_tick", "cover")
_DOCTOR = _in("core/doctor", "rebuild", "check_and_repair", "quarantine", "walk")

ROOMS = {
    "durable": Room(
        ("core/volume/durable.py", "core/volume/health.py"),
        (*_VOLUME, *_LEAKS, *_CHANGES, *_in("core/doctor", "quarantine", "check_and_repair")),
        (*_in("faults", "crashes"), *_in("handlers", "uploads"), "-k", "power or asgi"),
    ),
    "projects": Room(
        ("core/projects/*.py",),
        (
            *_CHANGES,
            *_LEAKS,
            *_in("core/volume", "cached_names"),
            *_READS,
            *_in("handlers", "upload_image"),
            *_in("core/projects", "finishing"),
            *_ONE_MODE,
        ),
        (*_in("faults", "crashes"), *_in("handlers", "upload_conflicts", "original_tree"), "-k", "power or asgi"),
    ),
    "uploads": Room(
        ("core/uploads/*.py", "core/projects/finishing.py"),
        (*_in("core/uploads", "staging", "state", "expiry"), *_in("core/projects", "finishing")),
        (*_in("handlers", "uploads", "upload_conflicts"), *_ONE_MODE),
    ),
    "index": Room(
        ("core/index/*.py",),
        (*_in("core/index", "images", "metadata"), *_CHANGES, *_LEAKS, *_in("core/volume", "cached_names")),
        (*_DOCTOR, *_in("handlers", "original_tree", "list_images", "same_tick"), *_ONE_MODE),
    ),
    "locking": Room(
        ("core/volume/locking.py", "core/volume/polling.py", "core/web/changing.py", "core/web/threads.py"),
        (*_in("core/volume", "turns", "mount_without_locks"), *_in("core/web", "changing"), *_CHANGES),
        (*_in("core/volume", "fairness"), *_in("handlers", "waiting_changes"), *_in("local_server", "limits")),
    ),
    "access": Room(
        ("core/web/guard.py", "core/web/gate.py", "core/web/reads.py", "core/web/answers.py"),
        (*_in("core/web", "guard"), *_READS, *_ONE_MODE),
        (*_in("local_server", "access", "limits"), *_in("handlers", "upload_refusals"), *_ONE_MODE),
    ),
    "workers": Room(
        ("core/workers/[!s]*.py",),  # what the sandbox gives up is seen from inside, by its own tests
        _in("core/workers", "line", "pool", "process", "doors"),
        (*_in("handlers", "failing_uploads", "many_at_once", "upload_refusals"), *_ONE_MODE),
    ),
}
