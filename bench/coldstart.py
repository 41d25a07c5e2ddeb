"""Cold start: a fresh process imports one function and answers its first request, as Lambda does it.

The naive service is one app behind Mangum, so each of its cold starts imports all of it. Both are
compiled to byte code beforehand, as they would be deployed, whatever PYTHONDONTWRITEBYTECODE says.
"""

import base64
import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from itertools import cycle
from pathlib import Path

from packaging.requirements import Requirement

from bench import client, inputs, measure, reads, servers
from bench.measure import Contender
from bench.results import Goal, Results, Row
from bench.servers import REPOSITORY

SECTION = "coldstart"
Event = dict[str, object]
READER, UPLOAD = 0.75, 0.80
GOALS = {
    "get_image": READER,
    "get_thumbnail": READER,
    "list_images": READER,
    "delete_image": READER,
    "set_primary": READER,
    "upload_image": UPLOAD,
}
PACKAGE_MB = 45
# A module's handler answers one event, read from standard input; a wrong status is no measurement.
_PROGRAM = """
import importlib, json, sys
event = json.load(sys.stdin)
result = importlib.import_module(sys.argv[1]).handler(event, None)
if result["statusCode"] != int(sys.argv[2]):
    sys.exit(str(result)[:500])
"""


def run(results: Results) -> None:
    """Each function beside the naive app with the same event; then the size of what is deployed."""
    rounds = 5 if results.quick else 25
    for folder in ("core", "handlers", "bench/peers"):
        compileall.compile_dir(REPOSITORY / folder, quiet=1)
    with tempfile.TemporaryDirectory(dir=inputs.scratch()) as scratch:
        for function, goal in GOALS.items():
            _measure(results, function, goal, _seeded(Path(scratch), function, rounds), rounds)
    _package(results)


@dataclass(frozen=True, slots=True)
class _Seeded:
    """A storage root with images in it, and what one start after another is sent, which it will answer well."""

    root: Path
    events: Iterator[Event]


def _seeded(scratch: Path, function: str, rounds: int) -> dict[str, _Seeded]:
    """What each service is to start on; an image can be deleted once only, so there is one for every start."""
    count = rounds + 1 if function == "delete_image" else 1
    with servers.service() as ours, servers.naive() as naive:
        seeded = {}
        for name, server in (("ours", ours), ("naive", naive)):
            images = [reads.upload(server, "small") for _ in range(count)]
            root = shutil.copytree(server.root, scratch / name / function)
            seeded[name] = _Seeded(root, cycle([event(function, image) for image in images]))
    return seeded


def event(function: str, image: str) -> Event:
    """An HTTP API event (payload 2.0) for one function and the image of the project `bench`."""
    method, path, query = {
        "get_image": ("GET", f"/projects/bench/images/{image}", "size=thumb"),
        "get_thumbnail": ("GET", "/projects/bench/thumbnail", ""),
        "list_images": ("GET", "/projects/bench/images", ""),
        "delete_image": ("DELETE", f"/projects/bench/images/{image}", ""),
        "set_primary": ("PUT", f"/projects/bench/primary/{image}", ""),
        "upload_image": ("POST", "/projects/bench/images", ""),
    }[function]
    headers, body = {"host": "example.org"}, b""
    if method == "POST":
        head, _, body = client.upload(path, inputs.photo("small").path.read_bytes()).partition(b"\r\n\r\n")
        headers["content-type"] = head.decode().rpartition("Content-Type: ")[2]
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {"http": http, "stage": "$default", "requestId": "bench"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def _measure(results: Results, function: str, goal: float, seeded: dict[str, _Seeded], rounds: int) -> None:
    status = "201" if function == "upload_image" else "200"
    modules = {"ours": f"handlers.{function}", "naive": "bench.peers.naive"}
    contenders = {
        name: Contender(partial(_start, seeded[name], module, status), measure.children_cpu)
        for name, module in modules.items()
    }
    samples = measure.interleave(contenders, rounds, f"cold start {function}")
    wall = {name: measure.spread(taken.wall).median * 1000 for name, taken in samples.items()}
    cpu = measure.ratio(samples["ours"].cpu, samples["naive"].cpu)
    detail = f"{wall['ours']:.0f} ms, naive {wall['naive']:.0f} ms; CPU {cpu:.2f}"
    against = measure.ratio(samples["ours"].wall, samples["naive"].wall)
    results.add(Row(SECTION, f"cold start of {function}", against, "x naive", Goal(goal), detail))
    results.plot(f"coldstart/{function}", **wall)


def _start(seeded: _Seeded, module: str, status: str) -> None:
    environment = os.environ | {"IMGSRV_STORAGE_ROOT": str(seeded.root), "NAIVE_ROOT": str(seeded.root)}
    # Or pictures would be decoded in workers, as on one box.
    environment |= {"AWS_LAMBDA_FUNCTION_NAME": module, "IMGSRV_PUBLIC": "yes"}
    command = [sys.executable, "-c", _PROGRAM, module, status]
    what = json.dumps(next(seeded.events))
    subprocess.run(command, cwd=REPOSITORY, env=environment, input=what, text=True, check=True)


def _package(results: Results) -> None:
    wanted = (REPOSITORY / "handlers/requirements.txt").read_text().splitlines()
    heif = _closure(["pillow-heif"]) - _closure(["pillow"])
    sizes = {name: _size(name) for name in _closure(wanted) - heif}
    megabytes = measure.spread([sum(sizes.values()) / 1e6])
    detail = ", ".join(
        f"{name} {size / 1e6:.1f}" for name, size in sorted(sizes.items(), key=lambda item: -item[1])[:4]
    )
    results.add(Row(SECTION, "packages that deploy, without HEIC", megabytes, "MB", Goal(PACKAGE_MB), detail))


def _closure(lines: list[str]) -> set[str]:
    """The installed distributions that these lines of a requirements file bring in."""
    found: set[str] = set()
    stripped = [line.partition("#")[0].strip() for line in lines]
    pending = [Requirement(line) for line in stripped if line and not line.startswith("-")]
    while pending:
        requirement = pending.pop()
        name = requirement.name.lower().replace("_", "-")
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        pending += [Requirement(text) for text in metadata.requires(name) or []]
    return found


def _size(name: str) -> int:
    """Bytes of a distribution as it is installed, byte code left out."""
    paths = [Path(str(file.locate())) for file in metadata.files(name) or [] if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.exists())
