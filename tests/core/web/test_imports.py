"""core.web imports the frameworks cheaply (decisions 0053 and 0054), and what is defined after it is as ever."""

import subprocess
import sys
from pathlib import Path

import handlers

FUNCTIONS = [path.stem for path in Path(handlers.__file__).parent.glob("[!_]*.py") if path.stem != "sweep"]
PATH = "/projects/{project_id}/images/{image_id}"


EACH_ALONE = """
import importlib, os, sys
for name in sys.argv[1:]:
    if not (child := os.fork()):
        importlib.import_module(f"handlers.{name}")
        from fastapi.openapi.models import OpenAPI
        os._exit(OpenAPI.__pydantic_complete__)
    print(name, os.waitpid(child, 0)[1])
"""


def _run(*lines: str) -> None:
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)


def test_importing_a_function_builds_no_models_of_a_document():
    """Each in a process of its own, forked once what all import is there."""
    command = [sys.executable, "-c", f"import core.web\n{EACH_ALONE}", *sorted(FUNCTIONS)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == [f"{name} 0" for name in sorted(FUNCTIONS)]


def test_models_of_our_own_are_built_at_once():
    _run("from core.web.models import Uploaded", "assert Uploaded.__pydantic_complete__")


def test_a_document_is_made_when_it_is_asked_for():
    _run("from handlers.get_image import app", f"assert '{PATH}' in app.openapi()['paths']")


def test_the_collector_is_left_as_it_was():
    _run("import gc, core.web", "assert gc.isenabled()")
    _run("import gc", "gc.disable()", "import core.web", "assert not gc.isenabled()")
