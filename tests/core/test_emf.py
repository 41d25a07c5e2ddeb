"""CloudWatch's lines: one a request, in the embedded metric format, with few dimensions."""

import json
from pathlib import Path
from typing import Any

import pytest
from photos import photo
from service import Service
from waiting import eventually

from core import emf, measures
from core.settings import Settings


def line(out: str) -> dict[str, Any]:
    (text,) = out.splitlines()
    content: dict[str, Any] = json.loads(text)
    return content


def test_a_request_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = emf.Lines("imgsrv/test")
    lines.take(measures.LOCK_WAIT, 0.002, ())
    lines.take(measures.LOCK_WAIT, 0.004, ())
    lines.take(measures.DECODE_LINE, 1, ())  # a Lambda has no line
    lines.take(measures.LATENCY, 0.1, ("GET /limits",))
    lines.take(measures.PROBLEMS, 1, ("busy",))
    lines.take(measures.REQUESTS, 1, ("GET /limits", "503"))
    lines.flush()
    lines.flush()
    found = line(capsys.readouterr().out)
    about = found.pop("_aws")
    assert about["Timestamp"] > 1_700_000_000_000
    assert {tuple(each["Dimensions"][0]): [metric["Name"] for metric in each["Metrics"]] for each in about[_ALL]} == {
        ("Route",): ["Latency"],
        ("Status",): ["Requests"],
        ("Problem",): ["Problems"],
        (): ["LockWait"],
    }
    assert {each["Namespace"] for each in about[_ALL]} == {"imgsrv/test"}
    assert found == {
        "Route": "GET /limits",
        "Status": "503",
        "Problem": "busy",
        "Latency": 100.0,
        "Problems": 1,
        "Requests": 1,
        "LockWait": [2.0, 4.0],
    }


_ALL = "CloudWatchMetrics"


def test_lines_are_short(capsys: pytest.CaptureFixture[str]) -> None:
    lines = emf.Lines("imgsrv/test")
    for _ in range(1000):
        lines.take(measures.LOCK_WAIT, 0.002, ())
    lines.flush()
    assert len(line(capsys.readouterr().out)["LockWait"]) == 100  # the most that CloudWatch takes


@pytest.mark.parametrize("function", ["", "imgsrv-GetImage"])
def test_only_a_lambda_writes_them(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    used: list[object] = []
    monkeypatch.setattr(measures, "use", used.append)
    if function:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", function)
    emf.use(Settings(metrics_namespace="imgsrv/test"))
    emf.use(Settings())
    assert len(used) == bool(function)


def test_functions_write_them(tmp_path: Path) -> None:
    with Service(tmp_path / "s", "--mode", "lambda", IMGSRV_METRICS_NAMESPACE="any") as service:
        service.client.post("/projects/p/images", files={"file": ("a.jpg", photo(32, 32))})

        def written() -> list[dict[str, Any]]:
            return [json.loads(text) for text in service.log.splitlines() if text.startswith('{"_aws"')]

        assert eventually(lambda: any("StoredImages" in each for each in written()))
        (upload,) = (each for each in written() if "StoredImages" in each)
        assert upload["Route"] == "POST /projects/{project_id}/images"
        assert upload["Status"] == "201"
        assert upload["DecodeTime"] > 0
        assert upload["StoredBytes"] > 0
