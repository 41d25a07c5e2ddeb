"""Whole requests: from the first byte of the upload to the answer, over HTTP, one at a time."""

from functools import partial

from bench import client, inputs, measure, servers
from bench.measure import Contender
from bench.results import Goal, Results, Row
from bench.servers import Server

SECTION = "request"
# Ratio to the naive service; the phone's portrait to a naive one that converts colours as we do.
GOALS = {
    "jpeg-12mp": 0.33,
    "jpeg-24mp": 0.28,
    "phone-p3-12mp": 0.60,
    "png-12mp": 0.72,
    "webp-12mp": 0.68,
    "heic-12mp": 0.80,
}
QUICK = ("jpeg-12mp",)


def run(results: Results) -> None:
    """Uploads every input to the service and to the naive one, in turns."""
    with servers.service() as ours, servers.naive() as naive, servers.naive(colour=True) as converting:
        for name, goal in GOALS.items():
            if results.quick and name not in QUICK:
                continue
            yardstick = converting if name.startswith("phone") else naive
            _measure(results, inputs.photo(name), goal, ours, yardstick)


def _measure(results: Results, photo: inputs.Photo, goal: float, ours: Server, naive: Server) -> None:
    request = client.upload("/projects/bench/images", photo.path.read_bytes())
    contenders = {
        name: Contender(partial(_upload, server, request), measure.cpu_of(server.pid))
        for name, server in (("ours", ours), ("naive", naive))
    }
    samples = measure.interleave(contenders, 5 if results.quick else 11, f"upload {photo.name}")
    mine, yardstick = samples["ours"], samples["naive"]
    faster = measure.ratio(mine.wall, yardstick.wall)
    wall = [measure.spread(taken.wall).median * 1000 for taken in (mine, yardstick)]
    cpu = [measure.spread(taken.cpu).median * 1000 for taken in (mine, yardstick)]
    detail = f"{photo.describe()}; {wall[0]:.0f} ms ({cpu[0]:.0f} CPU), naive {wall[1]:.0f} ({cpu[1]:.0f})"
    results.add(Row(SECTION, f"upload of {photo.name}", faster, "x naive", Goal(goal), detail))
    results.add(Row(SECTION, f"upload of {photo.name}, CPU", measure.ratio(mine.cpu, yardstick.cpu), "x naive"))
    results.plot(f"request/{photo.name}", ours=wall[0], naive=wall[1])


def _upload(server: Server, request: bytes) -> None:
    """A connection each time: a server closes one that was idle while the other had its turn."""
    with server.connect() as connection:
        connection.ask(request, 201)
