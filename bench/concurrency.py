"""Many uploads at once to one server: throughput, and what all of its processes need together at their peak."""

from concurrent.futures import ThreadPoolExecutor

from bench import client, inputs, measure, servers
from bench.measure import Contender, Samples
from bench.results import Goal, Results, Row
from bench.servers import Server

SECTION = "concurrency"
MIB = 1 << 20


def run(results: Results) -> None:
    """Throughput at 4 and 16 at once beside the naive service, then the peak memory of each."""
    _throughput(results)
    _memory(results)


def _throughput(results: Results) -> None:
    request = client.upload("/projects/bench/images", inputs.photo("jpeg-12mp").path.read_bytes())
    uploads = 16
    with servers.service() as ours, servers.naive() as naive:
        contenders = {
            "ours, 4 at once": _burst(ours, request, uploads, 4),
            "naive, 4 at once": _burst(naive, request, uploads, 4),
            "ours, 16 at once": _burst(ours, request, uploads, 16),
            "ours, 1 at once": _burst(ours, request, uploads, 1),
        }
        samples = measure.interleave(contenders, 3 if results.quick else 7, "throughput")
    at4 = samples["ours, 4 at once"].wall
    gain = measure.ratio(samples["naive, 4 at once"].wall, at4)
    kept = measure.ratio(at4, samples["ours, 16 at once"].wall)
    scaled = measure.ratio(samples["ours, 1 at once"].wall, at4)
    detail = ", ".join(f"{name} {_rate(taken, uploads):.1f}/s" for name, taken in samples.items())
    results.add(Row(SECTION, "throughput, 4 uploads of 12 MP at once", gain, "x naive", Goal(3, at_least=True), detail))
    results.add(Row(SECTION, "throughput, 16 at once", kept, "x that of 4", Goal(0.95, at_least=True)))
    results.add(Row(SECTION, "throughput, 4 at once", scaled, "x that of 1"))
    results.plot("throughput", **{name: _rate(taken, uploads) for name, taken in samples.items()})


def _rate(samples: Samples, uploads: int) -> float:
    return uploads / measure.spread(samples.wall).median


def _burst(server: Server, request: bytes, uploads: int, at_once: int) -> Contender:
    def burst() -> None:
        upload_all(server, [request] * uploads, at_once)

    return Contender(burst, measure.cpu_of(server.pid))


def upload_all(server: Server, requests: list[bytes], at_once: int) -> None:
    """Sends the uploads over `at_once` connections, each the next one as soon as it is answered."""
    pending = iter(requests)

    def client_thread() -> None:
        with server.connect() as connection:
            for request in pending:
                connection.ask(request, 201)

    with ThreadPoolExecutor(at_once) as threads:
        for done in [threads.submit(client_thread) for _ in range(at_once)]:
            done.result()


def _memory(results: Results) -> None:
    request = client.upload("/projects/bench/images", inputs.photo("jpeg-24mp").path.read_bytes())
    curve: dict[str, list[float]] = {"uploads": [], "ours": [], "naive": []}
    for at_once in (1, 16) if results.quick else (1, 2, 4, 8, 16):
        curve["uploads"].append(at_once)
        with servers.service() as server:
            curve["ours"].append(_peak(server, request, at_once))
        with servers.naive() as server:
            curve["naive"].append(_peak(server, request, at_once))
    results.plot("memory", **curve)
    ours, naive = (measure.spread([curve[name][-1] / MIB]) for name in ("ours", "naive"))
    detail = f"naive {naive.median:.0f} MiB"
    results.add(
        Row(SECTION, "peak memory of all processes, 16 uploads of 24 MP at once", ours, "MiB", Goal(260), detail)
    )
    growth = measure.spread([curve["ours"][-1] / curve["ours"][0]])
    results.add(Row(SECTION, "peak memory of all processes, 16 uploads of 24 MP at once", growth, "x that of 1"))


def _peak(server: Server, request: bytes, at_once: int) -> int:
    return measure.peak_memory(server.pid, lambda: upload_all(server, [request] * at_once * 2, at_once))
