"""The commands that go through the projects: check, repair, rebuild, sweep. Each returns its exit status."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TextIO

from core import settings
from core.doctor import counting, inventory, portions, quarantine, walk
from core.doctor import repair as repairs
from core.doctor.findings import HARMLESS, Finding, Kind
from core.doctor.report import Progress, Report
from core.doctor.shares import Share
from core.doctor.survey import NAMES, Damaged, Survey, survey, truncated, undecodable
from core.errors import SettingsError
from core.settings import Settings
from core.uploads import expiry
from core.volume.layout import ProjectLayout

CLEAN, DIFFERENT = 0, 1  # the exit status
Work = Callable[[Settings, ProjectLayout], Survey]
Ended = Callable[[Settings, str], Iterable[Path]]  # the folders of a project's uploads that nobody goes on with


def check(options: argparse.Namespace, out: TextIO) -> int:
    """Tells every difference; changes nothing."""
    current = chosen(options)
    report = _walk(options, out, current, partial(survey, damaged=_damaged(options)), expiry.expired)
    report.end("would be")
    return _status(report, left=sum(count for kind, count in report.counts.items() if kind not in HARMLESS))


def repair(options: argparse.Namespace, out: TextIO) -> int:
    """Mends what can be mended."""
    return _mend(options, out, partial(repairs.repair, damaged=_damaged(options)))


def rebuild(options: argparse.Namespace, out: TextIO) -> int:
    """Makes each index anew from the originals, and mends the rest."""
    return _mend(options, out, repairs.rebuild)


def sweep(options: argparse.Namespace, out: TextIO) -> int:
    """Takes abandoned uploads out, and empties what is old in the quarantine."""
    current = chosen(options)
    report = _walk(options, out, current, _swept, expiry.sweep)
    deleted = quarantine.finish_deletes(current.storage_root)
    destroyed = quarantine.empty(current.storage_root, current.quarantine_days)
    counting.count(current)
    report.end("was", deleted=deleted, destroyed=destroyed)
    return _status(report, left=0)


def _damaged(options: argparse.Namespace) -> Damaged:
    return undecodable if options.deep else truncated


def _mend(options: argparse.Namespace, out: TextIO, work: Work) -> int:
    report = _walk(options, out, chosen(options), work, expiry.sweep)
    report.end("was")
    return _status(report, report.left)


def _swept(current: Settings, project: ProjectLayout) -> Survey:
    parts = 1 + inventory.count(project) // portions.SHARE
    looks = [replace(NAMES, share=Share(number, parts)) for number in range(parts)]
    swept = [repairs.sweep(current, project, look)[0] for look in looks]
    return Survey([finding for part in swept for finding in part.findings], sum(part.images for part in swept))


def _walk(options: argparse.Namespace, out: TextIO, current: Settings, work: Work, ended: Ended) -> Report:
    """Runs `work` on the requested projects, and reports its findings as they come; then the uploads that `ended`
    finds."""
    root = current.storage_root
    report = Report(options.json, out)
    progress = Progress(1 if options.project else walk.count(root))
    names = _names(root, options.project, report)
    for name, outcome in walk.each(root, names, partial(work, current), options.jobs):
        report.projects += 1
        error = outcome.exception()
        result = Survey([], 0) if error else outcome.result()
        if error or result.findings:
            progress.clear()
        if error:
            report.fail(name, error)
        for finding in result.findings:
            report.tell(finding)
        report.images += result.images
        report.left += result.left
        progress.show(report.projects, report.images)
    progress.clear()
    for name in [options.project] if options.project else expiry.projects(root):
        for folder in ended(current, name):
            report.tell(Finding(Kind.EXPIRED, name, f"uploads/{folder.name}"))
    return report


def _names(root: Path, project: str | None, report: Report) -> Iterator[str]:
    """The names of the projects to check; reports anything else that lies among them."""
    for name in [project] if project else walk.names(root):
        if walk.is_project(root, name):
            yield name
        else:
            report.tell(Finding(Kind.FOREIGN, name, "."))


def chosen(options: argparse.Namespace) -> Settings:
    """The settings, with what the command line says; SettingsError for a folder or project that is not there."""
    current = settings.current()
    if options.storage is not None:
        current = replace(current, storage_root=Path(options.storage))
    if options.abandoned_after is not None:
        current = replace(current, abandoned_after=options.abandoned_after)
    if not current.storage_root.is_dir():
        raise SettingsError(f"{current.storage_root}: no such folder")
    if options.project and not walk.is_project(current.storage_root, options.project):
        raise SettingsError(f"{options.project}: no such project under {current.storage_root}")
    return current


def _status(report: Report, left: int) -> int:
    return DIFFERENT if left or report.failed else CLEAN
