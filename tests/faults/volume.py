"""A small volume with known images, the requests that are interrupted on it, and what must hold afterwards.

Everything here that runs the service is for forked children: it starts threads, and a process with
threads must not be forked. What the service would import only then is imported before, once for all children.
"""

import asyncio
import json
import mimetypes
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from faults.tracer import forked
from photos import photo
from trees import Tree

from core import renditions, settings
from core.settings import Settings
from core.sizes import STANDARD
from serving import compose as asgi
from stack import template

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
PROJECT = "p"
_PICTURE = photo(64, 48)
_app = asgi.compose(template.load(TEMPLATE, {"Public": "yes", "Bucket": "no"}))
renditions.preload()
mimetypes.init()


@dataclass(frozen=True)
class Answer:
    """What a client was told; `body` is the answer's headers where it has no body."""

    status: int
    body: dict[str, Any]


def request(root: Path, method: str, path: str, **options: Any) -> Answer:
    """One request to the real service, in this process, with its storage at `root`."""
    os.environ["IMGSRV_STORAGE_ROOT"] = str(root)
    settings.current.cache_clear()

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(_app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, f"/projects/{PROJECT}{path}", **options)

    response = asyncio.run(send())
    return Answer(response.status_code, response.json() if response.content else dict(response.headers))


def upload(root: Path) -> Answer:
    return request(root, "POST", "/images", files={"file": ("photo.jpg", _PICTURE)})


@dataclass
class Volume:
    """A storage root that can be put back to how it was; `images` were answered for before anything went wrong."""

    root: Path
    images: list[str] = field(default_factory=list)

    @property
    def tree(self) -> Tree:
        return Tree(replace(Settings(), storage_root=self.root), PROJECT)

    def fill(self, count: int, prepare: "Callable[[Volume], object]" = lambda volume: None) -> "Volume":
        """Stores the first images and prepares the rest, in children."""
        self.root.mkdir()
        forked(lambda: [self.tree.upload() for _ in range(count)])
        forked(lambda: prepare(self))
        self.images = self.tree.listed()
        return self

    def copy(self, to: Path) -> "Volume":
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.root, to)
        return Volume(to, list(self.images))


@dataclass(frozen=True)
class Operation:
    """A request, and what it may change: the images and the primary image if it happened.

    `prepare` is done before anything goes wrong; `check` is what must hold of this operation beside the contract.
    One that `goes_on` when it is repeated may be refused with a part of it done.
    """

    name: str
    run: Callable[[Volume], Answer]
    after: Callable[[Volume, Answer], tuple[list[str], str | None]]
    prepare: Callable[[Volume], object] = lambda volume: None
    check: Callable[[Volume, Answer | None], None] = lambda volume, answer: None
    goes_on: bool = False

    def into(self, volume: Volume, answers: Path) -> Callable[[], None]:
        """The operation as a child runs it: its answer goes to a file aside, once it was given."""

        def run() -> None:
            answer = self.run(volume)
            answers.write_text(json.dumps([answer.status, answer.body]))

        return run


def _first(volume: Volume) -> str | None:
    return volume.images[0] if volume.images else None


UPLOAD = Operation(
    "upload",
    lambda volume: upload(volume.root),
    lambda volume, answer: ([*volume.images, answer.body["image_id"]], _first(volume) or answer.body["image_id"]),
)
DELETE = Operation(
    "delete",
    lambda volume: request(volume.root, "DELETE", f"/images/{volume.images[0]}"),
    lambda volume, answer: (volume.images[1:], volume.images[1]),
    goes_on=True,
)
SET_PRIMARY = Operation(
    "set-primary",
    lambda volume: request(volume.root, "PUT", f"/primary/{volume.images[1]}"),
    lambda volume, answer: (volume.images, volume.images[1]),
)


def read_answer(path: Path) -> Answer | None:
    """The answer that a child gave, if it lived to give one."""
    try:
        status, body = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return Answer(status, body)


def check_contract(volume: Volume, operation: Operation, answer: Answer | None) -> None:
    """What must hold on `volume` after `operation` was interrupted there, or went wrong, or was answered."""
    tree = volume.tree
    if answer is not None and answer.status < 400:
        assert (tree.listed(), tree.primary()) == operation.after(volume, answer), "answered for, and not so"
        assert set(tree.listed()) == _images(tree, "original"), "listed, and not the originals"
    elif answer is not None:
        _check_refusal(volume, operation, answer)
    _check_files(tree)
    operation.check(volume, answer)
    _check_listing(volume)
    _check_repair(volume, operation)


def _check_files(tree: Tree) -> None:
    """Every image has all its files, without any repair."""
    originals = _images(tree, "original")
    for size in STANDARD:
        assert originals <= _images(tree, size), f"an image has no {size}"


def _images(tree: Tree, size: str) -> set[str]:
    folder = tree.layout.size_folder(size)
    return {path.stem for path in folder.glob("[!.]*.jpg")} if folder.is_dir() else set()


def _check_refusal(volume: Volume, operation: Operation, answer: Answer) -> None:
    """A clear error, and nothing half done."""
    assert answer.status in (503, 507), answer
    assert answer.body["type"].startswith("/problems/"), answer
    if operation.goes_on:
        return
    tree = volume.tree
    assert set(tree.listed()) == _images(tree, "original"), "half published"
    assert not list(tree.layout.folder.rglob("*.tmp")), "a temporary is left"


def _check_listing(volume: Volume) -> None:
    """The service answers, and goes on working, before any repair."""
    listing = request(volume.root, "GET", "/images")
    assert listing.status == 200
    listed = [image["image_id"] for image in listing.body["images"]]
    assert len(listed) == len(set(listed))
    added = upload(volume.root)
    assert added.status == 201, added
    volume.images.append(added.body["image_id"])
    assert volume.images[-1] in volume.tree.listed()


def _check_repair(volume: Volume, operation: Operation) -> None:
    """Repair loses nothing, brings nothing back, leaves no orphan, and finds nothing more to do."""
    tree = volume.tree
    originals = _images(tree, "original")
    assert tree.doctor("repair", "--abandoned-after", "0")[0] == 0
    assert tree.doctor("check", "--abandoned-after", "0") == (0, [])
    assert set(tree.listed()) == originals, "an image exists if and only if its original does"
    kept = set(volume.images) - ({volume.images[0]} if operation is DELETE else set())
    assert kept <= originals
    stored = {size: {path.name for path in tree.layout.size_folder(size).iterdir()} for size in STANDARD}
    assert all(names == {f"{image}.jpg" for image in originals} for names in stored.values())
