"""`python -m emulator.record`: another emulator stands for the stack, and one box for a stack that differs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from service import Service, free_port

from core.access import tokens
from emulator import record
from emulator.rows import ROWS, UNSEEN

DOCUMENT = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text()
SECRET = "r" * 40
# What one box answers otherwise: docs/emulator.md, and what follows from that.
ASGI = {
    *("unknown route", "request id", "upload limit", "event size", "head size"),
    *("the 204 of a preflight", "CORS headers on the gateway's own errors", "431 as the answer to a long head"),
    *("a trailing slash makes another path", "an encoded slash or dot in a path"),
    *("literal parts of a path are compared decoded", "headers and query fields that come twice"),  # a list, compressed
}


def differing(report: str) -> set[str]:
    return {line.split(" | ")[0].removeprefix("| ") for line in report.splitlines() if "| **differs** |" in line}


def test_rows_are_equal_but_where_the_modes_differ(service, mode, client, capsys):
    status = record.main([service.url])
    report = capsys.readouterr().out
    assert (status, differing(report)) == ((1, ASGI) if mode == "asgi" else (0, set())), report
    assert report.count("| equal |") + report.count("| **differs** |") == len(ROWS)
    assert all(why in report for why in UNSEEN.values())
    assert str(service.port) not in report
    listed = client.get("/projects?limit=1000").json()["projects"]
    assert not [each for each in listed if each["project_id"].startswith("record-")]


@pytest.fixture(scope="module")
def private(tmp_path_factory) -> Iterator[Service]:
    """A stack below a path, where everything needs a token."""
    variables = {"IMGSRV_SECRET": SECRET, "IMGSRV_PRIVATE_READS": "yes", "IMGSRV_BASE_PATH": "/photos"}
    with Service(tmp_path_factory.mktemp("record") / "storage", "--mode", "event", **variables) as running:
        yield running


def token(scope: str) -> str:
    return tokens.mint({"1": SECRET.encode()}, 600, project="*", scope=scope)


@pytest.mark.slow
def test_a_private_stack_below_a_path(private, capsys):
    sent = token("upload delete primary read list")
    options = ["--header", f"Authorization: Bearer {sent}", "--private-reads"]
    assert record.main([f"{private.url}/photos", *options]) == 0
    assert sent not in capsys.readouterr().out


@pytest.mark.slow
def test_a_project_that_cannot_be_removed_is_named(private, capsys):
    options = ["--header", f"Authorization: Bearer {token('upload primary read list')}", "--private-reads"]
    record.main([f"{private.url}/photos/", *options, "--show-host"])
    report = capsys.readouterr().out
    assert re.search(r"The project record-\w+ could not be removed", report)
    assert f"127.0.0.1:{private.port}" in report


@pytest.mark.slow
def test_a_refused_upload_is_one_sentence(private, capsys):
    assert record.main([f"{private.url}/photos"]) == 2
    assert capsys.readouterr().err == "emulator.record: the upload to begin with was answered 401\n"


def test_a_stack_that_is_not_there_is_one_sentence(capsys):
    assert record.main([f"http://127.0.0.1:{free_port()}"]) == 2
    assert capsys.readouterr().err == "emulator.record: the upload to begin with failed: ConnectionRefusedError\n"


def test_every_line_of_the_document_is_a_row_or_says_why_not():
    assumed = DOCUMENT.partition("the code says *assumed*:\n\n")[2].partition("\n\n")[0]
    others = DOCUMENT.partition("compares what is plain, too:\n\n")[2].partition("\n\n")[0]
    lines = {line.removeprefix("- ").rstrip(";.") for line in [*assumed.splitlines(), *others.splitlines()]}
    differences = set(re.findall(r"^- \*\*(.+)\*\*:", DOCUMENT, re.MULTILINE))
    assert {row.about for row in ROWS} | UNSEEN.keys() == lines | differences
