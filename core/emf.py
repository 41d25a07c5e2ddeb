"""CloudWatch metrics of a Lambda: one line per request on standard output, in the embedded metric format (EMF).

CloudWatch extracts metrics from the line, so the function makes no call; its network has no route out for one. Each
metric has few dimensions, because each combination of their values is billed as a separate metric. The line itself
holds the other details, for CloudWatch Logs Insights.
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
    """Writes measurements as lines, if this is a Lambda and the settings name a namespace."""
    if settings.metrics_namespace and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        measures.use(Lines(settings.metrics_namespace))


class Lines:
    """Collects the measurements of one request at a time, as a Lambda answers them, and writes the request's line."""

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
