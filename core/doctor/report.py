"""Doctor's output: text for people, one JSON object per line for programs, progress on a terminal."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TextIO

from core.doctor.findings import UNTOUCHED, Finding, Kind

_BAR = 30  # characters
_REDRAW = 0.1  # seconds


@dataclass(slots=True)
class Report:
    """Prints findings and counts them; JSON ends with one object that has `summary`."""

    as_json: bool
    out: TextIO
    counts: Counter[Kind] = field(default_factory=Counter)
    projects: int = 0
    images: int = 0
    failed: int = 0
    left: int = 0  # differences that a repair could not mend

    def tell(self, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        if self.as_json:
            self._line({"project": finding.project, "kind": finding.kind.slug, "subject": finding.subject})
        else:
            print(f"{shown(finding.project)}  {finding.kind.slug:<18} {shown(finding.subject)}", file=self.out)

    def fail(self, project: str, error: BaseException) -> None:
        """Reports a project that could not be read or changed: locked, unreadable, full."""
        self.failed += 1
        reason = str(error) or type(error).__name__
        if self.as_json:
            self._line({"project": project, "kind": "failed", "subject": reason})
        else:
            print(f"{shown(project)}  failed: {shown(reason)}", file=self.out)

    def end(self, remedy: str, **more: object) -> None:
        """Prints the summary; `remedy` says whether the findings' remedies were applied or would be."""
        kinds = [kind for kind in Kind if self.counts[kind]]
        if self.as_json:
            found = {kind.slug: self.counts[kind] for kind in kinds}
            counts = {"projects": self.projects, "images": self.images, "found": found, "failed": self.failed}
            self._line({"summary": counts | more})
            return
        for kind in kinds:
            said = kind.value if kind in UNTOUCHED else f"{remedy} {kind.value}"
            print(f"{self.counts[kind]:>8} {kind.slug:<18} {said}", file=self.out)
        extra = "".join(f", {name.replace('_', ' ')} {value}" for name, value in more.items())
        total = self.counts.total()
        print(
            f"{self.projects} projects, {self.images} images, {total} differences, {self.failed} failed{extra}",
            file=self.out,
        )

    def _line(self, value: dict[str, object]) -> None:
        print(json.dumps(value), file=self.out)


def shown(text: str) -> str:
    """A name found on disk, made safe to show: no line break, no terminal control, no change of text direction."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


class Progress:
    """A bar on a terminal, and nothing elsewhere."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._total = total
        self._shown = 0.0
        self._visible = self._stream.isatty()

    def show(self, projects: int, images: int) -> None:
        if not self._visible or time.monotonic() - self._shown < _REDRAW:
            return
        self._shown = time.monotonic()
        full = _BAR * projects // max(self._total, projects, 1)
        bar = "#" * full + "." * (_BAR - full)
        print(f"\r[{bar}] {projects}/{self._total} projects, {images} images", end="", file=self._stream, flush=True)

    def clear(self) -> None:
        if self._visible:
            print("\r\x1b[K", end="", file=self._stream, flush=True)
