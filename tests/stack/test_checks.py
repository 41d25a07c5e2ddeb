import sys
import textwrap

import pytest

from stack.checks import check_handlers
from stack.cloudformation import TemplateError
from stack.functions import Function
from stack.routing import Route
from stack.template import Template

SOURCE = """
from fastapi import FastAPI
app = FastAPI()
@app.get("/things/{id}")
def read(id: str): ...
@app.head("/things/{id}")
def head(id: str): ...
handler = print
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package `desk` of handler modules; call it with modules' sources."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "__init__.py").touch()

    def write(**sources):
        for name, source in sources.items():
            (tmp_path / "desk" / f"{name}.py").write_text(textwrap.dedent(source))

    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] == "desk"]:
        del sys.modules[name]


def template(*keys, handler="desk.read.handler"):
    routes = tuple(Route(*key.split()) for key in keys)
    return Template((Function("Read", handler, 29, 128, {}, None, routes),))


BOTH = ("GET /things/{id}", "HEAD /things/{id}")


def test_the_same_routes_on_both_sides_pass(package):
    package(read=SOURCE)
    check_handlers(template(*BOTH), "desk")


def test_a_route_that_only_the_template_has_is_named(package):
    package(read=SOURCE)
    with pytest.raises(TemplateError, match=r"^Read: the template has PUT /things/{id}, desk.read has not$"):
        check_handlers(template(*BOTH, "PUT /things/{id}"), "desk")


def test_a_route_that_only_the_handler_has_is_named(package):
    package(read=SOURCE)
    with pytest.raises(TemplateError, match=r"^Read: desk.read has HEAD /things/{id}, the template has not$"):
        check_handlers(template("GET /things/{id}"), "desk")


def test_a_variable_of_another_name_is_another_route(package):
    package(read=SOURCE)
    with pytest.raises(TemplateError, match=r"Read: the template has GET /things/{name}"):
        check_handlers(template("GET /things/{name}", "HEAD /things/{name}"), "desk")


def test_a_module_that_does_not_exist_is_named(package):
    with pytest.raises(TemplateError, match=r"Read: cannot import desk\.read"):
        check_handlers(template(*BOTH), "desk")


def test_a_handler_that_the_module_lacks_is_named(package):
    package(read=SOURCE)
    with pytest.raises(TemplateError, match=r"Read: desk.read has no handle\(\)"):
        check_handlers(template(*BOTH, handler="desk.read.handle"), "desk")


def test_a_handler_module_that_the_template_forgot_is_named(package):
    package(read=SOURCE, write=SOURCE, _shared="")
    with pytest.raises(TemplateError, match=r"desk.write: no function of the template names it"):
        check_handlers(template(*BOTH), "desk")
