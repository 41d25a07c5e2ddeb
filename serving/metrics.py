"""GET /metrics on one box, for Prometheus: what core/measures.py measures, added up over all server processes.

Guarantees: without `metrics_token` only this machine is answered, by a loopback name and without a proxy between; with
it whoever shows it as a bearer token. For everybody else there is nothing at this path.
"""

import hmac
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from core import measures
from core.measures import COUNTER, HISTOGRAM, Measure
from core.settings import QUOTAS, Settings
from core.volume import tally
from core.web import threads
from serving import loopback
from serving.asgi import App, Receive, Scope, Send, respond

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the folder in which several processes add up, as prometheus_client has it
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
_FORWARDED = frozenset((b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"))


class Prometheus:
    """Takes what is measured in this process, and tells what was measured in all of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._registry = CollectorRegistry()
        self._metrics = {measure: self._metric(measure) for measure in measures.TOLD}
        self._adders: dict[tuple[Measure, tuple[str, ...]], Callable[[float], None]] = {}
        self._held = _Held(settings)
        if SHARED not in os.environ:
            ProcessCollector(registry=self._registry)
            self._registry.register(self._held)

    def take(self, measure: Measure, amount: float, labels: tuple[str, ...]) -> None:
        add = self._adders.get((measure, labels))
        if add is None:
            metric = self._metrics[measure]
            child = metric.labels(*labels) if labels else metric
            add = self._adders[measure, labels] = child.observe if isinstance(child, Histogram) else child.inc
        add(amount)

    def flush(self) -> None:
        """Nothing waits."""

    def exposition(self) -> bytes:
        """Everything, in Prometheus's text format."""
        if SHARED not in os.environ:
            return generate_latest(self._registry)
        for path in Path(os.environ[SHARED]).glob("gauge_live*.db"):
            process = path.stem.rpartition("_")[2]
            if not Path("/proc", process).exists():  # it died: what waited in it does not wait any more
                multiprocess.mark_process_dead(int(process))  # type: ignore[no-untyped-call]
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(self._held)
        return generate_latest(registry)

    def _metric(self, measure: Measure) -> Counter | Gauge | Histogram:
        name = f"imgsrv_{measure.name}"
        if measure.kind == COUNTER:
            return Counter(name, measure.about, measure.labels, registry=self._registry)
        if measure.kind == HISTOGRAM:
            return Histogram(name, measure.about, measure.labels, registry=self._registry, buckets=_BUCKETS)
        return Gauge(name, measure.about, measure.labels, registry=self._registry, multiprocess_mode="livesum")


class _Held(Collector):
    """What all projects hold, and may hold; read when it is asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[GaugeMetricFamily]:
        if held := tally.read(self._settings.storage_root):
            for measure, value in zip(measures.COUNTED, (held.images, held.bytes), strict=True):
                yield GaugeMetricFamily(f"imgsrv_{measure.name}", measure.about, value)
        for name in QUOTAS:
            if limit := getattr(self._settings, name):
                yield GaugeMetricFamily(f"imgsrv_{name}", f"The setting IMGSRV_{name.upper()}.", limit)


@contextmanager
def shared(workers: int) -> Iterator[None]:
    """While `workers` processes serve, they add up in a folder that is removed after them."""
    if workers == 1:
        yield
        return
    os.environ[SHARED] = mkdtemp(prefix="imgsrv-metrics-")
    try:
        yield
    finally:
        shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True)


def with_metrics(app: App, settings: Settings) -> App:
    """`app`, and beside it GET /metrics; measures from now on."""
    prometheus = Prometheus(settings)
    measures.use(prometheus)

    async def measured(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/metrics" or not _is_allowed(scope, settings.metrics_token):
            await app(scope, receive, send)
            return
        body = await threads.run(prometheus.exposition)
        headers = [(b"content-type", CONTENT_TYPE_LATEST.encode()), (b"content-length", b"%d" % len(body))]
        headers.append((b"cache-control", b"no-store"))
        await respond(send, 200, headers, b"" if scope["method"] == "HEAD" else body)

    return measured


def _is_allowed(scope: Scope, token: str) -> bool:
    if scope["method"] not in ("GET", "HEAD"):
        return False
    headers = dict(scope["headers"])
    if token:
        return hmac.compare_digest(headers.get(b"authorization", b""), f"Bearer {token}".encode())
    client = scope.get("client")
    here = client is not None and loopback.is_local(client[0])
    return here and loopback.is_named_locally(scope) and not _FORWARDED & headers.keys()
