"""core.web imports the frameworks cheaply (decisions 0053 and 0054), and what is defined after it is as ever."""

import subprocess
import sys
from pathlib import Path

import pytest

import handlers

FUNCTIONS = [path.stem for path in Path(handlers.__file__).parent.glob("[!_]*.py") if path.stem != "sweep"]
PATH = "/projects/{project_id}/images/{image_id}"


def _run(*lines: str) -> None:
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_importing_a_function_does_not_build_the_models_of_an_openapi_document(function):
    _run(
        f"import handlers.{function}",
        "from fastapi.openapi.models import OpenAPI",
        "assert not OpenAPI.__pydantic_complete__",
    )


def test_models_of_our_own_are_built_at_once():
    _run("from core.web.models import Deleted", "assert Deleted.__pydantic_complete__")


def test_a_document_is_made_when_it_is_asked_for():
    _run("from handlers.get_image import app", f"assert '{PATH}' in app.openapi()['paths']")


def test_the_collector_is_left_as_it_was():
    _run("import gc, core.web", "assert gc.isenabled()")
    _run("import gc", "gc.disable()", "import core.web", "assert not gc.isenabled()")
