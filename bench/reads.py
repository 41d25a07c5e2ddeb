"""Reads: the server's CPU for one request, beside nginx's sendfile and FastAPI's FileResponse.

CPU, not wall: on one machine the client's own work would drown a thumb's. Sixteen kept-alive
connections ask in rounds, so every server finds several requests when it wakes, as under load.
"""

import time
from functools import partial

from bench import client, inputs, measure, servers
from bench.measure import Contender, Samples
from bench.results import Goal, Results, Row
from bench.servers import Server

SECTION = "reads"
CONNECTIONS = 16
_PAUSE = 0.003  # seconds; sixteen thumbs take the service about two thousandths
GOALS = {"thumb": 7.0, "medium": 1.6}
IN_FRONT = {"thumb": Goal(1.1)}  # by nginx with deploy/box/nginx.conf


def run(results: Results) -> None:
    """A thumb, a medium and a 304 from the service, the naive one and nginx."""
    if servers.nginx_binary() is None:
        results.skip("reads", "there is no nginx")
        return
    with (
        servers.service() as ours,
        servers.naive() as naive,
        servers.nginx(ours.root) as nginx,
        servers.nginx(ours.root, box=True) as in_front,
    ):
        image, naive_image = upload(ours, "jpeg-12mp"), upload(naive, "jpeg-12mp")
        for size, goal in GOALS.items():
            file = ours.root / f"projects/bench/{size}/{image}.jpg"
            requests = {
                "ours": (ours, client.get(f"/projects/bench/images/{image}?size={size}"), 200),
                "304": (ours, _conditional(ours, f"/projects/bench/images/{image}?size={size}"), 304),
                "FileResponse": (naive, client.get(f"/projects/bench/images/{naive_image}?size={size}"), 200),
                "nginx": (nginx, client.get(f"/projects/bench/{size}/{image}.jpg"), 200),
                "one box's nginx": (in_front, client.get(f"/projects/bench/images/{image}?size={size}"), 200),
            }
            with servers.constant(file) as constant:
                requests["uvicorn alone"] = (constant, client.get("/"), 200)
                _measure(results, size, goal, requests, file.stat().st_size)
        _cover(results, ours, nginx, image)


def upload(server: Server, photo: str) -> str:
    """Uploads one of the inputs to the project `bench`; the id that it got."""
    request = client.upload("/projects/bench/images", inputs.photo(photo).path.read_bytes())
    with server.connect() as connection:
        _, body = connection.ask(request, 201)
    return body.split(b'"image_id":"')[1].split(b'"')[0].decode()


def _conditional(server: Server, path: str) -> bytes:
    with server.connect() as connection:
        headers, _ = connection.ask(client.get(path))
    return client.get(path, If_None_Match=headers["etag"])


def _measure(
    results: Results, size: str, goal: float, requests: dict[str, tuple[Server, bytes, int]], length: int
) -> None:
    samples = sample(requests, 3 if results.quick else 9, 640 if results.quick else 3200, f"read {size}")
    micro = {name: measure.spread(taken.cpu).median * 1e6 for name, taken in samples.items()}
    detail = f"{length / 1000:.0f} KB; " + ", ".join(f"{name} {value:.0f} us" for name, value in micro.items())
    against = {name: measure.ratio(taken.cpu, samples["nginx"].cpu) for name, taken in samples.items()}
    results.add(Row(SECTION, f"serving a {size}, CPU", against["ours"], "x nginx sendfile", Goal(goal), detail))
    row = f"one box's nginx serving a {size}, CPU"
    results.add(Row(SECTION, row, against["one box's nginx"], "x nginx sendfile", IN_FRONT.get(size)))
    for other in ("FileResponse", "uvicorn alone"):
        results.add(Row(SECTION, f"{other} serving a {size}, CPU", against[other], "x nginx sendfile"))
    cheaper = measure.ratio(samples["304"].cpu, samples["ours"].cpu)
    results.add(Row(SECTION, f"304 for a {size}, CPU", cheaper, "x its 200", Goal(1)))
    results.plot(f"reads/{size}", **micro)


def _cover(results: Results, ours: Server, nginx: Server, image: str) -> None:
    requests = {
        "ours": (ours, client.get("/projects/bench/thumbnail"), 200),
        "nginx": (nginx, client.get(f"/projects/bench/thumb/{image}.jpg"), 200),
    }
    samples = sample(requests, 3 if results.quick else 9, 640 if results.quick else 3200, "read cover")
    against = measure.ratio(samples["ours"].cpu, samples["nginx"].cpu)
    detail = f"{measure.spread(samples['ours'].cpu).median * 1e6:.0f} us"
    results.add(Row(SECTION, "serving the cover, CPU", against, "x nginx sendfile", detail=detail))


def sample(requests: dict[str, tuple[Server, bytes, int]], rounds: int, count: int, label: str) -> dict[str, Samples]:
    """Seconds of one request, wall and CPU of its server, over `count` of them in each round."""
    contenders = {
        name: Contender(partial(repeat, server, request, expected, count), measure.cpu_of(server.pid))
        for name, (server, request, expected) in requests.items()
    }
    samples = measure.interleave(contenders, rounds, label)
    for taken in samples.values():
        taken.wall = [seconds / count for seconds in taken.wall]
        taken.cpu = [seconds / count for seconds in taken.cpu]
    return samples


def repeat(server: Server, request: bytes, expected: int, count: int) -> None:
    """Asks the same `count` times, a request on every connection before the first answer is read.

    The client idles while the server works, and never on a socket: waking it is charged to a server that is slower
    than the client, and what it does on the other core takes cache from Python's interpreter, far less from nginx.
    """
    connections = [server.connect() for _ in range(min(CONNECTIONS, count))]
    for _ in range(count // len(connections)):
        for connection in connections:
            connection.send(request)
        waiting = connections
        while waiting:
            time.sleep(_PAUSE)
            waiting = [connection for connection in waiting if not connection.poll(expected)]
    for connection in connections:
        connection.close()
