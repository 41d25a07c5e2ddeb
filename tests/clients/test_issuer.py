"""Tokens of a real OpenID provider at the gateway's authorizer: oidc-provider, as npm has it."""

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from photos import photo
from service import Service
from waiting import eventually

pytestmark = pytest.mark.clients
IMAGES = "/projects/p/images"


@contextmanager
def issuing(node: Path) -> Iterator[str]:
    """The URL of a provider of one's own."""
    process = subprocess.Popen(["node", "issuer.mjs"], cwd=node, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def issuers(node: Path) -> Iterator[list[str]]:
    """Two providers; the first one is ours."""
    with ExitStack() as stack:
        yield [stack.enter_context(issuing(node)) for _ in range(2)]


@pytest.fixture(scope="module", params=["event", "lambda"])
def guarded(
    request: pytest.FixtureRequest, issuers: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """The service behind the authorizer, its pictures private."""
    parameters = [f"--parameter=Issuer={issuers[0]}", "--parameter=Audience=others,images"]
    keys = {"IMGSRV_SECRET": "s" * 40, "IMGSRV_PRIVATE_READS": "yes"}
    storage = tmp_path_factory.mktemp("issuer") / "storage"
    with Service(storage, "--mode", request.param, *parameters, **keys) as running:
        yield running.client


def token(issuer: str, scope: str = "upload", resource: str = "urn:images") -> str:
    asked = {"grant_type": "client_credentials", "scope": scope, "resource": resource}
    answer = httpx.post(f"{issuer}/token", data=asked, auth=("app", "a secret of the app"))
    return str(answer.json()["access_token"])


def upload(client: httpx.Client, token: str, path: str = IMAGES) -> httpx.Response:
    return client.post(path, files={"file": ("a.jpg", photo())}, headers={"Authorization": f"Bearer {token}"})


def unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "one"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def test_what_it_issues_is_taken(guarded: httpx.Client, issuers: list[str]) -> None:
    answer = upload(guarded, token(issuers[0], "upload read"))
    assert answer.status_code == 201, answer.text
    assert guarded.get(answer.json()["urls"]["thumb"]).status_code == 200, "by its signed URL"
    reader = {"Authorization": f"Bearer {token(issuers[0], 'list read')}"}
    listed = guarded.get(IMAGES, headers=reader).json()["images"]
    assert guarded.get(listed[0]["urls"]["medium"]).status_code == 200


def test_its_scope_and_its_project_are_all_it_may(guarded: httpx.Client, issuers: list[str]) -> None:
    assert upload(guarded, token(issuers[0], "list read")).status_code == 403
    assert upload(guarded, token(issuers[0]), "/projects/q/images").status_code == 403


@pytest.mark.parametrize("kind", ["nonsense", "audience", "expired", "unsigned", "issuer", "forged", "ours"])
def test_what_does_not_count_is_the_gateways_401(guarded: httpx.Client, issuers: list[str], kind: str) -> None:
    good = token(issuers[0])
    shown = {
        "nonsense": lambda: "no-token",
        "audience": lambda: token(issuers[0], resource="urn:elsewhere"),
        "expired": lambda: token(issuers[0], resource="urn:brief"),
        "unsigned": lambda: unsigned(good),
        "issuer": lambda: token(issuers[1]),
        "forged": lambda: good[:-4] + "AAAA",
        "ours": lambda: minted(),
    }[kind]()
    if kind == "expired":
        ends = json.loads(base64.urlsafe_b64decode(shown.split(".")[1] + "=="))["exp"]
        assert eventually(lambda: time.time() > ends)
    answer = upload(guarded, shown)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"].startswith("Bearer")


def minted() -> str:
    from core.access import tokens

    return tokens.mint({"1": b"s" * 40}, 60, project="p", scope="upload")
