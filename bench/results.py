"""What a run found: rows with their goals, series for plots; as JSON, a file a section, and as one table."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.measure import Spread

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a measured value, and whether it is the most or the least that it may be."""

    bound: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `unit` says what the value is a multiple of, `detail` what the value was made of."""

    section: str
    what: str
    value: Spread
    unit: str
    goal: Goal | None = None
    detail: str = ""

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "met" if self.goal.met(self.value.median) else "MISSED"


@dataclass(slots=True)
class Results:
    """Everything that one section of a run found, in the order in which it was found."""

    section: str
    quick: bool
    rows: list[Row] = field(default_factory=list)
    series: dict[str, dict[str, object]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        self.rows.append(row)
        print(_line(row), flush=True)

    def skip(self, what: str, why: str) -> None:
        """Says that something could not be measured here; a goal is never met by not measuring it."""
        self.skipped.append(f"{what}: {why}")
        print(f"  not measured: {what}: {why}", flush=True)

    def plot(self, name: str, **series: object) -> None:
        """Keeps numbers that plots.py draws under `name`."""
        self.series[name] = series

    def save(self) -> Path:
        """Replaces what an earlier run found in this section; other sections keep what they have."""
        path = folder(self.quick) / f"{self.section}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [asdict(row) | {"verdict": row.verdict} for row in self.rows]
        found = {"machine": machine(), "measured": datetime.now(UTC).isoformat(timespec="minutes")}
        path.write_text(json.dumps(found | {"rows": rows, "series": self.series, "skipped": self.skipped}, indent=1))
        return path


def folder(quick: bool) -> Path:
    return FOLDER / ("quick" if quick else "full")


def load(quick: bool, sections: Iterable[str]) -> list[dict[str, Any]]:
    """What the last runs found, of each section that was ever run."""
    paths = [folder(quick) / f"{section}.json" for section in sections]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def table(found: list[dict[str, Any]]) -> str:
    """All rows as a Markdown table."""
    lines = ["| what | median (quartiles) | of what | goal | |", "| --- | --- | --- | --- | --- |"]
    for row in (row for section in found for row in section["rows"]):
        goal = Goal(**row["goal"]) if row["goal"] else ""
        lines.append(
            f"| {row['what']} | {_number(Spread(**row['value']))} | {row['unit']} | {goal} | {row['verdict']} |"
        )
    return "\n".join(lines)


def machine() -> dict[str, str]:
    """What the figures were measured on and with."""
    packages = ("pillow", "fastapi", "starlette", "uvicorn", "filelock", "msgspec")
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "python": platform.python_version(),
        "cpu": cpu[0] if cpu else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        **{package: version(package) for package in packages},
    }


def _number(value: Spread) -> str:
    digits = ".3f" if abs(value.median) < 1 else ".2f" if abs(value.median) < 100 else ".0f"
    if value.low == value.high:
        return f"{value.median:{digits}}"
    return f"{value:{digits}}"


def _line(row: Row) -> str:
    goal = f"{row.goal} {row.verdict}" if row.goal else ""
    return f"  {row.what:<52} {_number(row.value):>24} {row.unit:<22} {goal:<16} {row.detail}"
