"""What is measured while requests are answered. One taker receives it: Prometheus on one box (serving/metrics.py),
CloudWatch in a Lambda (core/emf.py). Elsewhere there is no taker, and a measurement costs a look at one name.

    measures.tell(measures.LOCK_WAIT, 0.012)
"""

from typing import NamedTuple, Protocol

COUNTER, HISTOGRAM, GAUGE = "counter", "histogram", "gauge"


class Measure(NamedTuple):
    """A measure, named as in Prometheus but without `imgsrv_`, and a sentence about it; times are in seconds."""

    name: str
    kind: str
    about: str
    labels: tuple[str, ...] = ()


REQUESTS = Measure("requests", COUNTER, "Requests that were answered.", ("route", "status"))
LATENCY = Measure("request_seconds", HISTOGRAM, "From a request's head to the end of its answer.", ("route",))
PROBLEMS = Measure("problems", COUNTER, "Requests that were refused or failed, by docs/errors.md.", ("type",))
DECODE = Measure("decode_seconds", HISTOGRAM, "Making one picture's renditions.")
DECODE_WAIT = Measure("decode_wait_seconds", HISTOGRAM, "An upload's wait for a decoder.")
DECODE_LINE = Measure("decode_waiting", GAUGE, "Uploads that wait for a decoder now.")
LOCK_WAIT = Measure("lock_wait_seconds", HISTOGRAM, "A change's wait for its lock.")
STORED = Measure("stored_images", COUNTER, "Images that were stored.")
STORED_BYTES = Measure("stored_bytes", COUNTER, "Bytes of their files, in all sizes.")
STAGED_BYTES = Measure("staged_bytes", COUNTER, "Bytes that arrived for uploads in parts.")
HELD_IMAGES = Measure("held_images", GAUGE, "Images of all projects when they were counted last, and uploads in parts.")
HELD_BYTES = Measure("held_bytes", GAUGE, "Bytes of their files when they were counted last, and of uploads in parts.")

TOLD = (REQUESTS, LATENCY, PROBLEMS, DECODE, DECODE_WAIT, DECODE_LINE, LOCK_WAIT, STORED, STORED_BYTES, STAGED_BYTES)
COUNTED = (HELD_IMAGES, HELD_BYTES)  # by the daily sweep


class Taker(Protocol):
    """Receives measurements, from any thread."""

    def take(self, measure: Measure, amount: float, labels: tuple[str, ...]) -> None: ...

    def flush(self) -> None:
        """Called when a request has ended."""


_taker: Taker | None = None


def use(taker: Taker | None) -> None:
    """Sends all measurements from now on to `taker`."""
    global _taker
    _taker = taker


def taker() -> Taker | None:
    """Who receives measurements, if anyone."""
    return _taker


def tell(measure: Measure, amount: float = 1, *labels: str) -> None:
    """Adds `amount` to a counter or a gauge, or one observation to a histogram."""
    if _taker is not None:
        _taker.take(measure, amount, labels)


def flush() -> None:
    """Tells the taker that a request has ended."""
    if _taker is not None:
        _taker.flush()
