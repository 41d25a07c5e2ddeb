"""The dashboards ask for metrics that there are."""

import json
import re

from service import ROOT

from core import emf, measures
from core.settings import Settings
from stack.cloudformation import read

_ENDS = {"counter": ("_total",), "histogram": ("_bucket",), "gauge": ("",)}


def test_grafana_asks_for_metrics_that_there_are():
    dashboard = json.loads((ROOT / "deploy" / "grafana.json").read_text())
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"imgsrv_\w+", target["expr"])
    }
    told = {f"imgsrv_{each.name}{end}" for each in (*measures.TOLD, *measures.COUNTED) for end in _ENDS[each.kind]}
    limits = {f"imgsrv_{name}" for name in ("total_max_images", "total_max_bytes")}
    assert asked == told | limits
    assert all(hasattr(Settings(), name.removeprefix("imgsrv_")) for name in limits)


def test_cloudwatch_asks_for_metrics_that_there_are():
    template = read(ROOT / "template.yaml")
    body = json.loads(template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    metrics = [each for widget in body["widgets"] for each in widget["properties"].get("metrics", [])]
    plain = {each[1] for each in metrics if isinstance(each[0], str)}
    searched = {
        found[2]: found[1]
        for each in metrics
        if isinstance(each[0], dict) and (found := re.search(r",(\w+)} MetricName=.(\w+)", each[0]["expression"]))
    }
    assert searched == emf.DIMENSIONS
    assert plain == emf.NAMES - searched.keys() - {"HeldImages"}
    places = [(widget["x"], widget["y"]) for widget in body["widgets"]]
    assert len(set(places)) == len(places)
