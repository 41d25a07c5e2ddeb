"""Private reads: the server's CPU for a thumb by its signed URL and by a token, beside one that anyone may see."""

import time

from bench import client, inputs, measure, reads, servers
from bench.results import Goal, Results, Row
from bench.servers import Server
from core.access import tokens, urls

SECTION = "private"
GOAL = 1.3
_SECRET = "s" * 40
_KEYS = {"1": _SECRET.encode()}


def run(results: Results) -> None:
    """The same photo in two services, one with a key and private reads, which take turns."""
    token = "Bearer " + tokens.mint(_KEYS, 80_000, project="bench", scope="upload read")
    with servers.service() as public, servers.service(secret=_SECRET, private_reads="yes") as private:
        path = f"/projects/bench/images/{reads.upload(public, 'jpeg-12mp')}"
        hidden = f"/projects/bench/images/{_upload(private, token)}"
        signed = f"{hidden}?size=thumb&{urls.query(_KEYS, hidden, 'thumb', int(time.time()) + 80_000)}"
        requests = {
            "public": (public, client.get(f"{path}?size=thumb"), 200),
            "signed URL": (private, client.get(signed), 200),
            "token": (private, client.get(f"{hidden}?size=thumb", Authorization=token), 200),
        }
        samples = reads.sample(requests, 3 if results.quick else 9, 640 if results.quick else 3200, "private thumb")
    for name in ("signed URL", "token"):
        against = measure.ratio(samples[name].cpu, samples["public"].cpu)
        micro = measure.spread(samples[name].cpu).median * 1e6
        results.add(Row(SECTION, f"a thumb by {name}, CPU", against, "x public", Goal(GOAL), f"{micro:.0f} us"))


def _upload(server: Server, token: str) -> str:
    content = inputs.photo("jpeg-12mp").path.read_bytes()
    request = client.upload("/projects/bench/images", content)
    head, _, rest = request.partition(b"\r\n")
    with server.connect() as connection:
        _, body = connection.ask(b"\r\n".join([head, f"Authorization: {token}".encode(), rest]), 201)
    return body.split(b'"image_id":"')[1].split(b'"')[0].decode()
