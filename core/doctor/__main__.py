"""The command line of doctor. Exit status: 0 clean or repaired, 1 differences are left, 2 it could not run."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from core import settings
from core.doctor import adopt, bench, counting, inventory, locktest, portions, quarantine, staging, walk
from core.doctor import repair as repairs
from core.doctor.findings import HARMLESS, Finding, Kind
from core.doctor.report import Progress, Report
from core.doctor.shares import Share
from core.doctor.survey import NAMES, Survey, survey, truncated, undecodable
from core.errors import ServiceError, SettingsError
from core.settings import Settings
from core.volume import durable
from core.volume.layout import ProjectLayout

CLEAN, DIFFERENT, UNUSABLE = 0, 1, 2
Run = Callable[[argparse.Namespace, TextIO], int]
Work = Callable[[ProjectLayout], Survey]


def main(arguments: list[str] | None = None, out: TextIO | None = None) -> int:
    """Runs one command and returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, out or sys.stdout))
    except (SettingsError, ServiceError, OSError) as error:
        print(f"doctor: {error}", file=sys.stderr)
        return UNUSABLE


def _check(options: argparse.Namespace, out: TextIO) -> int:
    current = _settings(options)
    damaged = undecodable if options.deep else truncated
    report = _walk(options, out, current, lambda project: survey(current, project, damaged))
    _tell(report, staging.check(current, options.project))
    report.end("would be")
    return _status(report, left=sum(count for kind, count in report.counts.items() if kind not in HARMLESS))


def _repair(options: argparse.Namespace, out: TextIO) -> int:
    current = _settings(options)
    mend = partial(repairs.repair, damaged=undecodable if options.deep else truncated)
    report = _walk(options, out, current, lambda project: mend(current, project))
    _tell(report, staging.sweep(current, options.project))
    report.end("was")
    return _status(report, report.left)


def _rebuild(options: argparse.Namespace, out: TextIO) -> int:
    current = _settings(options)
    report = _walk(options, out, current, lambda project: repairs.rebuild(current, project))
    _tell(report, staging.sweep(current, options.project))
    report.end("was")
    return _status(report, report.left)


def _sweep(options: argparse.Namespace, out: TextIO) -> int:
    current = _settings(options)
    report = _walk(options, out, current, lambda project: _swept(current, project))
    _tell(report, staging.sweep(current, options.project))
    deleted = quarantine.finish_deletes(current.storage_root)
    destroyed = quarantine.empty(current.storage_root, current.quarantine_days)
    counting.count(current)
    report.end("was", deleted=deleted, destroyed=destroyed)
    return _status(report, left=0)


def _swept(current: Settings, project: ProjectLayout) -> Survey:
    parts = 1 + inventory.count(project) // portions.SHARE
    looks = [replace(NAMES, share=Share(number, parts)) for number in range(parts)]
    swept = [repairs.sweep(current, project, look)[0] for look in looks]
    return Survey([finding for part in swept for finding in part.findings], sum(part.images for part in swept))


def _adopt(options: argparse.Namespace, out: TextIO) -> int:
    current = settings.current()
    current = replace(current, storage_root=Path(options.storage or current.storage_root))
    if options.apply:
        durable.make_root(current.storage_root)
    whole = adopt.run(current, Path(options.path), options.apply, options.jobs, options.json, out)
    return CLEAN if whole else DIFFERENT


def _bench(options: argparse.Namespace, out: TextIO) -> int:
    bench.run(_settings(options).storage_root, options.rounds, options.json, out)
    return CLEAN


def _locktest(options: argparse.Namespace, out: TextIO) -> int:
    test = locktest.LockTest(Path(options.path), options.hosts, options.processes, options.rounds)
    result = test.run()
    print(json.dumps(result) if options.json else locktest.told(result), file=out)
    return DIFFERENT if result["lost"] else CLEAN


def _walk(options: argparse.Namespace, out: TextIO, current: Settings, work: Work) -> Report:
    """Runs `work` on the requested projects, and reports its findings as they come."""
    root = current.storage_root
    report = Report(options.json, out)
    progress = Progress(1 if options.project else walk.count(root))
    for name, outcome in walk.each(root, _names(root, options.project, report), work, options.jobs):
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
    return report


def _tell(report: Report, findings: Iterable[Finding]) -> None:
    for finding in findings:
        report.tell(finding)


def _names(root: Path, project: str | None, report: Report) -> Iterator[str]:
    """The names of the projects to check; reports anything else that lies among them."""
    for name in [project] if project else walk.names(root):
        if walk.is_project(root, name):
            yield name
        else:
            report.tell(Finding(Kind.FOREIGN, name, "."))


def _settings(options: argparse.Namespace) -> Settings:
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.doctor",
        description="Compare every project's files with its index, and mend what differs; safe while the service runs.",
        epilog="Exit status: 0 clean or mended, 1 differences are left, 2 it could not be run. "
        "The storage root is IMGSRV_STORAGE_ROOT, or ./storage.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    walks = {
        "check": (_check, "tell every difference; change nothing"),
        "repair": (_repair, "mend what can be mended"),
        "rebuild": (_rebuild, "make each index anew from the originals, and mend the rest"),
        "sweep": (_sweep, "take abandoned uploads out, and empty what is old in the quarantine"),
    }
    for name, (run, text) in walks.items():
        command = _command(commands, name, run, text)
        command.add_argument("--jobs", type=_positive, default=8, help="projects at a time (default: 8)")
        if name in ("check", "repair"):
            command.add_argument("--deep", action="store_true", help="decode every JPEG, not only look at its ends")
    command = _command(commands, "bench", _bench, "measure what the volume's operations cost")
    command.add_argument("--rounds", type=_positive, default=200, help="times each is done (default: 200)")
    _add_locktest(commands)
    _add_adopt(commands)
    return parser


def _command(commands: Any, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run, project=None, abandoned_after=None)
    command.add_argument("--storage", metavar="FOLDER", help="another storage root")
    command.add_argument("--json", action="store_true", help="one JSON object a line; the last one has `summary`")
    if name != "bench":
        command.add_argument("--project", metavar="P", help="one project instead of all")
        text = "what is younger belongs to an upload under way (default: IMGSRV_ABANDONED_AFTER, or 3600)"
        command.add_argument("--abandoned-after", type=float, metavar="SECONDS", help=text)
    return command


def _add_locktest(commands: Any) -> None:
    text = "tell whether a mount's locks exclude between processes, and between the hosts it is run on at once"
    command = commands.add_parser("locktest", help=text, description=text)
    command.set_defaults(run=_locktest)
    command.add_argument("path", help="a folder on the mount")
    command.add_argument("--hosts", type=_positive, default=1, help="on how many hosts it is run at once (default: 1)")
    command.add_argument("--processes", type=_positive, default=4, help="processes on this host (default: 4)")
    command.add_argument("--rounds", type=_positive, default=50, help="changes by each process (default: 50)")
    command.add_argument("--json", action="store_true", help="one JSON object")


def _add_adopt(commands: Any) -> None:
    text = (
        "copy the projects of an original single-file service's folder into the storage; tells first, changes nothing"
    )
    command = commands.add_parser("adopt", help=text, description=text)
    command.set_defaults(run=_adopt)
    command.add_argument("path", metavar="OLD", help="the old storage folder, which has a folder named projects")
    command.add_argument("--apply", action="store_true", help="do it")
    command.add_argument("--storage", metavar="FOLDER", help="another storage root to copy to")
    command.add_argument("--jobs", type=_positive, default=2, help="projects at a time (default: 2)")
    command.add_argument("--json", action="store_true", help="one JSON object a line; the last one has `summary`")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
