"""template.yaml as the emulator sees it: functions, their routes, and the gateway's CORS settings.

The template is the only source of routes. What the emulator could not serve as AWS does (another
kind of event, an authorizer, a value that only AWS knows, a path that the gateway rejects) stops
the start with a TemplateError, rather than answering differently from what is deployed.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from stack import authorizers, cloudformation
from stack.authorizers import Required
from stack.cloudformation import TemplateError
from stack.routing import DEFAULT_ROUTE, Route, Router

__all__ = ["Cors", "Function", "Template", "TemplateError", "load"]

LONGEST_TIMEOUT = 29  # seconds: the gateway answers 503 at 30, whatever the function still does
_FUNCTION_DEFAULTS: dict[str, Any] = {"Timeout": 3, "MemorySize": 128, "LoggingConfig": {}}  # Lambda's own
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
_OF_EVENT = {"ApiId", "Method", "Path", "PayloadFormatVersion"}
_OF_CORS = {"AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders", "MaxAge", "AllowCredentials"}
_OF_CODE = {
    "Handler",
    "Runtime",
    "Architectures",
    "CodeUri",
    "Timeout",
    "MemorySize",
    "EphemeralStorage",
    "Environment",
}
_AROUND_CODE = {"Events", "FileSystemConfigs", "VpcConfig", "Role", "Policies", "KmsKeyArn", "Description", "Tags"}
_AT_RUN_TIME = {"LoggingConfig", "Tracing", "DeadLetterQueue", "EventInvokeConfig", "RuntimeManagementConfig"}
_SCALING = {"ReservedConcurrentExecutions", "ProvisionedConcurrencyConfig", "AutoPublishAlias", "DeploymentPreference"}
_OF_FUNCTION = _OF_CODE | _AROUND_CODE | _AT_RUN_TIME | _SCALING
_UNSERVED_RESOURCES = ("AWS::ApiGateway", "AWS::Serverless::Api", "AWS::Lambda::Url")  # beginnings of their types
Scalar = TypeVar("Scalar", str, int)


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function: timeout in seconds, memory in MB, the mount it finds its storage under."""

    logical_id: str
    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, str]
    local_mount_path: str | None
    routes: tuple[Route, ...]
    log_level: str = "INFO"
    concurrency: int | None = None  # invocations that may run at once; None: as many as the account allows

    @property
    def module(self) -> str:
        return self.handler.rpartition(".")[0]

    @property
    def attribute(self) -> str:
        return self.handler.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Cors:
    """The gateway's CorsConfiguration; header names in lower case, max_age in seconds."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None
    allow_credentials: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """What is served: functions in the template's order, CORS when the gateway handles it, and what it asks of whom.

    `required` is by the key of a route; whoever asks for any other route needs no token at the gateway.
    """

    functions: tuple[Function, ...]
    cors: Cors | None = None
    required: Mapping[str, Required] = field(default_factory=dict)
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
        _function(name, _merged(defaults.get("Function", {}), resource.get("Properties", {})), local)
        for name, resource in resources.items()
        if resource.get("Type") == "AWS::Serverless::Function" and decided.get(resource.get("Condition", ""), True)
    )
    if not any(function.routes for function in functions):
        raise TemplateError(f"{path}: no function has an HttpApi event")
    _refuse_duplicates(functions)
    api = _api(resources, defaults.get("HttpApi", {}))
    routes = {route.key for function in functions for route in function.routes}
    return Template(functions, _cors(api), authorizers.required(api.get("DefinitionBody"), routes), path)


def _merged(defaults: Any, own: Any) -> Any:
    # As SAM merges Globals: mappings key by key, lists one after the other, anything else replaced.
    if isinstance(defaults, dict) and isinstance(own, dict) and not cloudformation.is_intrinsic(own):
        return defaults | {key: _merged(defaults.get(key), value) for key, value in own.items()}
    if isinstance(defaults, list) and isinstance(own, list):
        return defaults + own
    return own


def _refuse_unknown(place: str, properties: Mapping[str, Any], known: Set[str]) -> None:
    if unknown := sorted(properties.keys() - known):
        raise TemplateError(f"{place}: {unknown[0]} is not served")


def _function(name: str, properties: dict[str, Any], local: Mapping[str, str]) -> Function:
    _refuse_unknown(name, properties, _OF_FUNCTION)
    properties = _FUNCTION_DEFAULTS | properties
    handler = _value(f"{name}.Handler", properties.get("Handler"), str)
    if "." not in handler:
        raise TemplateError(f"{name}.Handler: {handler!r} is not module.attribute")
    timeout = _value(f"{name}.Timeout", properties["Timeout"], int)
    routes = tuple(_routes(name, properties.get("Events", {})))
    if routes and not 1 <= timeout <= LONGEST_TIMEOUT:
        raise TemplateError(f"{name}.Timeout: {timeout} s, but the gateway gives up at 30: give 1 to {LONGEST_TIMEOUT}")
    return Function(
        logical_id=name,
        handler=handler,
        timeout=timeout,
        memory=_value(f"{name}.MemorySize", properties["MemorySize"], int),
        environment=dict(_environment(name, properties, local)),
        local_mount_path=_mount(name, properties),
        routes=routes,
        log_level=_value(f"{name}.LoggingConfig", properties["LoggingConfig"].get("ApplicationLogLevel", "INFO"), str),
        concurrency=_concurrency(name, properties),
    )


def _concurrency(name: str, properties: dict[str, Any]) -> int | None:
    reserved = properties.get("ReservedConcurrentExecutions")
    return None if reserved is None else _value(f"{name}.ReservedConcurrentExecutions", reserved, int)


def _environment(name: str, properties: dict[str, Any], local: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for variable, value in properties.get("Environment", {}).get("Variables", {}).items():
        if cloudformation.is_intrinsic(value) and variable in local:
            value = local[variable]
        if cloudformation.is_intrinsic(value) or isinstance(value, dict | list):
            raise TemplateError(f"{name}: the value of {variable} is known to AWS only; set it in the environment")
        yield variable, str(value)


def _mount(name: str, properties: dict[str, Any]) -> str | None:
    mounts = properties.get("FileSystemConfigs", [])
    if len(mounts) > 1:
        raise TemplateError(f"{name}.FileSystemConfigs: Lambda mounts one file system, this names {len(mounts)}")
    return _value(f"{name}.LocalMountPath", mounts[0].get("LocalMountPath"), str) if mounts else None


def _routes(name: str, events: dict[str, Any]) -> Iterator[Route]:
    for event_name, event in events.items():
        place, kind = f"{name}.Events.{event_name}", event.get("Type")
        if kind in ("Schedule", "ScheduleV2"):
            continue
        if kind != "HttpApi":
            raise TemplateError(f"{place}: events of type {kind} are not served")
        properties = event.get("Properties", {})
        _refuse_unknown(place, properties, _OF_EVENT)
        if properties.get("PayloadFormatVersion", "2.0") != "2.0":
            raise TemplateError(f"{place}: only payload format 2.0 is served")
        yield _route(place, properties)


def _route(place: str, properties: dict[str, Any]) -> Route:
    if "Path" not in properties and "Method" not in properties:
        return Route("ANY", DEFAULT_ROUTE)
    method = _value(f"{place}.Method", properties.get("Method"), str).upper()
    route = Route(method, _value(f"{place}.Path", properties.get("Path"), str))
    if objection := route.objection():
        raise TemplateError(f"{place}: {objection}")
    return route


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
    _refuse_unknown(next(iter(apis), "Globals.HttpApi"), merged, _OF_API)
    if merged.get("StageName", "$default") != "$default":
        raise TemplateError(f"stage {merged['StageName']!r}: only $default is served, which adds nothing to paths")
    return merged


def _cors(api: dict[str, Any]) -> Cors | None:
    settings = api.get("CorsConfiguration")
    if settings is None or settings is False:
        return None
    if settings is True or not isinstance(settings, dict) or cloudformation.is_intrinsic(settings):
        raise TemplateError("CorsConfiguration: give AllowOrigins and the other members one by one")
    _refuse_unknown("CorsConfiguration", settings, _OF_CORS)
    return Cors(
        allow_origins=_names(settings, "AllowOrigins"),
        allow_methods=_names(settings, "AllowMethods"),
        allow_headers=tuple(name.lower() for name in _names(settings, "AllowHeaders")),
        expose_headers=tuple(name.lower() for name in _names(settings, "ExposeHeaders")),
        max_age=settings.get("MaxAge"),
        allow_credentials=bool(settings.get("AllowCredentials", False)),
    )


def _names(settings: dict[str, Any], member: str) -> tuple[str, ...]:
    names = settings.get(member, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TemplateError(f"CorsConfiguration.{member}: a list of names is needed")
    return tuple(names)


def _value(place: str, value: Any, kind: type[Scalar]) -> Scalar:
    if value is None:
        raise TemplateError(f"{place}: missing")
    if cloudformation.is_intrinsic(value):
        raise TemplateError(f"{place}: its value is known to AWS only; give it as a parameter")
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise TemplateError(f"{place}: {value!r} is not of type {kind.__name__}") from None
