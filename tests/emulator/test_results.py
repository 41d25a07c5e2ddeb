"""The golden events given to the real handlers: their whole results; and any answer survives the way back."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lambdas import adapter, call

from core import settings
from emulator.event import to_response
from stack import template

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests" / "events"


@pytest.fixture
def empty_storage(tmp_path, monkeypatch):
    monkeypatch.setenv("IMGSRV_STORAGE_ROOT", str(tmp_path))
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


@pytest.mark.usefixtures("empty_storage")
@pytest.mark.parametrize("name", ["upload", "get-image", "json-body"])
def test_a_handlers_result_for_a_golden_event_is_the_golden_one(name):
    event = json.loads((EVENTS / f"{name}.event.json").read_text())
    served = template.load(ROOT / "template.yaml", {"Public": "yes", "Bucket": "no"}).served
    function = next(f for f in served if event["routeKey"] in {route.key for route in f.routes})
    assert call(function, event) == json.loads((EVENTS / f"{name}.result.json").read_text())


TOKEN = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=12)
VALUE = st.text(string.ascii_letters + string.digits + " !#$%&'*+-.^_`|~/=;:?@,", max_size=20)
KINDS = st.sampled_from(["text/plain; charset=utf-8", "application/json", "application/problem+json", "image/jpeg"])


@given(
    status=st.sampled_from([200, 201, 206, 400, 404, 413, 500, 503]),
    headers=st.dictionaries(TOKEN.filter(lambda name: name not in ("content-type", "set-cookie")), VALUE, max_size=5),
    kind=KINDS,
    cookies=st.lists(VALUE, max_size=3),
    body=st.binary(max_size=200),
)
def test_any_answer_of_an_app_reaches_the_client_as_it_was_given(status, headers, kind, cookies, body):
    given_headers = [*headers.items(), ("content-type", kind)]
    sent = given_headers + [("set-cookie", cookie) for cookie in cookies]
    encoded = [[name.encode(), value.encode()] for name, value in sent]
    event = json.loads((EVENTS / "health.event.json").read_text())
    result = adapter(event)({"status": status, "headers": encoded, "body": body})

    response = to_response(json.loads(json.dumps(result)))
    assert (response.status, response.body) == (status, body)
    assert response.headers == sent
