"""Compares a deployed stack with the emulator, request by request, and writes a report for a ticket.

python -m emulator.record URL [--header 'Authorization: Bearer ...'] > report.md

It starts an emulator over a temporary folder, sends both the requests of emulator/rows.py, and removes the project
that it made. Exit code 0: all rows are equal; 1: some differ; 2: it could not ask. The report has no header that was
given and, unless asked for, not the stack's host.
"""

import argparse
import os
import re
import secrets
import subprocess  # nosec B404
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from core.access import tokens
from core.version import VERSION
from emulator.asking import NoComparison, Side
from emulator.rows import ROWS, UNSEEN, Pairs, Row

ROOT = Path(__file__).resolve().parent.parent
Seen = dict[str, str]
Found = list[tuple[Row, Seen, Seen]]  # what the stack and the emulator answered


@contextmanager
def emulator(mode: str, base: str, header: bool, private: bool, parameters: list[str]) -> Iterator[Side]:
    """A running emulator over a temporary folder, with a key of its own where the stack is sent a header."""
    secret = secrets.token_urlsafe(32)
    given = {name: value for name, value in os.environ.items() if not name.startswith("IMGSRV_")}
    given |= {"IMGSRV_BASE_PATH": base} | ({"IMGSRV_SECRET": secret} if header else {"IMGSRV_PUBLIC": "yes"})
    given |= {"IMGSRV_PRIVATE_READS": "yes"} if private else {}
    token = tokens.mint({"1": secret.encode()}, 3600, project="*", scope="upload delete primary read list")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as log:
        command = [sys.executable, "local_server.py", "--mode", mode, "--port", "0", "--storage", f"{folder}/storage"]
        command += [part for parameter in parameters for part in ("--parameter", parameter)]
        with subprocess.Popen(  # noqa: S603  # nosec B603
            command, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process:
            try:
                assert process.stdout is not None  # noqa: S101  # nosec B101
                port = re.search(r"localhost:(\d+)", process.stdout.readline())
                if port is None:
                    log.seek(0)
                    raise NoComparison(f"the emulator did not start: {log.read().strip()}")
                headers: Pairs = (("Authorization", f"Bearer {token}"),) if header else ()
                yield Side(urlsplit(f"http://127.0.0.1:{port[1]}{base}"), headers)
            finally:
                process.terminate()


def compare(stack: Side, local: Side) -> tuple[Found, bool]:
    """Each row with what either side answered, and whether the stack's project is gone again."""
    try:
        for side in (stack, local):
            side.prepare()
        return [(row, stack.seen(row), local.seen(row)) for row in ROWS], stack.clean()
    except BaseException:
        stack.clean()
        raise


def report(found: Found, where: str, mode: str, left: str) -> str:
    """Markdown: the rows, what differs, and what was not looked at."""
    differ = sum(stack != local for _, stack, local in found)
    lines = [
        f"# {where} and the emulator",
        f"imgsrv {VERSION}, mode {mode}: {len(found)} requests, {differ} answered differently.",
        *([left] if left else []),
        "| | request | | emulator | stack |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(_line(row, stack, local) for row, stack, local in found),
        "Not to be seen from outside:",
        "\n".join(f"- {about}: {why}" for about, why in UNSEEN.items()),
    ]
    return "\n\n".join(lines) + "\n"


def _line(row: Row, stack: Seen, local: Seen) -> str:
    sent = "".join(f", {name}: {value if len(value) < 60 else f'{len(value)} bytes'}" for name, value in row.headers)
    path = row.path if len(row.path) < 60 else f"{row.path[:20]}... ({len(row.path)} bytes)"
    size = f", {len(row.body)} bytes{' in chunks' if row.chunked else ''}" if row.body else ""
    names = [name for name in {**local, **stack} if local.get(name) != stack.get(name)]
    ours, theirs = (", ".join(f"{name}: {side.get(name, 'none')}" for name in names) for side in (local, stack))
    same = f"{local['status']}, {local.get('body', '')}"
    cells = [row.about, f"{row.method} {path}{sent}{size}"]
    cells += ["**differs**", ours, theirs] if names else ["equal", same, "the same"]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(arguments: list[str] | None = None) -> int:
    """Compares as the command line says and prints the report; the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    url = urlsplit(options.url)
    if url.scheme not in ("http", "https") or not url.netloc:
        parser.error(f"{options.url!r} is not a URL")
    name, _, value = (options.header or "").partition(":")
    names = {"p": f"record-{secrets.token_hex(6)}", "origin": _origin(options.parameter)}
    stack = Side(url, ((name.strip(), value.strip()),) if name else (), names)
    base = url.path.rstrip("/")
    try:
        with emulator(options.mode, base, bool(name), options.private_reads, options.parameter) as local:
            local.names = dict(names)
            found, gone = compare(stack, local)
    except NoComparison as error:
        print(f"emulator.record: {error}", file=sys.stderr)
        return 2
    left = "" if gone else f"The project {names['p']} could not be removed from the stack."
    print(report(found, url.netloc if options.show_host else "The stack", options.mode, left), end="")
    return int(any(theirs != ours for _, theirs, ours in found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Compare a deployed stack with the emulator; docs/emulator.md.")
    parser.add_argument("url", help="the stack's, with its base path")
    parser.add_argument("--header", help="sent with each request, as 'Authorization: Bearer ...'")
    parser.add_argument("--mode", choices=("event", "lambda"), default="event", help="of the emulator")
    parser.add_argument("--private-reads", action="store_true", help="the stack has PrivateReads=yes")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the stack")
    parser.add_argument("--show-host", action="store_true", help="name the stack's host in the report")
    return parser


def _origin(parameters: list[str]) -> str:
    """A web origin that the stack allows."""
    given = dict(each.partition("=")[::2] for each in parameters).get("AllowedOrigin", "*").split(",")[0].strip()
    return "https://app.invalid" if given in ("*", "") else given


if __name__ == "__main__":
    sys.exit(main())
