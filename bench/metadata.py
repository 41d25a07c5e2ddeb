"""The index: what a list and a commit cost beside the least that their bytes cost.

A list is measured as a request, by the server's CPU, against parsing that meta.json and serialising
that answer with msgspec and nothing else. A commit is measured as core/index/metadata.py does it (lock,
refresh, read, parse, append, write, fsync, fence, rename, fsync the folder), against reading the
same bytes and rewriting them durably (write, fsync, rename, fsync the folder) without looking at them.
"""

import os
import tempfile
from functools import partial
from pathlib import Path

import msgspec

from bench import client, inputs, measure, projects, servers
from bench.measure import Contender
from bench.results import Goal, Results, Row
from core import ids
from core.index import metadata
from core.index.entries import Entry, Rendition
from core.volume.layout import ProjectLayout

SECTION = "metadata"
SIZES = (1_000, 10_000)
LARGE = 100_000  # commits only, in a full run only, and without a goal: where the curve goes


def run(results: Results) -> None:
    """Lists and commits at 1,000 and 10,000 images, commits at 100,000 too."""
    _lists(results)
    _commits(results)


# Without the collector's bookkeeping, which msgspec lets its own types do without: the least that they cost.
class _Size(msgspec.Struct, gc=False):
    width: int
    height: int
    bytes: int


class _Image(msgspec.Struct, gc=False):
    id: str
    ext: str
    created_at: str
    sizes: dict[str, _Size]


class _Index(msgspec.Struct, gc=False):
    project_id: str
    primary_image_id: str | None
    images: list[_Image]


class _Urls(msgspec.Struct, gc=False):
    original: str
    medium: str
    thumb: str
    game: str


class _Listed(msgspec.Struct, gc=False):
    image_id: str
    is_primary: bool
    created_at: str
    sizes: dict[str, _Size]
    urls: _Urls


class _Answer(msgspec.Struct, gc=False):
    project_id: str
    primary_image_id: str | None
    images: list[_Listed]


_parse = msgspec.json.Decoder(_Index).decode


def parse_and_serialise(meta: Path, answer: object) -> None:
    """The floor of a list: its index parsed, its answer serialised."""
    _parse(meta.read_bytes())
    msgspec.json.encode(answer)


def _lists(results: Results) -> None:
    with servers.service() as ours:
        for images in SIZES:
            project = projects.listed(ours.root, f"list-{images}", images)
            path = f"/projects/list-{images}/images"
            with ours.connect() as connection:
                headers, body = connection.ask(client.get(path))
                answer = msgspec.json.decode(body, type=_Answer)
                asked = connection.ask
                again = client.get(path, If_None_Match=headers["etag"])
                contenders = {
                    "list": Contender(partial(asked, client.get(path)), measure.cpu_of(ours.pid)),
                    "304": Contender(partial(asked, again, 304), measure.cpu_of(ours.pid)),
                    "floor": Contender(partial(parse_and_serialise, project.meta, answer)),
                }
                samples = measure.interleave(contenders, 11 if results.quick else 41, f"list of {images}")
            cost = {name: measure.spread(taken.cpu).median * 1000 for name, taken in samples.items()}
            detail = f"{len(body) / 1e6:.2f} MB; " + ", ".join(f"{name} {ms:.2f} ms" for name, ms in cost.items())
            above = measure.ratio(samples["list"].cpu, samples["floor"].cpu)
            results.add(Row(SECTION, f"list of {images:,} images, CPU", above, "x parse + serialise", Goal(2), detail))
            cheaper = measure.ratio(samples["304"].cpu, samples["list"].cpu)
            results.add(Row(SECTION, f"304 for a list of {images:,}, CPU", cheaper, "x its 200", Goal(1)))
            results.plot(f"list/{images}", **cost)


def _commits(results: Results) -> None:
    with tempfile.TemporaryDirectory(dir=inputs.scratch()) as root:
        for images in SIZES if results.quick else (*SIZES, LARGE):
            project = projects.listed(Path(root), f"commit-{images}", images)
            length = project.meta.stat().st_size
            rewritten = Path(root) / f"rewritten-{images}"
            rewritten.mkdir()
            contenders = {
                "commit": Contender(partial(append, project)),
                "rewrite": Contender(partial(rewrite, project.meta, rewritten / "meta.json")),
            }
            rounds = 15 if images == LARGE else 21 if results.quick else 61
            samples = measure.interleave(contenders, rounds, f"commit at {images}")
            cost = {name: measure.spread(taken.wall).median * 1000 for name, taken in samples.items()}
            detail = f"{length / 1e6:.2f} MB; " + ", ".join(f"{name} {ms:.2f} ms" for name, ms in cost.items())
            above = measure.ratio(samples["commit"].wall, samples["rewrite"].wall)
            goal = Goal(2) if images in SIZES else None
            results.add(Row(SECTION, f"commit at {images:,} images", above, "x read + rewrite", goal, detail))
            results.plot(f"commit/{images}", **cost)


def append(project: ProjectLayout) -> None:
    """Lists one more image, as an upload does."""
    sizes = {"original": Rendition(4000, 3000, 3_467_812), "medium": Rendition(1600, 1200, 309_114)}
    sizes |= {"thumb": Rendition(400, 300, 15_402), "game": Rendition(50, 50, 1_231)}
    image = ids.new_image_id()
    with metadata.transaction(project, timeout=10) as index:
        index.append(Entry(image, created_at=ids.timestamp(ids.created_ms(image) or 0), sizes=sizes))


def rewrite(source: Path, path: Path) -> None:
    """The floor of a commit: the same bytes read, written elsewhere, fsynced and renamed, the folder fsynced."""
    content = source.read_bytes()
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)
