"""The gateway in front of functions made for the purpose, called as events in this process."""

import asyncio
import base64
import json
import time
from datetime import UTC, datetime

import pytest

from emulator import limits
from emulator.event import Arrival, Request
from emulator.event_runtime import EventRuntime
from emulator.gateway import Gateway
from stack.cors import Cors
from stack.functions import Function
from stack.routing import Route
from stack.template import Template

ARRIVAL = Arrival("request-1", "Root=1-0-0", datetime(2026, 1, 1, tzinfo=UTC))
ORIGIN = ("origin", "https://a.example")


def ok(event, context):
    return {"statusCode": 200, "headers": {"content-type": "text/plain", "content-length": "99"}, "body": "fine"}


def large(event, context):
    return {"statusCode": 200, "body": base64.b64encode(bytes(5_000_000)).decode(), "isBase64Encoded": True}


def broken(event, context):
    raise ValueError("a secret")


def leaving(event, context):
    raise SystemExit(1)


def misshapen(event, context):
    return {"statusCode": 200, "headers": ["a"]}


def slow(event, context):
    time.sleep(2)


def bytes_out(event, context):
    return b"not JSON"


def context_seen(event, context):
    return [context.function_name, context.aws_request_id, 0 < context.get_remaining_time_in_millis() <= 20_000]


def echo(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}


def function(handler):
    routes = (Route("GET", f"/{handler.__name__}"), Route("POST", f"/{handler.__name__}/{{id}}"))
    timeout = 1 if handler is slow else 20
    return Function(handler.__name__, f"{__name__}.{handler.__name__}", timeout, 128, {}, None, routes)


HANDLERS = (ok, large, broken, leaving, misshapen, slow, bytes_out, context_seen, echo)
CORS = Cors(("https://a.example",), ("GET",), (), (), None)


@pytest.fixture
def gateway():
    """`gateway(*requests)`: their responses, one after the other, from one gateway and runtime."""

    def answers(*requests, cors=None):
        template = Template(tuple(map(function, HANDLERS)), cors)
        runtime = EventRuntime()

        async def run():
            asked = Gateway(template, runtime, lambda: ARRIVAL)
            try:
                return [await asked.answer(request) for request in requests]
            finally:
                await runtime.stop()

        return asyncio.run(run())

    return answers


def message(response):
    assert dict(response.headers)["content-type"] == "application/json"
    return response.status, json.loads(response.body)["message"]


def test_a_result_is_sent_with_the_gateways_own_headers(gateway):
    (response,) = gateway(Request("GET", "/ok"))
    assert (response.status, response.body) == (200, b"fine")
    added = [("content-length", "4"), ("apigw-requestid", "request-1")]
    assert response.headers == [("content-type", "text/plain"), *added]


@pytest.mark.parametrize("request_line", [("GET", "/nowhere"), ("DELETE", "/ok"), ("GET", "/ok/"), ("HEAD", "/ok")])
def test_an_unknown_path_or_method_is_404(gateway, request_line):
    (response,) = gateway(Request(*request_line))
    assert response.status == 404
    assert request_line[0] == "HEAD" or message(response) == (404, "Not Found")


@pytest.mark.parametrize("name", ["broken", "leaving", "misshapen", "bytes_out", "large"])
def test_whatever_goes_wrong_in_a_function_is_the_same_500(gateway, name):
    (response,) = gateway(Request("GET", f"/{name}"))
    assert message(response) == (500, "Internal Server Error")
    assert b"secret" not in response.body


def test_function_that_outlives_its_timeout_is_a_500(gateway):
    first, second = gateway(Request("GET", "/slow"), Request("GET", "/ok"))
    assert message(first) == (500, "Internal Server Error")
    assert second.status == 200


def test_a_gateway_that_waited_long_enough_is_a_503(gateway, monkeypatch):
    monkeypatch.setattr(limits, "INTEGRATION_TIMEOUT", 0.05)
    (response,) = gateway(Request("GET", "/slow"))
    assert message(response) == (503, "Service Unavailable")


def upload(length):
    return Request("POST", "/ok/1", headers=[("content-type", "image/jpeg")], body=bytes(length))


def test_body_larger_than_an_event_is_413(gateway):
    fits, too_large, far_too_large = gateway(upload(limits.CARRIED), upload(4_800_000), upload(limits.REQUEST_BODY + 1))
    assert fits.status == 200
    assert message(too_large) == (413, "Request Entity Too Large")
    assert message(far_too_large) == (413, "Request Entity Too Large")


def test_a_function_is_given_its_context(gateway):
    (response,) = gateway(Request("GET", "/context_seen"))
    assert json.loads(response.body) == ["context_seen", "request-1", True]


def test_a_function_is_given_the_event(gateway):
    (response,) = gateway(Request("POST", "/echo/a%20b", "q=1", [("content-type", "text/plain")], b"text"))
    event = json.loads(response.body)
    assert (event["routeKey"], event["pathParameters"], event["body"]) == ("POST /echo/{id}", {"id": "a b"}, "text")


def test_a_preflight_is_204_and_asks_no_function(gateway):
    asked = Request("OPTIONS", "/broken", headers=[ORIGIN, ("access-control-request-method", "GET")])
    (response,) = gateway(asked, cors=CORS)
    assert (response.status, response.body) == (204, b"")
    assert ("access-control-allow-methods", "GET") in response.headers


def test_errors_carry_cors_headers_too(gateway):
    for response in gateway(
        Request("GET", "/broken", headers=[ORIGIN]), Request("GET", "/no", headers=[ORIGIN]), cors=CORS
    ):
        assert ("access-control-allow-origin", "https://a.example") in response.headers


def test_many_requests_at_once_are_each_answered():
    template = Template((function(echo),))
    runtime = EventRuntime()

    async def run():
        asked = Gateway(template, runtime)
        return await asyncio.gather(*(asked.answer(Request("POST", f"/echo/{n}")) for n in range(20)))

    answers = asyncio.run(run())
    assert [json.loads(answer.body)["pathParameters"]["id"] for answer in answers] == [str(n) for n in range(20)]


@pytest.mark.parametrize(
    ("path", "query", "headers", "status"),
    [
        ("/ok", "", [("x", "v" * 10_224)], 200),  # "GET /ok HTTP/1.1" has 16 bytes
        ("/ok", "", [("x", "v" * 10_225)], 431),
        ("/ok", "", [("x" * 5_000, "v" * 10_224)], 200),  # names are not counted
        ("/ok", "", [("x", "v" * 5_112)] * 2, 200),
        ("/ok", "a" * 10_224, [], 431),
        ("/ok", "a" * 10_223, [], 200),
    ],
)
def test_head_counts_the_request_line_and_the_values(gateway, path, query, headers, status):
    assert gateway(Request("GET", path, query, headers))[0].status == status


def test_headers_of_one_name_are_joined_by_a_comma(gateway):
    (response,) = gateway(Request("GET", "/echo", "", [("x-a", "1"), ("x-b", "2"), ("x-a", "3")]))
    assert json.loads(response.body)["headers"]["x-a"] == "1,3"
