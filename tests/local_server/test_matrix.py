"""Every route of the template x everything that can be shown for it: whom the service answers, in each mode."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from service import ROOT, Service

from core.access import urls
from stack import template
from stack.checks import app_of
from stack.routing import Route

NEW, OLD, GONE = "n" * 40, "o" * 40, "g" * 40  # rotated: NEW signs, OLD still counts, GONE no longer
KEYS = {"new": NEW.encode(), "old": OLD.encode()}
IMAGE, UPLOAD = "0" * 20, "0" * 32
SCOPES = ("upload", "delete", "primary", "read", "list")
# Whoever asks: what the service is, and an upload whose URL is its secret. Any other route needs a token.
OPEN = (
    {"GET /limits", "HEAD /limits", "GET /healthz", "HEAD /healthz"}
    | {"OPTIONS /projects/{project_id}/uploads"}
    | {
        f"{method} /projects/{{project_id}}/uploads/{{upload_id}}"
        for method in ("OPTIONS", "HEAD", "GET", "PATCH", "DELETE", "POST")
    }
)
PICTURES = ("/projects/{project_id}/images/{image_id}", "/projects/{project_id}/thumbnail")
PUBLIC = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _routes() -> dict[str, tuple[Route, str | None]]:
    """Every route by its key, and the scope that it needs."""
    served = template.load(ROOT / "template.yaml", {"Public": "yes", "Bucket": "no"}).served
    found = {}
    for function in served:
        for route in function.routes:
            needs = app_of(function).needs
            found[route.key] = (route, needs(route.method, path(route)) if callable(needs) else needs)
    return found


def path(route: Route, project: str = "p") -> str:
    return route.path.format(project_id=project, image_id=IMAGE, upload_id=UPLOAD)


ROUTES = _routes()
GUARDED = {key: (route, scope) for key, (route, scope) in ROUTES.items() if scope is not None}


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def minted(scope: str, key: str = NEW, kid: str | None = "new", **claims: Any) -> str:
    usual = {"project": "p", "scope": scope, "exp": time.time() + 300}
    return jwt.encode(usual | claims, key, "HS256", headers={"kid": kid} if kid else {})


def forged(scope: str, algorithm: str, key: bytes = NEW.encode(), **claims: Any) -> str:
    """Signed with HMAC-SHA256, whatever its header says; `none` is not signed at all."""
    usual = {"project": "p", "scope": scope, "exp": time.time() + 300}
    text = f"{part({'alg': algorithm, 'kid': 'new', 'typ': 'JWT'})}.{part(usual | claims)}"
    mac = b"" if algorithm == "none" else hmac.digest(key, text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def unauthorized(scope: str) -> dict[str, str | list[str]]:
    """What is shown for a scope and does not count, by what is wrong with it."""
    good = minted(scope)
    tokens = {
        "expired": minted(scope, exp=time.time() - 60),
        "not yet valid": minted(scope, nbf=time.time() + 120),
        "for too long": minted(scope, exp=time.time() + 90_000),
        "without an end": jwt.encode({"project": "p", "scope": scope}, NEW, "HS256", headers={"kid": "new"}),
        "none": forged(scope, "none"),
        "None": forged(scope, "None"),
        "RS256 with HMAC": forged(scope, "RS256"),
        "HS512 in name": forged(scope, "HS512"),
        "a public key as secret": forged(scope, "HS256", PEM),
        "no key": forged(scope, "HS256", b""),
        "an unknown key": minted(scope, kid="another"),
        "no key named": minted(scope, kid=None),
        "a key that is gone": minted(scope, GONE, "gone"),
        "signed by one that is gone": minted(scope, GONE, "new"),
        "signed by the other": minted(scope, OLD, "new"),
        "a path as key": minted(scope, kid="../../dev/null"),
        "cut": good[:-1],
        "another signature": good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        "claims exchanged": ".".join(
            [good.split(".")[0], part({"project": "*", "scope": scope, "exp": 9e9}), good.split(".")[2]]
        ),
        "no project": minted(scope, project=None),
        "nonsense": "x",
    }
    shown: dict[str, str | list[str]] = {name: f"Bearer {token}" for name, token in tokens.items()}
    return shown | {
        "nothing": [],
        "another scheme": f"Basic {good}",
        "no scheme": good,
        "two tokens": [f"Bearer {good}", f"Bearer {good}"],
        "a list of tokens": f"Bearer {good}, Bearer {good}",
    }


@pytest.fixture(scope="module", params=["asgi", "event", pytest.param("lambda", marks=pytest.mark.slow)])
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The service with two keys and private reads."""
    keys = {"IMGSRV_SECRET": f"new:{NEW} old:{OLD}", "IMGSRV_PRIVATE_READS": "yes"}
    storage = tmp_path_factory.mktemp("matrix") / "storage"
    with Service(storage, "--mode", request.param, **keys) as running:
        yield running.client


def ask(client: httpx.Client, route: Route, shown: str | list[str], project: str = "p", query: str = "") -> int:
    values = [shown] if isinstance(shown, str) else shown
    headers = [("authorization", value) for value in values]
    answer = client.request(route.method, path(route, project) + query, headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    return answer.status_code


def test_what_is_open_is_listed_here() -> None:
    assert {key for key, (_, scope) in ROUTES.items() if scope is None} == OPEN
    assert {scope for _, scope in GUARDED.values()} == set(SCOPES)


@pytest.mark.parametrize("key", sorted(OPEN))
def test_open_routes_ask_for_nothing(guarded: httpx.Client, key: str) -> None:
    for shown in ([], "Bearer x", f"Bearer {minted('upload')}"):
        assert ask(guarded, ROUTES[key][0], shown) not in (401, 403)


@pytest.mark.parametrize("key", sorted(GUARDED))
def test_what_does_not_count_is_401(guarded: httpx.Client, key: str) -> None:
    route, scope = GUARDED[key]
    answers = {name: ask(guarded, route, shown) for name, shown in unauthorized(str(scope)).items()}
    assert answers == dict.fromkeys(answers, 401)


@pytest.mark.parametrize("key", sorted(GUARDED))
def test_another_project_and_another_scope_are_403(guarded: httpx.Client, key: str) -> None:
    route, scope = GUARDED[key]
    others = " ".join(name for name in SCOPES if name != scope)
    assert ask(guarded, route, f"Bearer {minted(others)}") == 403
    assert ask(guarded, route, f"Bearer {minted(f'{scope}s {scope}:all')}") == 403
    if "{project_id}" in route.path:
        for project in ("q", "pp", "P", "q*"):
            assert ask(guarded, route, f"Bearer {minted(str(scope), project=project)}") == 403
        assert ask(guarded, route, f"Bearer {minted(str(scope))}", "q") == 403


@pytest.mark.parametrize("key", sorted(GUARDED))
def test_what_counts_is_let_through(guarded: httpx.Client, key: str) -> None:
    route, scope = GUARDED[key]
    wanted = str(scope)
    for token in (
        minted(wanted),
        minted(wanted, OLD, "old"),
        minted(" ".join(SCOPES), project="*"),
        minted(wanted, project="p*", nbf=time.time() + 5),
    ):
        for scheme in ("Bearer", "bearer"):
            assert ask(guarded, route, f"{scheme} {token}") not in (401, 403)


@pytest.mark.parametrize("key", sorted(GUARDED))
def test_a_token_in_the_url_is_none(guarded: httpx.Client, key: str) -> None:
    route, scope = GUARDED[key]
    token = minted(str(scope))
    assert ask(guarded, route, [], query=f"?access_token={token}&token={token}&authorization=Bearer%20{token}") == 401


def signed(route: Route, size: str = "thumb", key: str = NEW, expires: float = 300, project: str = "p") -> str:
    return urls.query({"any": key.encode()}, path(route, project), size, int(time.time() + expires))


@pytest.mark.parametrize("key", sorted(GUARDED))
def test_a_signed_url_opens_a_picture_and_nothing_else(guarded: httpx.Client, key: str) -> None:
    route, _ = GUARDED[key]
    if route.path not in PICTURES or route.method not in ("GET", "HEAD"):
        query = f"?size=thumb&{signed(Route('GET', PICTURES[0]))}"
        assert ask(guarded, route, [], query=query) == (403 if route.path.endswith("/info") else 401)
        return
    query = f"?size=thumb&{signed(route)}"
    assert ask(guarded, route, [], query=query) == 404
    assert ask(guarded, route, [], query=f"?size=thumb&{signed(route, key=OLD)}") == 404
    assert ask(guarded, route, [], query=f"?{signed(route)}&size=thumb") == 404
    exp, sig = signed(route).split("&")
    refused = {
        "path": f"?size=thumb&{signed(route, project='q')}",
        "size": f"?size=medium&{signed(route)}",
        "no size": f"?{signed(route)}",
        "size twice": f"?size=thumb&{signed(route)}&size=original",
        "size of another case": f"?Size=thumb&{signed(route)}",
        "later": f"?size=thumb&exp={int(exp[4:]) + 1}&{sig}",
        "no end": f"?size=thumb&{sig}",
        "end in other digits": f"?size=thumb&{exp}.0&{sig}",
        "end with a sign": f"?size=thumb&exp=%2B{exp[4:]}&{sig}",
        "two ends": f"?size=thumb&{exp}&{sig}&exp=9999999999",
        "cut": f"?size=thumb&{exp}&{sig[:-1]}",
        "longer": f"?size=thumb&{exp}&{sig}A",
        "empty": f"?size=thumb&{exp}&sig=",
        "not ASCII": f"?size=thumb&{exp}&sig=%C3%A9",
        "expired": f"?size=thumb&{signed(route, expires=-1)}",
        "a key that is gone": f"?size=thumb&{signed(route, key=GONE)}",
        "the tokens' key": f"?size=thumb&{exp}&sig={_with_the_tokens_key(route, exp)}",
    }
    answers = {name: ask(guarded, route, [], query=query) for name, query in refused.items()}
    assert answers == dict.fromkeys(answers, 403)
    assert ask(guarded, route, [], query=f"?size=thumb&{exp}") == 401


def _with_the_tokens_key(route: Route, exp: str) -> str:
    mac = hmac.digest(NEW.encode(), f"{path(route)}\nthumb\n{exp[4:]}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac)[:24].decode()


# Another spelling of a path must not be another question: the gateway decodes it once, the app once more.
SPELLINGS = [
    ("POST", "/projects/p%2Fuploads%0A%3F/uploads/x"),
    ("POST", "/projects/p%2Fuploads%250A%3F/uploads/x"),
    ("POST", "/projects/p%2Fuploads%3F/uploads/x"),
    ("POST", "/projects/p%252Fuploads%3F/uploads/x"),
    ("POST", "/projects/p/uploads%0A"),
    ("POST", "/projects/p/uploads/%3F"),
    ("POST", "/projects/p/uploads/..%2F"),
    ("GET", f"/projects/p/images/{IMAGE}%0A"),
    ("GET", f"/projects/p/images/{IMAGE}%2500"),
    ("GET", f"/projects/p/images%2F{IMAGE}"),
    ("GET", f"/projects/p;x/images/{IMAGE}"),
    ("GET", f"/projects/x%2F..%2Fp/images/{IMAGE}"),
    ("GET", f"/projects/%2570/images/{IMAGE}%3F.jpg"),
    ("GET", "//projects/p/images"),
    ("GET", "/projects//images"),
    ("GET", "/./projects/p/images"),
    ("GET", "/PROJECTS/p/images"),
    ("DELETE", "/projects/p%3F/images/x"),
    ("DELETE", "/projects/p%0A"),
    ("DELETE", "/projects/p%2Fimages%2Fx"),
]


@pytest.mark.parametrize(("method", "spelled"), SPELLINGS)
def test_no_spelling_of_a_path_goes_without_a_token(guarded: httpx.Client, method: str, spelled: str) -> None:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}
    url = httpx.URL(guarded.base_url, raw_path=spelled.encode())
    assert guarded.request(method, url, headers=headers).status_code in (400, 401, 403, 404)


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "POST"])
def test_a_method_is_the_requests_own(guarded: httpx.Client, method: str) -> None:
    headers = dict.fromkeys(("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"), method)
    reader = headers | {"Authorization": f"Bearer {minted('read list')}", "Tus-Resumable": "1.0.0"}
    assert guarded.get("/projects/p/images", headers=reader).status_code == 200
    assert guarded.post("/projects/p/images", headers=reader).status_code == 403
    assert guarded.post("/projects/p/uploads", headers=reader).status_code == 403
