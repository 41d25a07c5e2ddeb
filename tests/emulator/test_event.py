"""Golden events and results, whole; and any request survives the way to Mangum's scope."""

import json
import string
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lambdas import adapter

from emulator.event import Arrival, BadResult, Request, Response, to_event, to_response
from stack.routing import Match, Route, Router

EVENTS = Path(__file__).parents[1] / "events"
ARRIVAL = Arrival(
    request_id="JKJaXmPLvHcESHA=",
    trace_id="Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e",
    time=datetime(2025, 4, 14, 22, 14, 16, 250_000, UTC),
)
ROUTES = Router(
    (Route(*key.split()), None)
    for key in (
        "POST /projects/{project_id}/images",
        "GET /projects/{project_id}/images/{image_id}",
        "PUT /projects/{project_id}/primary/{image_id}",
        "GET /healthz",
    )
)
REQUESTS = {
    "upload": Request(
        "POST",
        "/projects/123/images",
        headers=[
            ("host", "127.0.0.1:8001"),
            ("user-agent", "curl/8.5.0"),
            ("accept", "*/*"),
            ("content-type", "multipart/form-data; boundary=x"),
            ("content-length", "88"),
        ],
        body=b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\xff\xd8\xff\r\n--x--\r\n',
    ),
    "get-image": Request(
        "GET",
        "/projects/caf%C3%A9/images/a%2Fb",
        "size=thumb&tag=a%20b&tag=c&empty=",
        [
            ("host", "[::1]:8001"),
            ("cookie", "a=1; b=2"),
            ("cookie", "c=3"),
            ("accept", "image/jpeg"),
            ("accept", "image/*"),
            ("connection", "keep-alive"),
            ("x-forwarded-for", "203.0.113.7"),
        ],
    ),
    "json-body": Request(
        "PUT",
        "/projects/123/primary/abc",
        headers=[("content-type", "application/json; charset=utf-8"), ("transfer-encoding", "chunked")],
        body='{"name": "Zoë"}'.encode(),
    ),
    "health": Request("GET", "/healthz%3Fa"),
}


def match_of(request):
    return ROUTES.match(request.method, request.path.replace("%3Fa", ""))


@pytest.mark.parametrize("name", REQUESTS)
def test_an_event_equals_its_golden_one(name):
    request = REQUESTS[name]
    golden = json.loads((EVENTS / f"{name}.event.json").read_text())
    assert to_event(request, match_of(request), ARRIVAL) == golden


RESULTS = json.loads((EVENTS / "results.json").read_text())


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_becomes_its_golden_response(name):
    golden = RESULTS[name]["response"]
    headers = [tuple(header) for header in golden["headers"]]
    expected = Response(golden["status"], headers, bytes.fromhex(golden["hex"]))
    assert to_response(RESULTS[name]["result"]) == expected


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "fine"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": ["b"]}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
    ],
)
def test_a_result_of_a_wrong_shape_is_refused(result):
    with pytest.raises(BadResult):
        to_response(result)


TOKEN = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=12)
VALUE = st.text(string.ascii_letters + string.digits + " !#$%&'*+-.^_`|~/=;:?@", max_size=20).map(str.strip)
OWN = {"cookie", "host", "content-length", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"}
HEADER = st.tuples(TOKEN.filter(lambda name: name not in OWN), VALUE)
SEGMENT = st.text(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@ é☃", min_size=1, max_size=10)
QUERY = st.text(string.ascii_letters + string.digits + "%&=+-._~", max_size=30)
KINDS = st.sampled_from(["text/plain", "application/json", "image/jpeg", "multipart/form-data; boundary=x", "", None])


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    segments=st.lists(SEGMENT, max_size=4),
    query=QUERY,
    headers=st.lists(HEADER, max_size=5, unique_by=lambda header: header[0]),
    cookies=st.lists(st.tuples(TOKEN, TOKEN), max_size=3),
    kind=KINDS,
    body=st.binary(max_size=200),
)
def test_any_request_reaches_the_app_as_it_was_sent(method, segments, query, headers, cookies, kind, body):
    path = "/" + "/".join(segments)
    headers = [header for header in headers if header[0] != "content-type"]
    sent = headers + [("content-type", kind)] * (kind is not None)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies)
    request = Request(method, quote(path), query, sent + [("cookie", cookie)] * bool(cookies), body)
    event = to_event(request, Match(None, Route("ANY", "/{all+}"), {}), ARRIVAL)
    received_by = adapter(json.loads(json.dumps(event)))

    scope = received_by.scope
    received = {name.decode(): value.decode() for name, value in scope["headers"]}
    assert (scope["method"], scope["path"], scope["query_string"].decode()) == (method, path, query)
    assert received_by.body == body
    assert received.pop("cookie", "") == cookie
    assert {name: received[name] for name, _ in sent} == dict(sent)
    added = {"host", "content-length", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"}
    assert received.keys() == {name for name, _ in sent} | added
