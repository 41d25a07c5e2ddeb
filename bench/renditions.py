"""Renditions alone: bytes in, four durable JPEGs out, against the peers and against the floor.

Every contender reads the same file and leaves four fsynced files. The floor is what no service can do
without: decode with libjpeg-turbo at half size, and make the finished bytes of the four files durable.
"""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from bench import inputs, measure
from bench.inputs import Photo
from bench.measure import Clock, Contender, Samples
from bench.peers import naive, sharp, thumbor, vips
from bench.results import Goal, Results, Row
from core import renditions
from core.settings import Limits
from core.sizes import STANDARD, publish_order
from core.volume import durable

SECTION = "renditions"
# Ratio to the naive service; None where no goal is set.
GOALS: dict[str, float | None] = {
    "jpeg-12mp": None,
    "jpeg-24mp": None,
    "jpeg-24mp-444": None,
    "progressive-12mp": None,
    "gray-12mp": None,
    "phone-p3-12mp": 0.60,
    "png-12mp": 0.72,
    "webp-12mp": 0.68,
    "heic-12mp": 0.80,
}
QUICK = ("jpeg-12mp", "phone-p3-12mp", "png-12mp")
KINDS = ("jpeg-24mp-444", "progressive-12mp", "gray-12mp")  # how the kind of JPEG matters, in fewer rounds


@dataclass(frozen=True, slots=True)
class Peer:
    """Something else that makes the four files, and the clock of the process that does."""

    render: Callable[[Photo, dict[str, Path]], object]
    cpu: Clock = time.process_time


def run(results: Results) -> None:
    """Measures every input against every peer that is installed."""
    with ExitStack() as stack:
        peers = _peers(results, stack)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=inputs.scratch())))
        for name, goal in GOALS.items():
            if results.quick and name not in QUICK:
                continue
            _measure(results, inputs.photo(name), goal, scratch, peers)


def _peers(results: Results, stack: ExitStack) -> dict[str, Peer]:
    """The peers that are installed here, those that are servers running until the stack ends."""
    known: dict[str, tuple[str, Callable[[], Peer]]] = {
        "pyvips": (vips.missing(), lambda: Peer(vips.render)),
        "sharp": (sharp.missing(), lambda: Peer(sharp.render, sharp.cpu)),
        "thumbor": (thumbor.missing(), lambda: _thumbor(stack)),
    }
    for name, (missing, _) in known.items():
        if missing:
            results.skip(name, missing)
    return {name: start() for name, (missing, start) in known.items() if not missing}


def _thumbor(stack: ExitStack) -> Peer:
    server = stack.enter_context(thumbor.thumbor())
    connection = stack.enter_context(server.connect())
    return Peer(partial(thumbor.render, connection), measure.cpu_of(server.pid))


def _measure(
    results: Results,
    photo: Photo,
    goal: float | None,
    scratch: Path,
    peers: dict[str, Peer],
) -> None:
    folders = {name: scratch / photo.name / name for name in ("ours", "naive", "floor", *peers)}
    for folder in folders.values():
        folder.mkdir(parents=True)
    ours(photo, folders["ours"])
    finished = {path.name: path.read_bytes() for path in folders["ours"].iterdir()}
    contenders = {
        "ours": Contender(partial(ours, photo, folders["ours"])),
        "naive": Contender(partial(naive_files, photo, folders["naive"])),
    }
    if photo.path.suffix == ".jpg":
        contenders["floor"] = Contender(partial(floor, photo, finished, folders["floor"]))
    for name, peer in peers.items():
        contender = Contender(partial(_durably, peer.render, photo, folders[name]), peer.cpu)
        try:
            contender.run()
        except RuntimeError as error:
            results.skip(f"{name}, {photo.name}", str(error))
        else:
            contenders[name] = contender
    rounds = 5 if results.quick or photo.name in KINDS else 7
    samples = measure.interleave(contenders, rounds, f"renditions {photo.name}")
    _report(results, photo, samples, goal)


def _report(results: Results, photo: Photo, samples: dict[str, Samples], goal: float | None) -> None:
    mine, yardstick = samples["ours"], samples["naive"]
    bound = Goal(goal) if goal else None
    detail = f"{photo.describe()}; ours {_ms(mine)}, naive {_ms(yardstick)}"
    results.add(
        Row(SECTION, f"renditions of {photo.name}", measure.ratio(mine.wall, yardstick.wall), "x naive", bound, detail)
    )
    if "floor" in samples:
        bound = Goal(2.5) if photo.name in ("jpeg-12mp", "jpeg-24mp") else None
        above = measure.ratio(mine.wall, samples["floor"].wall)
        results.add(
            Row(SECTION, f"renditions of {photo.name}", above, "x floor", bound, f"floor {_ms(samples['floor'])}")
        )
    for name in (name for name in samples if name not in ("ours", "naive", "floor")):
        results.add(
            Row(
                SECTION,
                f"{name}, {photo.name}",
                measure.ratio(samples[name].wall, yardstick.wall),
                "x naive",
                detail=_ms(samples[name]),
            )
        )
    milliseconds = {name: measure.spread(taken.wall).median * 1000 for name, taken in samples.items()}
    results.plot(f"renditions/{photo.name}", **milliseconds)


def _ms(samples: Samples) -> str:
    wall, cpu = measure.spread(samples.wall).median, measure.spread(samples.cpu).median
    return f"{wall * 1000:.0f} ms ({cpu * 1000:.0f} CPU)"


def ours(photo: Photo, folder: Path) -> None:
    """As an upload does it: rendered into memory, then published durably."""
    with ExitStack() as stack:
        source = stack.enter_context(photo.path.open("rb"))
        outputs = {size: stack.enter_context(os.fdopen(os.memfd_create(size), "w+b")) for size in STANDARD}
        renditions.render(source, outputs, Limits(), STANDARD)
        durable.publish({folder / f"{size}.jpg": outputs[size] for size in publish_order(STANDARD)})


def naive_files(photo: Photo, folder: Path) -> None:
    """The naive recipe, made to leave durable files too; with colours converted where the input has a profile."""
    with photo.path.open("rb") as source:
        paths = {size: folder / f"{size}.jpg" for size in STANDARD}
        naive.render(source, paths, colour=True)
    _sync(folder)


def _durably(render: Callable[[Photo, dict[str, Path]], object], photo: Photo, folder: Path) -> None:
    render(photo, {size: folder / f"{size}.jpg" for size in STANDARD})
    _sync(folder)


def _sync(folder: Path) -> None:
    for size in STANDARD:
        descriptor = os.open(folder / f"{size}.jpg", os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def floor(photo: Photo, finished: dict[str, bytes], folder: Path) -> None:
    """A half-size decode, and four files of the finished bytes, fsynced."""
    with Image.open(photo.path) as image:
        image.draft(None, (image.width // 2, image.height // 2))
        image.load()
    for name, content in finished.items():
        with (folder / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
