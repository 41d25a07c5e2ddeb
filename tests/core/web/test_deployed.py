"""A function answers whatever may call it: an HTTP API, a REST API, a load balancer, a function URL; below any path."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lambdas
import pytest
from photos import photo
from trees import Tree

from core import settings
from core.settings import Settings
from stack import template
from stack.functions import Function

TEMPLATE = template.load(Path(__file__).parents[3] / "template.yaml", {"Public": "yes", "Bucket": "no"})
FUNCTIONS = {function.logical_id: function for function in TEMPLATE.functions}
Event = Callable[[str, str, bytes, dict[str, str]], dict[str, Any]]


def http_api(stage: str = "$default", prefix: str = "") -> Event:
    def made(method: str, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        http = {"method": method, "path": prefix + path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": prefix + path,
            "rawQueryString": "limit=1",
            "headers": headers,
            "requestContext": {"http": http, "stage": stage, "requestId": "id"},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }

    return made


def rest_api(outer: str = "", inner: str = "") -> Event:
    """`outer`: what stands before the path for clients; `inner`: what of it the function sees as well."""

    def made(method: str, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        context = {"stage": "prod", "path": outer + path, "identity": {"sourceIp": "192.0.2.1"}, "requestId": "id"}
        return {
            "resource": "/{proxy+}",
            "path": inner + path,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {"limit": "1"},
            "multiValueQueryStringParameters": {"limit": ["1"]},
            "requestContext": context,
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }

    return made


def load_balancer(method: str, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/b"}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {"limit": "1"},
        "headers": headers | {"x-forwarded-for": "192.0.2.1"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


# What calls, the base path that is set, and what every URL must begin with.
CALLERS = {
    "http-api": (http_api(), "", ""),
    "http-api-at-a-mapping": (http_api(prefix="/photos"), "/photos", "/photos"),
    "http-api-behind-what-strips": (http_api(), "/photos", "/photos"),
    "http-api-stage": (http_api("v1", "/v1"), "", "/v1"),
    "http-api-stage-that-is-set": (http_api("v1", "/v1"), "/v1", "/v1"),
    "http-api-stage-at-a-domain": (http_api("v1"), "", ""),
    "http-api-stage-at-a-mapping": (http_api("v1", "/photos"), "/photos", "/photos"),
    "rest-api": (rest_api("/prod"), "", "/prod"),
    "rest-api-at-a-domain": (rest_api(), "", ""),
    "rest-api-at-a-mapping": (rest_api("/photos", "/photos"), "/photos", "/photos"),
    "load-balancer": (load_balancer, "", ""),
    "function-url": (http_api(), "", ""),
}


@pytest.fixture(params=CALLERS)
def caller(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Event, str, Settings]]:
    lambdas.import_handlers()
    event, base, begins = CALLERS[request.param]
    own = Settings(storage_root=tmp_path, base_path=base, public=True)
    settings.use(own)
    yield event, begins, own
    settings._chosen.clear()
    settings.current.cache_clear()


def _call(function: Function, event: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
    result = lambdas.call(function, event)
    body = base64.b64decode(result["body"]) if result["isBase64Encoded"] else result["body"].encode()
    headers = result.get("headers") or {name: values[0] for name, values in result["multiValueHeaders"].items()}
    return result["statusCode"], body, headers


def test_upload_list_and_read(caller: tuple[Event, str, Settings]) -> None:
    event, begins, own = caller
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + photo(64, 48) + b"\r\n--x--"
    )
    headers = {"content-type": "multipart/form-data; boundary=x", "host": "example.com"}

    status, body, answered = _call(FUNCTIONS["UploadImage"], event("POST", "/projects/p/images", form, headers))
    assert status == 201, body
    image = json.loads(body)["image_id"]
    assert answered["location"] == f"{begins}/projects/p/images/{image}"

    Tree(own).upload()
    status, body, answered = _call(FUNCTIONS["ListImages"], event("GET", "/projects/p/images", b"", {}))
    listed = json.loads(body)
    assert (status, len(listed["images"])) == (200, 1)
    assert listed["next"].startswith(f"{begins}/projects/p/images?")
    assert listed["images"][0]["urls"]["thumb"] == f"{begins}/projects/p/images/{image}?size=thumb"

    status, body, answered = _call(FUNCTIONS["GetImage"], event("GET", f"/projects/p/images/{image}", b"", {}))
    assert (status, body[:2]) == (200, b"\xff\xd8")


def test_edge_function_is_refused_in_a_sentence() -> None:
    lambdas.import_handlers()
    record = {"cf": {"config": {"eventType": "origin-request"}, "request": {"method": "GET", "uri": "/limits"}}}
    with pytest.raises(TypeError, match=r"Lambda@Edge, which this service does not answer"):
        lambdas.call(FUNCTIONS["GetImage"], {"Records": [record]})
