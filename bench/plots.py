"""The plots of docs/performance.md, drawn from what a run found."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from bench.contention import HELD

Series = dict[str, dict[str, Any]]
_COLOURS = {
    "ours": "#1b6ca8",
    "naive": "#b8b8b8",
    "floor": "#2e2e2e",
    "pyvips": "#d08c3f",
    "sharp": "#6a9f58",
    "thumbor": "#a05a7c",
    "304": "#7fb3d9",
    "FileResponse": "#b8b8b8",
    "nginx": "#2e2e2e",
    "one box's nginx": "#7a8f3c",
    "uvicorn alone": "#d08c3f",
}


def draw(series: Series, folder: Path) -> list[Path]:
    """Draws every plot whose numbers are there; the files that it wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, plot in (
        ("renditions", _renditions),
        ("requests", _requests),
        ("reads", _reads),
        ("memory", _memory),
        ("contention", _contention),
        ("growth", _growth),
    ):
        figure = plot(series)
        if figure is not None:
            drawn.append(folder / f"{name}.png")
            figure.tight_layout()
            figure.savefig(drawn[-1], dpi=90)
            pyplot.close(figure)
    return drawn


def _group(series: Series, prefix: str) -> Series:
    return {name.removeprefix(prefix): values for name, values in series.items() if name.startswith(prefix)}


def _bars(axes: Axes, groups: Series, unit: str) -> None:
    """Horizontal bars: a group for each name in `groups`, a bar for each contender in it, its value beside it."""
    contenders = list(dict.fromkeys(name for values in groups.values() for name in values))
    height = 0.8 / len(contenders)
    for place, contender in enumerate(contenders):
        rows = [row for row, values in enumerate(groups.values()) if contender in values]
        values = [values[contender] for values in groups.values() if contender in values]
        middles = [row + (place - (len(contenders) - 1) / 2) * height for row in rows]
        bars = axes.barh(middles, values, height, label=contender, color=_COLOURS.get(contender))
        axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=7)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.margins(x=0.1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))


def _renditions(series: Series) -> Any:
    groups = _group(series, "renditions/")
    if not groups:
        return None
    figure, axes = pyplot.subplots(figsize=(8, 1 + 0.9 * len(groups)))
    _bars(axes, groups, "milliseconds, four durable files")
    axes.set_title("Renditions of one picture")
    return figure


def _requests(series: Series) -> Any:
    groups = _group(series, "request/")
    if not groups:
        return None
    figure, axes = pyplot.subplots(figsize=(8, 1 + 0.5 * len(groups)))
    _bars(axes, groups, "milliseconds")
    axes.set_title("One upload, the whole request")
    return figure


def _reads(series: Series) -> Any:
    groups = _group(series, "reads/")
    if not groups:
        return None
    figure, axes = pyplot.subplots(figsize=(8, 1 + 1.0 * len(groups)))
    _bars(axes, groups, "microseconds of CPU a request (log)")
    axes.set_xscale("log")
    axes.set_xlim(left=1)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.set_title("Serving a rendition")
    return figure


def _memory(series: Series) -> Any:
    curve = series.get("memory")
    if curve is None:
        return None
    figure, axes = pyplot.subplots(figsize=(6, 3.5))
    for name in ("ours", "naive"):
        mebibytes = [value / (1 << 20) for value in curve[name]]
        axes.plot(curve["uploads"], mebibytes, marker="o", label=name, color=_COLOURS[name])
    _logarithmic(axes, "uploads of 24 megapixels at once", "MiB at the peak", curve["uploads"])
    axes.set_title("Memory of the whole process")
    return figure


def _contention(series: Series) -> Any:
    curve = series.get("contention")
    if curve is None:
        return None
    figure, axes = pyplot.subplots(figsize=(6, 3.5))
    for name, colour in (("p99", "#d08c3f"), ("median", _COLOURS["ours"])):
        waits = [seconds * 1000 for seconds in curve[name]]
        axes.plot(curve["writers"], waits, marker="o", label=f"{name} wait", color=colour)
    several = [writers for writers in curve["writers"] if writers > 1]
    axes.plot(
        several, [HELD * 1000 * (writers - 1) for writers in several], "--", color="#b8b8b8", label="one after another"
    )
    _logarithmic(axes, "processes that want one project all the time", "milliseconds", curve["writers"])
    axes.set_title(f"Waiting for a project's lock, held {HELD * 1000:g} ms a turn")
    return figure


def _growth(series: Series) -> Any:
    curves = _group(series, "growth/")
    if not curves:
        return None
    figure, panels = pyplot.subplots(1, 3, figsize=(11, 3.5))
    for axes, (name, x, y) in zip(
        panels,
        (("renditions", "megapixels", "cpu"), ("reads", "images", "cpu"), ("commits", "images", "wall")),
        strict=True,
    ):
        sizes, costs = curves[name][x], [seconds * 1000 for seconds in curves[name][y]]
        axes.plot(sizes, costs, marker="o", color=_COLOURS["ours"], label="measured")
        if name != "reads":
            axes.plot(sizes, [costs[-1] * size / sizes[-1] for size in sizes], "--", color="#b8b8b8", label="linear")
        _logarithmic(axes, x, f"milliseconds ({'CPU' if y == 'cpu' else y})", sizes)
        axes.set_title(name)
    panels[1].set_ylim(min(costs := [s * 1000 for s in curves["reads"]["cpu"]]) / 10, max(costs) * 10)
    return figure


def _logarithmic(axes: Axes, x: str, y: str, measured: list[float]) -> None:
    """Log axes in plain numbers: below, those that were measured; beside, 1 and 3 of every decade."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(measured)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axis.set_minor_locator(NullLocator())
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
