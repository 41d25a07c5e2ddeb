"""CloudWatch metrics from a Lambda: one line a request on standard output, in the embedded metric format (EMF).

CloudWatch makes metrics of it; there is no call to make, and no way out of the functions' network to make one. Each
metric has few dimensions, since each combination of their values is billed as a metric of its own; what they leave
out stands in the line, for CloudWatch Logs Insights.
"""

import json
import os
import time

from core import measures
from core.measures import Measure
from core.settings import Settings

_METRICS = {
    measures.LATENCY: ("Latency", "Milliseconds"),
    measures.REQUESTS: ("Requests", "Count"),
    measures.PROBLEMS: ("Problems", "Count"),
    measures.DECODE: ("DecodeTime", "Milliseconds"),
    measures.DECODE_WAIT: ("DecodeWait", "Milliseconds"),
    measures.LOCK_WAIT: ("LockWait", "Milliseconds"),
    measures.STORED: ("StoredImages", "Count"),
    measures.STORED_BYTES: ("StoredBytes", "Bytes"),
    measures.STAGED_BYTES: ("StagedBytes", "Bytes"),
    measures.HELD_IMAGES: ("HeldImages", "Count"),
    measures.HELD_BYTES: ("HeldBytes", "Bytes"),
}
NAMES = frozenset(name for name, _ in _METRICS.values())
DIMENSIONS = {"Latency": "Route", "Requests": "Status", "Problems": "Problem"}  # the others have none
_PROPERTIES = {"route": "Route", "status": "Status", "type": "Problem"}
_MOST = 100  # values of one metric in a line


def use(settings: Settings) -> None:
    """In a Lambda whose settings name a namespace, writes what is measured as lines."""
    if settings.metrics_namespace and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        measures.use(Lines(settings.metrics_namespace))


class Lines:
    """Collects what is measured for one request at a time, as a Lambda answers them, and writes its line."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._values: dict[str, list[float]] = {}
        self._properties: dict[str, str] = {}

    def take(self, measure: Measure, amount: float, labels: tuple[str, ...]) -> None:
        if measure not in _METRICS:
            return
        name, unit = _METRICS[measure]
        values = self._values.setdefault(name, [])
        if len(values) < _MOST:
            values.append(round(amount * 1000, 3) if unit == "Milliseconds" else amount)
        self._properties |= {_PROPERTIES[label]: value for label, value in zip(measure.labels, labels, strict=True)}

    def flush(self) -> None:
        if self._values:
            print(self._line(), flush=True)
            self._values, self._properties = {}, {}

    def _line(self) -> str:
        units = dict(_METRICS.values())
        directives = []
        for dimension in ("Route", "Status", "Problem", ""):
            metrics = [
                {"Name": name, "Unit": units[name]} for name in self._values if DIMENSIONS.get(name, "") == dimension
            ]
            if metrics:
                dimensions = [[dimension] if dimension else []]
                directives.append({"Namespace": self._namespace, "Dimensions": dimensions, "Metrics": metrics})
        values = {name: given[0] if len(given) == 1 else given for name, given in self._values.items()}
        about = {"_aws": {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": directives}}
        return json.dumps(about | self._properties | values)
