"""Tokens as other languages make them, by the code of docs/tokens.md as it stands there."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which

import pytest
from photos import photo
from service import Service

pytestmark = pytest.mark.clients
DOCUMENT = Path(__file__).parents[2] / "docs" / "tokens.md"
SECRET = "One-Word.With_Odd+Signs/And=Some~Length!"
Token = Callable[[str, str], str]


def block(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return str(code)


def run(*command: str, folder: Path | None = None) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def by_node(node: Path) -> Token:
    def token(project: str, scope: str) -> str:
        call = f"console.log(token(...{json.dumps([SECRET, project, scope])}))"
        return run("node", "--input-type=module", "--eval", f"{block('js')}\n{call}", folder=node)

    return token


def by_php(project: str, scope: str) -> str:
    return run("php", "-r", f"{block('php')} echo token('{SECRET}', '{project}', '{scope}');")


def by_python(project: str, scope: str) -> str:
    pytest.importorskip("joserfc")
    names: dict[str, Callable[..., str]] = {}
    exec(block("python"), names)
    return names["token"](SECRET, project, scope)


def by_shell(project: str, scope: str) -> str:
    return run("bash", "-c", f"{block('sh')}\ntoken '{SECRET}' '{project}' '{scope}'")


@pytest.fixture(params=["node", "php", "python", "openssl"])
def token(request: pytest.FixtureRequest) -> Token:
    """Makes a token for a project and scopes in one of the languages."""
    if request.param == "node":
        return by_node(request.getfixturevalue("node"))
    if request.param != "python" and which(request.param) is None:
        pytest.skip(f"needs {request.param}")
    makers: dict[str, Token] = {"php": by_php, "python": by_python, "openssl": by_shell}
    return makers[request.param]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with the secret, its pictures private."""
    storage = tmp_path_factory.mktemp("tokens") / "storage"
    with Service(storage, IMGSRV_SECRET=SECRET, IMGSRV_PRIVATE_READS="yes") as running:
        yield running


def test_a_token_is_taken_for_its_project_and_scopes(guarded: Service, token: Token) -> None:
    headers = {"Authorization": f"Bearer {token('p', 'upload read')}"}
    files = {"file": ("a.jpg", photo())}
    answer = guarded.client.post("/projects/p/images", files=files, headers=headers)
    assert answer.status_code == 201, answer.text
    assert guarded.client.get(answer.json()["urls"]["original"].partition("?")[0], headers=headers).status_code == 200
    assert guarded.client.post("/projects/q/images", files=files, headers=headers).status_code == 403
    assert guarded.client.get("/projects/p/images", headers=headers).status_code == 403
