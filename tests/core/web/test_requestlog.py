"""What a request's line shows, and what it never does."""

import logging

import pytest

from core.access import deciding
from core.access.grants import Grant
from core.web.requestlog import Line, masked

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJwcm9qZWN0IjoiMTIzIn0.c2lnbmF0dXJl"
UPLOAD = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("size=thumb&exp=1&sig=secret", "size=thumb&exp=1&sig=***"),
        ("token=secret", "token=***"),
        ("access_token=secret&Authorization=secret", "access_token=***&Authorization=***"),
        ("s%69g=secret", "s%69g=***"),
        (f"other={TOKEN}", "other=***"),
        (f"Bearer%20{TOKEN}", "Bearer%20***"),
        (f"a={TOKEN}.{TOKEN}", "a=***.***"),
    ],
)
def test_no_token_and_no_signature_of_a_query_is_shown(query, shown):
    assert masked(query.encode()) == shown


@pytest.mark.parametrize("path", [f"/projects/{TOKEN}/images", f"/{TOKEN}", f"/projects/p/uploads/{UPLOAD}"])
def test_no_token_and_no_whole_upload_of_a_path_is_shown(path, caplog):
    with caplog.at_level(logging.INFO, "imgsrv.request"):
        Line({"method": "GET", "path": path, "query_string": b""}).write()
    (record,) = caplog.records
    assert TOKEN not in record.getMessage() + record.path
    assert UPLOAD not in record.getMessage() + record.path


def test_the_subject_of_the_token_is_shown(caplog):
    set_to = deciding.granted.set(Grant(subject="ann"))
    try:
        with caplog.at_level(logging.INFO, "imgsrv.request"):
            Line({"method": "GET", "path": "/", "query_string": b""}).write()
    finally:
        deciding.granted.reset(set_to)
    assert caplog.records[0].subject == "ann"
