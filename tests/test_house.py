"""The house: who may import whom. Downwards only, and each costly import in one room alone."""

import ast
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A room may import those that stand after it.
FLOORS = ["local_server", "emulator", "serving", "stack", "handlers", "core"]
CORE = [
    *("core.web", "core.access", "core.doctor", "core.projects", "core.uploads", "core.workers"),
    *(
        "core.renditions",
        "core.jpeg",
        "core.index",
        "core.volume",
        "core.ids",
        "core.emf",
        "core.measures",
        "core.settings",
        "core.machine",
        "core.sizes",
        "core.version",
        "core.errors",
    ),
]
# The files that may write to the volume.
WRITERS = ("folders", "removing", "durable")
# Inside a room: a file may import those that stand after it.
INSIDE = {
    "core.index": [f"core.index.{name}" for name in ("metadata", "rebuilding", "listed", "images", "entries")],
    "core.workers": [
        *("core.workers.process", "core.workers.forking", "core.workers.pool", "core.workers.line"),
        *("core.workers.template", "core.workers.sandbox", "core.workers.protocol"),
    ],
    "core.uploads": [f"core.uploads.{name}" for name in ("expiry", "staging", "state")],
    "core.volume": [
        *(f"core.volume.{name}" for name in ("health", "tally", "locking", "polling", *WRITERS)),
        *(f"core.volume.{name}" for name in ("looking", "spool", "failures", "opening", "layout")),
    ],
}
OWNERS = {
    "PIL": {"core.renditions"},
    "pillow_heif": {"core.renditions"},
    "thumbhash": {"core.renditions"},
    "filelock": {"core.volume"},
    "jwt": {"core.access", "emulator"},
    "pyseccomp": {"core.workers"},
    "msgspec": {"handlers", "core.index", "core.workers", "core.web", "core.doctor", "serving", "emulator"},
    "fastapi": {"core.web"},
    "starlette": {"core.web"},
    "mangum": {"core.web"},
    "boto3": {"core.web.bucket"},
    "botocore": {"core.web.bucket"},
    "yaml": {"stack"},
    "uvicorn": {"serving"},
    "prometheus_client": {"serving.metrics"},
}


@pytest.fixture(autouse=True, scope="module")
def no_collection() -> Iterator[None]:
    """Python 3.11's ast.parse fails when the garbage collector runs what an earlier test left in its midst."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def modules() -> Iterator[tuple[str, Path]]:
    for room in FLOORS:
        paths = [ROOT / f"{room}.py"] if (ROOT / f"{room}.py").exists() else sorted((ROOT / room).rglob("*.py"))
        for path in paths:
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(module: str, rooms: list[str]) -> str | None:
    return next((name for name in rooms if module == name or module.startswith(f"{name}.")), None)


def test_imports_point_downwards_between_the_floors():
    for module, path in modules():
        own = FLOORS.index(module.split(".")[0])
        for imported in imports(path):
            other = imported.split(".")[0]
            assert other not in FLOORS or FLOORS.index(other) >= own, f"{module} imports {imported}"


def test_handlers_do_not_import_each_other():
    for module, path in modules():
        if module.startswith("handlers."):
            assert not any(name.startswith("handlers") for name in imports(path)), module


def test_imports_point_downwards():
    for module, path in modules():
        if not module.startswith("core."):
            continue
        own = room(module, CORE)
        assert own, f"{module} has no place in the house"
        for imported in imports(path):
            other = room(imported, CORE)
            assert other is None or CORE.index(other) >= CORE.index(own), f"{module} imports {imported}"


def test_inside_a_room_imports_point_downwards():
    for module, path in modules():
        rooms = next((files for name, files in INSIDE.items() if module.startswith(f"{name}.")), None)
        if rooms is None:
            continue
        assert module in rooms, f"{module} has no place in its room"
        for imported in imports(path):
            other = room(imported, rooms)
            assert other is None or rooms.index(other) >= rooms.index(module), f"{module} imports {imported}"


def test_each_library_is_imported_where_it_belongs_and_nowhere_else():
    for module, path in modules():
        for imported in imports(path):
            owners = OWNERS.get(imported.split(".")[0])
            assert owners is None or room(module, sorted(owners)), f"{module} imports {imported}"


def test_only_three_files_write_to_the_volume():
    writers = {
        "write_bytes",
        "write_text",
        "mkdir",
        "makedirs",
        "rename",
        "replace",
        "unlink",
        "link",
        "rmtree",
        "rmdir",
    }
    for module, path in modules():
        if not module.startswith(("core.", "handlers.")) or module.removeprefix("core.volume.") in WRITERS:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writers:
                owner = ast.unparse(node.func.value)
                text = owner in (*WRITERS, "dataclasses") or (node.func.attr == "replace" and len(node.args) == 2)
                assert text, f"{module} writes: {ast.unparse(node)}"
