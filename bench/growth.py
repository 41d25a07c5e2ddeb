"""How cost grows: renditions with pixels, reads and lists with images, commits with images."""

import tempfile
from functools import partial
from pathlib import Path

import numpy

from bench import client, inputs, measure, metadata, projects, reads, renditions, servers
from bench.measure import Contender
from bench.results import Goal, Results, Row

SECTION = "growth"
SIDES = ((1000, 750), (2000, 1500), (3000, 2250), (4000, 3000), (6000, 4000), (8000, 6000))
IMAGES = (100, 1_000, 10_000, 100_000)


def run(results: Results) -> None:
    """Each curve, and how straight it is: the exponent of cost over size, 1 for linear and 0 for flat."""
    _pixels(results)
    _reads(results)
    _commits(results)


def exponent(sizes: list[float], costs: list[float]) -> float:
    """The slope of cost over size on log axes."""
    slope: float = numpy.polyfit(numpy.log(sizes), numpy.log(costs), 1)[0]
    return slope


def _pixels(results: Results) -> None:
    sides = SIDES[1:5] if results.quick else SIDES
    photos = [inputs.jpeg(width, height) for width, height in sides]
    with tempfile.TemporaryDirectory(dir=inputs.scratch()) as scratch:
        contenders = {
            photo.name: Contender(partial(renditions.ours, photo, _folder(Path(scratch) / photo.name)))
            for photo in photos
        }
        samples = measure.interleave(contenders, 3 if results.quick else 7, "growth of renditions")
    megapixels = [photo.megapixels for photo in photos]
    seconds = [measure.spread(samples[photo.name].cpu).median for photo in photos]
    results.plot("growth/renditions", megapixels=megapixels, cpu=seconds)
    # Under 1.6 times the medium's size a picture is decoded whole, above at half, then at a quarter of it: steps.
    value = measure.spread([exponent(megapixels, seconds)])
    detail = ", ".join(f"{mp:.0f} MP {s * 1000:.0f} ms" for mp, s in zip(megapixels, seconds, strict=True))
    results.add(Row(SECTION, "renditions over pixels, CPU", value, "exponent", Goal(1.1), detail))


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _reads(results: Results) -> None:
    """A thumb out of projects of any size costs the same: its path is made of its id, no index is read."""
    images = IMAGES[:3] if results.quick else IMAGES
    with servers.service() as ours:
        requests = {}
        for count in images:
            project = projects.listed(ours.root, f"growth-{count}", count)
            for size in ("thumb", "original"):
                (project.size_folder(size) / "one.jpg").write_bytes(b"\xff\xd8" + bytes(15_000) + b"\xff\xd9")
            requests[str(count)] = (ours, client.get(f"/projects/growth-{count}/images/one?size=thumb"), 200)
        samples = reads.sample(requests, 3 if results.quick else 7, 320, "growth of reads")
    seconds = [measure.spread(samples[str(count)].cpu).median for count in images]
    results.plot("growth/reads", images=list(images), cpu=seconds)
    value = measure.spread([exponent([float(count) for count in images], seconds)])
    results.add(Row(SECTION, "serving a thumb over images of the project, CPU", value, "exponent", Goal(0.05)))


def _commits(results: Results) -> None:
    images = IMAGES[:3] if results.quick else IMAGES
    with tempfile.TemporaryDirectory(dir=inputs.scratch()) as root:
        contenders = {
            str(count): Contender(partial(metadata.append, projects.listed(Path(root), str(count), count)))
            for count in images
        }
        samples = measure.interleave(contenders, 7 if results.quick else 21, "growth of commits")
    seconds = [measure.spread(samples[str(count)].wall).median for count in images]
    results.plot("growth/commits", images=list(images), wall=seconds)
    slope = (seconds[-1] - seconds[0]) / (images[-1] - images[0]) * 1e6
    value = measure.spread([slope])
    detail = ", ".join(f"{count:,}: {s * 1000:.1f} ms" for count, s in zip(images, seconds, strict=True))
    results.add(Row(SECTION, "commits, for each image listed", value, "us an image", detail=detail))
    straight = measure.spread([exponent([float(count) for count in images], seconds)])
    results.add(Row(SECTION, "commits over images, wall", straight, "exponent", Goal(1.1)))
