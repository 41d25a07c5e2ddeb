"""The gateway's authorizer: which tokens pass, what the function is told, and what the gateway says to the others."""

import asyncio
import base64
import json
import time
from datetime import UTC, datetime

import pytest
from issuer import AUDIENCE, Issuer

from emulator import authorizer
from emulator.event import Arrival, Request
from emulator.event_runtime import EventRuntime
from emulator.gateway import Gateway
from stack.authorizers import Authorizer, Required
from stack.cloudformation import TemplateError
from stack.functions import Function
from stack.routing import Route
from stack.template import Template

ARRIVAL = Arrival("request-1", "Root=1-0-0", datetime(2026, 1, 1, tzinfo=UTC))
ROUTES = (Route("GET", "/guarded"), Route("GET", "/scoped"), Route("GET", "/open"))


def echo(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"].get("authorizer"))}


@pytest.fixture(scope="module")
def issuer():
    with Issuer() as running:
        yield running


@pytest.fixture
def ask(issuer):
    """`ask(authorization, path)`: the gateway's answer to one request."""
    own = Authorizer(issuer.url, ("others", AUDIENCE))
    required = {"GET /guarded": Required(own), "GET /scoped": Required(own, ("images/read", "images/all"))}
    function = Function("Echo", f"{__name__}.echo", 20, 128, {}, None, ROUTES)
    template = Template((function,), None, required)
    runtime = EventRuntime()
    gateway = Gateway(template, runtime, lambda: ARRIVAL)

    async def run(*requests):
        try:
            return [await gateway.answer(request) for request in requests]
        finally:
            await runtime.stop()

    def ask(authorization=None, path="/guarded"):
        headers = [] if authorization is None else [("authorization", authorization)]
        return asyncio.run(run(Request("GET", path, "", headers)))[0]

    return ask


def test_the_function_is_told_the_claims_as_text(ask, issuer):
    told = json.loads(ask(f"Bearer {issuer.token(exp=int(time.time()) + 60, groups=['a', 'b'], paid=True)}").body)
    claims = told["jwt"]["claims"]
    assert claims["exp"].isdecimal()
    assert (claims["groups"], claims["paid"], claims["project"]) == ("[a b]", "true", "p")


def test_the_token_may_stand_alone(ask, issuer):
    assert ask(issuer.token()).status == 200


def test_a_route_that_asks_for_nothing_is_told_nothing(ask, issuer):
    assert json.loads(ask(f"Bearer {issuer.token()}", "/open").body) is None
    assert ask(path="/open").status == 200


def test_a_client_id_stands_for_the_audience_only_without_one(ask, issuer):
    assert ask(issuer.token(aud=None, client_id=AUDIENCE)).status == 200
    assert ask(issuer.token(aud="elsewhere", client_id=AUDIENCE)).status == 401
    assert ask(issuer.token(aud=["elsewhere", "others"])).status == 200


@pytest.mark.parametrize("scopes", [{"scope": "images/read"}, {"scope": None, "scp": ["images/all", "x"]}])
def test_one_of_the_routes_scopes_is_enough(ask, issuer, scopes):
    told = json.loads(ask(issuer.token(**scopes), "/scoped").body)
    assert told["jwt"]["scopes"][0].startswith("images/")


def test_another_scope_is_403(ask, issuer):
    answer = ask(issuer.token(scope="read"), "/scoped")
    assert (answer.status, json.loads(answer.body)) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("text", ["a\r\nSet-Cookie: a=b", 'a", error="none', "\0zz", "\x7fzz", "\u2028zz"], ids=ascii)
def test_nothing_of_a_refused_token_stands_in_the_answer(ask, text):
    for header in ({"alg": "RS256", "crit": [text]}, {"alg": text}, {"alg": "RS256", "kid": text}, {text: text}):
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, {})]
        answer = ask(f"Bearer {parts[0]}.{parts[1]}.AAAA")
        challenge = dict(answer.headers)["www-authenticate"]
        assert answer.status == 401
        assert text not in challenge
        assert challenge.isprintable()


def unsigned(issuer):
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "one"}).encode()).rstrip(b"=").decode()
    return f"{header}.{issuer.token().split('.')[1]}."


def confused(issuer):
    """HMAC under the public key's text, which everybody knows."""
    import hashlib
    import hmac

    parts = [{"alg": "HS256", "kid": "one"}, {"iss": issuer.url, "aud": AUDIENCE, "exp": time.time() + 60}]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    mac = hmac.new(issuer.public(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "shown",
    [
        lambda issuer: None,
        lambda issuer: "",
        lambda issuer: "Bearer",
        lambda issuer: "Bearer a.b.c",
        lambda issuer: issuer.token(aud="elsewhere"),
        lambda issuer: issuer.token(aud=None),
        lambda issuer: issuer.token(iss="https://other.example"),
        lambda issuer: issuer.token(iss=None),
        lambda issuer: issuer.token(exp=time.time() - 1),
        lambda issuer: issuer.token(exp=None),
        lambda issuer: issuer.token(nbf=time.time() + 60),
        lambda issuer: issuer.token(iat=time.time() + 60),
        lambda issuer: issuer.token(kid="unknown"),
        lambda issuer: issuer.token(kid="odd"),
        lambda issuer: issuer.token()[:-4] + "AAAA",
        lambda issuer: issuer.token(algorithm="PS256"),
        lambda issuer: f"{issuer.token()},{issuer.token()}",
        unsigned,
        confused,
    ],
)
def test_what_does_not_count_is_401(ask, issuer, shown):
    answer = ask(shown(issuer))
    assert (answer.status, json.loads(answer.body)) == (401, {"message": "Unauthorized"})
    assert dict(answer.headers)["www-authenticate"].startswith("Bearer")


def test_a_new_key_is_looked_for_and_an_unknown_one_not_each_time(ask, issuer, monkeypatch):
    assert ask(issuer.token(kid="two")).status == 401
    issuer.keys["two"] = issuer.keys["one"]
    assert ask(issuer.token(kid="two")).status == 401, "asked a moment ago"
    monkeypatch.setattr(authorizer, "_ASKED_AGAIN", 0)
    before = issuer.fetched
    assert ask(issuer.token(kid="two")).status == 200
    assert ask(issuer.token(kid="two")).status == 200
    assert issuer.fetched == before + 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://issuer.example", "file:///etc/passwd", "nonsense"])
def test_an_issuer_that_cannot_be_asked_stops_the_start(url):
    with pytest.raises(TemplateError, match="cannot be had") as raised:
        authorizer.Verifier(Authorizer(url, (AUDIENCE,)))
    assert "\n" not in str(raised.value)
