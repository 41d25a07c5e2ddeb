"""CORS as the gateway answers it: which origins, and what a preflight is told."""

import pytest

from stack.cors import Cors, apply, preflight_headers


@pytest.mark.parametrize(
    ("allowed", "origin", "told"),
    [
        (("*",), "https://a.example", "*"),
        (("https://a.example", "https://b.example"), "https://b.example", "https://b.example"),
        (("https://a.example",), "https://a.example.evil", None),
        (("https://a.example",), "http://a.example", None),
        (("https://*",), "https://any.example", "https://any.example"),
        (("https://*",), "http://any.example", None),
        (("https://*.example",), "https://a.example", None),  # the gateway knows no other patterns
        (("*",), "null", "*"),
        ((), "https://a.example", None),
    ],
)
def test_origin_is_told_when_it_is_allowed(allowed, origin, told):
    assert dict(apply(Cors(allowed), {"origin": origin}, [])).get("access-control-allow-origin") == told


def test_preflight_names_authorization_beside_the_star():
    cors = Cors(("*",), ("GET",), ("*", "authorization"))
    answered = dict(preflight_headers(cors, {"origin": "https://a.example"}))
    assert answered["access-control-allow-headers"] == "*,authorization"
    assert "access-control-allow-credentials" not in answered
