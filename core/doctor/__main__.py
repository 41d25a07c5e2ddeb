"""The command line of doctor. Exit status: 0 clean or repaired, 1 differences are left, 2 it could not run."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from core import settings
from core.doctor import adopt, bench, commands, locktest
from core.doctor.commands import CLEAN, DIFFERENT
from core.errors import ServiceError, SettingsError
from core.volume import folders

UNUSABLE = 2
Run = Callable[[argparse.Namespace, TextIO], int]


def main(arguments: list[str] | None = None, out: TextIO | None = None) -> int:
    """Runs one command and returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, out or sys.stdout))
    except (SettingsError, ServiceError, OSError) as error:
        print(f"doctor: {error}", file=sys.stderr)
        return UNUSABLE


def _adopt(options: argparse.Namespace, out: TextIO) -> int:
    current = settings.current()
    current = replace(current, storage_root=Path(options.storage or current.storage_root))
    if options.apply:
        folders.make_root(current.storage_root)
    whole = adopt.run(current, Path(options.path), options.apply, options.jobs, options.json, out)
    return CLEAN if whole else DIFFERENT


def _bench(options: argparse.Namespace, out: TextIO) -> int:
    bench.run(commands.chosen(options).storage_root, options.rounds, options.json, out)
    return CLEAN


def _locktest(options: argparse.Namespace, out: TextIO) -> int:
    test = locktest.LockTest(Path(options.path), options.hosts, options.processes, options.rounds)
    result = test.run()
    print(json.dumps(result) if options.json else locktest.told(result), file=out)
    return DIFFERENT if result["lost"] else CLEAN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.doctor",
        description="Compare every project's files with its index, and mend what differs; safe while the service runs.",
        epilog="Exit status: 0 clean or mended, 1 differences are left, 2 it could not be run. "
        "The storage root is IMGSRV_STORAGE_ROOT, or ./storage.",
    )
    kinds = parser.add_subparsers(required=True, metavar="COMMAND")
    walks = {
        "check": (commands.check, "tell every difference; change nothing"),
        "repair": (commands.repair, "mend what can be mended"),
        "rebuild": (commands.rebuild, "make each index anew from the originals, and mend the rest"),
        "sweep": (commands.sweep, "take abandoned uploads out, and empty what is old in the quarantine"),
    }
    for name, (run, text) in walks.items():
        command = _command(kinds, name, run, text)
        command.add_argument("--jobs", type=_positive, default=8, help="projects at a time (default: 8)")
        if name in ("check", "repair"):
            command.add_argument("--deep", action="store_true", help="decode every JPEG, not only look at its ends")
    command = _command(kinds, "bench", _bench, "measure what the volume's operations cost")
    command.add_argument("--rounds", type=_positive, default=200, help="times each is done (default: 200)")
    _add_locktest(kinds)
    _add_adopt(kinds)
    return parser


def _command(kinds: Any, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = kinds.add_parser(name, help=text, description=text)
    command.set_defaults(run=run, project=None, abandoned_after=None)
    command.add_argument("--storage", metavar="FOLDER", help="another storage root")
    command.add_argument("--json", action="store_true", help="one JSON object a line; the last one has `summary`")
    if name != "bench":
        command.add_argument("--project", metavar="P", help="one project instead of all")
        text = "what is younger belongs to an upload under way (default: IMGSRV_ABANDONED_AFTER, or 3600)"
        command.add_argument("--abandoned-after", type=float, metavar="SECONDS", help=text)
    return command


def _add_locktest(kinds: Any) -> None:
    text = "tell whether a mount's locks exclude between processes, and between the hosts it is run on at once"
    command = kinds.add_parser("locktest", help=text, description=text)
    command.set_defaults(run=_locktest)
    command.add_argument("path", help="a folder on the mount")
    command.add_argument("--hosts", type=_positive, default=1, help="on how many hosts it is run at once (default: 1)")
    command.add_argument("--processes", type=_positive, default=4, help="processes on this host (default: 4)")
    command.add_argument("--rounds", type=_positive, default=50, help="changes by each process (default: 50)")
    command.add_argument("--json", action="store_true", help="one JSON object")


def _add_adopt(kinds: Any) -> None:
    text = (
        "copy the projects of an original single-file service's folder into the storage; tells first, changes nothing"
    )
    command = kinds.add_parser("adopt", help=text, description=text)
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
