"""Log lines: for machines, for people, and how often."""

import json
import logging
import os
import pty
import subprocess
import sys

import pytest
from service import ROOT

from serving.logs import Handler, as_json, as_text, visible

HOSTILE = "a\x1b[31m\x9b\u202eb\x7f\r\n\u2028é"
REQUEST = {"method": "GET", "path": "/projects/p", "status": 200, "bytes": 1234, "ms": 0.5, "client": "192.0.2.7"}


def record(message="hello", level=logging.INFO, error=None, **extra):
    exc_info = (type(error), error, None) if error else None
    made = logging.LogRecord("imgsrv.test", level, __file__, 1, message, None, exc_info)
    made.__dict__.update(extra)
    return made


def test_json_has_every_extra():
    line = json.loads(as_json(record(request="a-1", path=ROOT)))
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "imgsrv.test", "hello")
    assert (line["request"], line["path"]) == ("a-1", str(ROOT))


@pytest.mark.parametrize("value", [HOSTILE, "\ud83d", "a\udc80\ud800b", 1 << 64, -(10**30)], ids=ascii)
def test_json_is_ascii_and_loses_nothing(value):
    line = as_json(record(path=value))
    assert all(32 <= byte < 127 for byte in line)
    assert json.loads(line)["path"] == value


def test_people_see_half_a_character_as_an_escape():
    assert r"a\ud83db" in as_text(record(subject="a\ud83db"), colours=False).decode()


@pytest.mark.parametrize("place", ["path", "query", "client", "problem"])
def test_people_see_controls_as_escapes(place):
    line = as_text(record(**REQUEST | {place: HOSTILE}), colours=False).decode()
    assert line.isprintable()
    assert r"a\x1b[31m\x9b\u202eb\x7f\r\n\u2028é" in line


def test_people_see_messages_and_traces_escaped():
    line = as_text(record(HOSTILE, error=ValueError("\x9bx")), colours=False).decode()
    assert all(part.isprintable() for part in line.split("\n"))
    assert r"ValueError: \x9bx" in line


def test_request_is_one_aligned_line():
    lines = [
        as_text(record(**REQUEST | changed), colours=False).decode()
        for changed in ({}, {"method": "DELETE", "ms": 12345.67, "bytes": 25_000_000, "query": "a=1"})
    ]
    assert lines[0].index("/projects/p") == lines[1].index("/projects/p")
    assert lines[1].endswith("/projects/p?a=1")


def test_status_is_coloured():
    assert b"\x1b[33m404\x1b[0m" in as_text(record(**REQUEST | {"status": 404}))


def test_visible_keeps_letters():
    assert visible("Gärten 日本 ok") == "Gärten 日本 ok"


def written(records):
    reader, writer = os.pipe()
    handler = Handler(writer, as_json)
    for each in records:
        handler.handle(each)
    os.close(writer)
    with open(reader, "rb") as lines:
        return [json.loads(line) for line in lines]


def test_same_warning_is_written_once_a_second():
    lines = written(record("no files", logging.WARNING) for _ in range(1000))
    assert 1 <= len(lines) < 1000
    assert len(written(record(f"file {n}", logging.WARNING) for n in range(10))) == 10


def test_warnings_left_out_are_counted(monkeypatch):
    now = iter([0.0, 0.5, 0.9, 1.5])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    lines = written(record("no files", logging.WARNING) for _ in range(4))
    assert [line.get("left_out") for line in lines] == [None, 2]


def test_requests_and_other_errors_are_never_left_out():
    assert len(written(record() for _ in range(20))) == 20
    errors = [record("failed", logging.ERROR, ValueError(n)) for n in range(5)]
    assert len(written(errors)) == 5


def test_terminal_is_for_people():
    code = "import logging; from serving import logs; logs.configure('INFO'); logging.getLogger('x').info('hello')"
    master, slave = pty.openpty()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, stderr=slave, check=True)
    os.close(slave)
    line = os.read(master, 1000).decode()
    os.close(master)
    assert line.rstrip().endswith("INFO     x: hello")
