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
_PROJECTS = (
    "adding",
    "reading",
    "deleting",
    "changing",
    "lost_lock",
    "lost_index",
    "interrupted",
    "descriptors",
    "quota",
)
_CHANGES = _in("core/projects", *_PROJECTS)
_WRITERS = ("durable", "folders", "removing")
_VOLUME = (
    *_in("core/volume", "durable", "durable_edges", "short_writes", "cached_names"),
    *_in("core/volume", "folders", "removing", "failures", "spool"),
    *_in("faults", "durable"),
)
_DOCTOR = _in("core/doctor", "rebuild", "check_and_repair", "quarantine", "walk")
_READS = _in("handlers", "conditions", "get_image", "half_deleted", "query", "list_images", "same_tick", "cover")
_UPLOADS = _in("handlers", "upload_image", "uploads", "upload_conflicts")
_POWER = ("-k", "power or asgi")  # of the campaigns of tests/faults

ROOMS = {
    "volume": Room(
        tuple(f"core/volume/{name}.py" for name in (*_WRITERS, "looking", "failures", "spool", "health", "layout")),
        (*_VOLUME, *_in("core/volume", "health"), *_CHANGES, *_in("core/doctor", "quarantine", "check_and_repair")),
        (*_in("faults", "crashes"), *_UPLOADS, *_POWER),
    ),
    "projects": Room(
        ("core/projects/[!f]*.py", "core/projects/files.py"),
        (*_CHANGES, *_in("core/volume", "cached_names")),
        (*_in("faults", "crashes"), "tests/handlers", *_POWER),
    ),
    "uploads": Room(
        ("core/uploads/*.py", "core/projects/finishing.py"),
        (*_in("core/uploads", "staging", "state", "expiry", "failing_volume"), *_in("core/projects", "finishing")),
        (*_in("handlers", "uploads", "upload_conflicts"), *_ONE_MODE),
    ),
    "index": Room(
        ("core/index/*.py",),
        (
            *_in("core/index", "images", "metadata", "reading_under_change"),
            *_CHANGES,
            *_in("core/volume", "cached_names"),
        ),
        (*_DOCTOR, *_in("handlers", "original_tree", "list_images", "same_tick"), *_ONE_MODE),
    ),
    "locking": Room(
        ("core/volume/locking.py", "core/volume/polling.py", "core/web/changing.py", "core/web/threads.py"),
        (*_in("core/volume", "turns", "mount_without_locks"), *_in("core/web", "changing"), *_CHANGES),
        (*_in("core/volume", "fairness"), *_in("handlers", "waiting_changes"), *_in("local_server", "limits")),
    ),
    "answers": Room(
        ("core/web/guard.py", "core/web/answers.py", "core/web/conditions.py"),
        _in("core/web", "guard", "answers"),
        (*_READS, *_in("handlers", "upload_refusals"), *_in("local_server", "limits"), *_ONE_MODE),
    ),
    "access": Room(
        ("core/web/gate.py", "core/web/reads.py", "core/access/deciding.py"),
        ("tests/core/access",),
        (*_in("local_server", "access"), *_READS, *_in("serving", "compose"), *_ONE_MODE),
    ),
    "workers": Room(
        ("core/workers/[!s]*.py",),  # what the sandbox gives up is seen from inside, by its own tests
        _in("core/workers", "line", "pool", "process", "doors"),
        (*_in("handlers", "failing_uploads", "many_at_once", "upload_refusals"), *_ONE_MODE),
    ),
}
