"""What must hold before the first request is answered; each failure is one TemplateError, one line.

Template and handlers name the same routes, in both directions: a route that only the template has
would answer 404 for ever, one that only a handler has would work nowhere but in its own tests.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from typing import Any

from stack.cloudformation import TemplateError
from stack.functions import Function
from stack.routing import Route
from stack.template import Template


def check_handlers(template: Template, package: str = "handlers") -> None:
    """Import every handler; TemplateError for the first route or module that only one side has."""
    for function in template.functions:
        module = _module(function)
        if not callable(getattr(module, function.attribute, None)):
            raise TemplateError(f"{function.logical_id}: {function.module} has no {function.attribute}()")
        if function.routes:
            _compare(function, set(app_routes(function, app_of(function))))
    _refuse_strays(template.functions, package)


def app_of(function: Function) -> Any:
    """The ASGI app of the function's module; TemplateError if it has none."""
    app = getattr(_module(function), "app", None)
    if app is None:
        raise TemplateError(f"{function.logical_id}: {function.module} has no app")
    return app


def app_routes(function: Function, app: Any) -> Iterator[Route]:
    """The routes of a FastAPI app, without those it adds itself to describe them."""
    descriptions = {app.openapi_url, app.docs_url, app.redoc_url, app.swagger_ui_oauth2_redirect_url}
    for route in app.routes:
        if route.path in descriptions:
            continue
        if not route.methods:
            raise TemplateError(f"{function.module}: its route {route.path} names no method")
        yield from (Route(method, route.path) for method in route.methods)


def _module(function: Function) -> Any:
    try:
        return importlib.import_module(function.module)
    except ModuleNotFoundError as error:
        raise TemplateError(f"{function.logical_id}: cannot import {function.module}: {error}") from error


def _compare(function: Function, implemented: set[Route]) -> None:
    declared = set(function.routes)
    for route in sorted(declared ^ implemented, key=lambda route: (route not in declared, route.key)):
        one, other = ("the template", function.module) if route in declared else (function.module, "the template")
        raise TemplateError(f"{function.logical_id}: {one} has {route.key}, {other} has not")


def _refuse_strays(functions: Iterable[Function], package: str) -> None:
    named = {function.module for function in functions}
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        if found.name not in named and not found.name.rpartition(".")[2].startswith("_"):
            raise TemplateError(f"{found.name}: no function of the template names it")
