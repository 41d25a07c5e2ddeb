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
_WRITERS = ("durable", "folders", "removing")
_CHANGES = ("tests/core/projects", "--ignore=tests/core/projects/test_model.py")
_VOLUME = (
    "tests/core/volume",
    "--ignore=tests/core/volume/test_fairness.py",
    "--ignore=tests/core/volume/test_full_disk.py",  # a fault that leaves a file open would leave its mount
    *_in("faults", "durable"),
)
_FOUR = "tests/core/index/test_metadata.py::test_four_processes_lose_no_update"  # two seconds of computing
_INDEX = (*_in("core/index", "images", "metadata", "reading_under_change", "rebuilding"), f"--deselect={_FOUR}")
_DOCTOR = _in("core/doctor", "rebuild", "check_and_repair", "quarantine", "walk", "portions")
_READS = _in("handlers", "conditions", "get_image", "half_deleted", "query", "list_images", "same_tick", "cover")
_UPLOADS = _in("handlers", "upload_image", "uploads", "upload_conflicts")
_POWER = ("-k", "power or asgi or links")  # of the campaigns of tests/faults, and one mode

ROOMS = {
    "volume": Room(
        tuple(f"core/volume/{name}.py" for name in (*_WRITERS, "looking", "failures", "spool", "health", "layout")),
        (*_VOLUME, *_CHANGES, *_in("core/doctor", "quarantine", "check_and_repair")),
        (*_in("faults", "crashes"), *_UPLOADS, *_POWER),
    ),
    "opening": Room(
        ("core/volume/opening.py",),
        (*_in("core/volume", "opening", "opening_edges", "cached_names", "lock_file"), *_in("core/doctor", "links")),
        _CHANGES,
    ),
    "tally": Room(
        ("core/volume/tally.py",),
        (*_in("core/volume", "tally"), *_in("core/projects", "quota", "quota_edges")),
        _CHANGES,
    ),
    "projects": Room(
        ("core/projects/[!l]*.py",),
        (*_CHANGES, *_in("core/volume", "cached_names")),
        (*_in("faults", "crashes"), *_in("core/doctor", "links"), "tests/handlers", *_POWER),
    ),
    "pages": Room(
        ("core/projects/listing.py",), _in("core/projects", "listing"), (*_in("handlers", "list_projects"), *_ONE_MODE)
    ),
    "uploads": Room(
        ("core/uploads/*.py",),
        ("tests/core/uploads", *_in("core/projects", "finishing"), *_in("core/doctor", "links")),
        (*_in("handlers", "uploads", "upload_conflicts", "once", "told"), *_ONE_MODE),
    ),
    "index": Room(
        ("core/index/[!l]*.py",),
        (*_INDEX, *_CHANGES, *_in("core/volume", "cached_names"), *_in("core/doctor", "rebuild")),
        (_FOUR, *_DOCTOR, *_in("handlers", "original_tree", "list_images", "same_tick", "odd_index"), *_ONE_MODE),
    ),
    "shares": Room(("core/index/listed.py",), (*_in("core/index", "listed"), *_in("core/doctor", "portions")), _DOCTOR),
    "locking": Room(
        ("core/volume/locking.py", "core/volume/polling.py", "core/web/changing.py", "core/web/threads.py"),
        (
            *_in("core/volume", "line", "lock_file", "turns", "mount_without_locks"),
            *_in("core/web", "changing", "threads"),
        ),
        (
            *_CHANGES,
            *_in("core/volume", "fairness"),
            *_in("handlers", "waiting_changes"),
            *_in("local_server", "limits"),
        ),
    ),
    "answers": Room(
        ("core/web/guard.py", "core/web/answers.py", "core/web/conditions.py"),
        _in("core/web", "guard", "guard_edges", "answers", "conditional_answers", "conditions"),
        (*_READS, *_in("handlers", "upload_refusals"), *_in("local_server", "limits"), *_ONE_MODE),
    ),
    "access": Room(
        ("core/web/gate.py", "core/web/reads.py", "core/access/deciding.py"),
        ("tests/core/access", *_in("core/web", "gate", "reads")),
        (*_in("local_server", "access"), *_READS, *_in("serving", "compose"), *_ONE_MODE),
    ),
    "workers": Room(
        ("core/workers/[!s]*.py",),  # what the sandbox gives up is seen from inside, by its own tests
        _in("core/workers", "line", "pool", "shared", "forking", "template", "worker", "process", "doors", "room"),
        (
            *_in("core/workers", "faults"),
            *_in("handlers", "failing_uploads", "many_at_once", "upload_refusals"),
            *_ONE_MODE,
        ),
    ),
}
