"""template.yaml as it is served here: functions, their routes, who must show a token, and the gateway's CORS settings.

The template is the only source of routes. What could not be served as AWS does (another kind of event or of
authorizer, a value that only AWS knows, a path that the gateway rejects) stops the start with a TemplateError, rather
than answering differently from what is deployed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stack import authorizers, cloudformation, cors
from stack.authorizers import Required
from stack.cloudformation import TemplateError, is_intrinsic, refuse_unknown
from stack.cors import Cors
from stack.functions import Function, read_function
from stack.routing import Router

# What may be given, since it is served or changes no answer. Anything else stops the start, SAM's own Auth above all.
_OF_API = {
    "DefinitionBody",
    "RouteSettings",
    "Name",
    "Description",
    "StageName",
    "CorsConfiguration",
    "DefaultRouteSettings",
    "AccessLogSettings",
    "Tags",
}
_UNSERVED_RESOURCES = ("AWS::ApiGateway", "AWS::Serverless::Api", "AWS::Lambda::Url")  # beginnings of their types


@dataclass(frozen=True, slots=True)
class Template:
    """What is served: functions in the template's order, CORS when the gateway handles it, and what it asks of whom.

    `guarded` is by the key of a route; whoever asks for any other route needs no token at the gateway.
    """

    functions: tuple[Function, ...]
    cors: Cors | None = None
    guarded: Mapping[str, Required] = field(default_factory=dict)
    path: Path = field(default=Path("template.yaml"), compare=False)

    @property
    def served(self) -> tuple[Function, ...]:
        """The functions that answer HTTP; the others run on a schedule."""
        return tuple(function for function in self.functions if function.routes)

    def router(self) -> Router[Function]:
        """Who answers what, by the gateway's precedence."""
        return Router((route, function) for function in self.served for route in function.routes)


def load(
    path: Path, parameters: Mapping[str, str] | None = None, local: Mapping[str, str] = MappingProxyType({})
) -> Template:
    """The template at `path`, its parameters as given or by default; TemplateError when it cannot be served.

    A variable whose value AWS alone knows, for instance a secret, has the value that `local` gives it.
    """
    document = cloudformation.read(path)
    known = cloudformation.parameters(document, parameters or {})
    decided = cloudformation.conditions(document, known)
    resources = cloudformation.resolve(document["Resources"], known, decided)
    for name, resource in resources.items():
        if str(resource.get("Type")).startswith(_UNSERVED_RESOURCES):
            raise TemplateError(f"{name}: a resource of type {resource['Type']} is not served")
    defaults = cloudformation.resolve(document.get("Globals", {}), known, decided)
    functions = tuple(
        read_function(name, _merged(defaults.get("Function", {}), resource.get("Properties", {})), local)
        for name, resource in resources.items()
        if resource.get("Type") == "AWS::Serverless::Function" and decided.get(resource.get("Condition", ""), True)
    )
    if not any(function.routes for function in functions):
        raise TemplateError(f"{path}: no function has an HttpApi event")
    _refuse_duplicates(functions)
    api = _api(resources, defaults.get("HttpApi", {}))
    routes = {route.key for function in functions for route in function.routes}
    guarded = authorizers.guarded(api.get("DefinitionBody"), routes)
    return Template(functions, cors.configuration(api.get("CorsConfiguration")), guarded, path)


def _merged(defaults: Any, own: Any) -> Any:
    # As SAM merges Globals: mappings key by key, lists one after the other, anything else replaced.
    if isinstance(defaults, dict) and isinstance(own, dict) and not is_intrinsic(own):
        return defaults | {key: _merged(defaults.get(key), value) for key, value in own.items()}
    if isinstance(defaults, list) and isinstance(own, list):
        return defaults + own
    return own


def _refuse_duplicates(functions: tuple[Function, ...]) -> None:
    owners: dict[tuple[str, str], str] = {}
    for function in functions:
        for route in function.routes:
            if route.shape in owners:
                raise TemplateError(f"{function.logical_id}: {route.key} is taken by {owners[route.shape]}")
            owners[route.shape] = function.logical_id


def _api(resources: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    apis = {name: r for name, r in resources.items() if r.get("Type") == "AWS::Serverless::HttpApi"}
    if len(apis) > 1:
        raise TemplateError(f"{', '.join(apis)}: only one HTTP API is served")
    own = next(iter(apis.values())).get("Properties", {}) if apis else {}
    merged: dict[str, Any] = _merged(defaults, own)
    refuse_unknown(next(iter(apis), "Globals.HttpApi"), merged, _OF_API)
    if merged.get("StageName", "$default") != "$default":
        raise TemplateError(f"stage {merged['StageName']!r}: only $default is served, which adds nothing to paths")
    return merged
