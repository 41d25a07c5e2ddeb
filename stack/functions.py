"""One function of template.yaml: its code, its limits, its variables, its mount, and the routes of its events.

A property that is neither served nor without effect on answers stops the start with a TemplateError.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stack.cloudformation import TemplateError, is_intrinsic, refuse_unknown, scalar
from stack.routing import DEFAULT_ROUTE, Route

LONGEST_TIMEOUT = 29  # seconds: the gateway answers 503 at 30, whatever the function still does
_DEFAULTS: dict[str, Any] = {"Timeout": 3, "MemorySize": 128, "LoggingConfig": {}}  # Lambda's own
# What may be given, since it is served or changes no answer.
_OF_EVENT = {"ApiId", "Method", "Path", "PayloadFormatVersion"}
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


def read_function(name: str, properties: dict[str, Any], local: Mapping[str, str]) -> Function:
    """The function `name` by its properties; `local` gives variables whose values AWS alone knows."""
    refuse_unknown(name, properties, _OF_FUNCTION)
    properties = _DEFAULTS | properties
    handler = scalar(f"{name}.Handler", properties.get("Handler"), str)
    if "." not in handler:
        raise TemplateError(f"{name}.Handler: {handler!r} is not module.attribute")
    timeout = scalar(f"{name}.Timeout", properties["Timeout"], int)
    routes = tuple(_routes(name, properties.get("Events", {})))
    if routes and not 1 <= timeout <= LONGEST_TIMEOUT:
        raise TemplateError(f"{name}.Timeout: {timeout} s, but the gateway gives up at 30: give 1 to {LONGEST_TIMEOUT}")
    return Function(
        logical_id=name,
        handler=handler,
        timeout=timeout,
        memory=scalar(f"{name}.MemorySize", properties["MemorySize"], int),
        environment=dict(_environment(name, properties, local)),
        local_mount_path=_mount(name, properties),
        routes=routes,
        log_level=scalar(f"{name}.LoggingConfig", properties["LoggingConfig"].get("ApplicationLogLevel", "INFO"), str),
        concurrency=_concurrency(name, properties),
    )


def _concurrency(name: str, properties: dict[str, Any]) -> int | None:
    reserved = properties.get("ReservedConcurrentExecutions")
    return None if reserved is None else scalar(f"{name}.ReservedConcurrentExecutions", reserved, int)


def _environment(name: str, properties: dict[str, Any], local: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for variable, value in properties.get("Environment", {}).get("Variables", {}).items():
        if is_intrinsic(value) and variable in local:
            value = local[variable]
        if is_intrinsic(value) or isinstance(value, dict | list):
            raise TemplateError(f"{name}: the value of {variable} is known to AWS only; set it in the environment")
        yield variable, str(value)


def _mount(name: str, properties: dict[str, Any]) -> str | None:
    mounts = properties.get("FileSystemConfigs", [])
    if len(mounts) > 1:
        raise TemplateError(f"{name}.FileSystemConfigs: Lambda mounts one file system, this names {len(mounts)}")
    return scalar(f"{name}.LocalMountPath", mounts[0].get("LocalMountPath"), str) if mounts else None


def _routes(name: str, events: dict[str, Any]) -> Iterator[Route]:
    for event_name, event in events.items():
        place, kind = f"{name}.Events.{event_name}", event.get("Type")
        if kind in ("Schedule", "ScheduleV2"):
            continue
        if kind != "HttpApi":
            raise TemplateError(f"{place}: events of type {kind} are not served")
        properties = event.get("Properties", {})
        refuse_unknown(place, properties, _OF_EVENT)
        if properties.get("PayloadFormatVersion", "2.0") != "2.0":
            raise TemplateError(f"{place}: only payload format 2.0 is served")
        yield _route(place, properties)


def _route(place: str, properties: dict[str, Any]) -> Route:
    if "Path" not in properties and "Method" not in properties:
        return Route("ANY", DEFAULT_ROUTE)
    method = scalar(f"{place}.Method", properties.get("Method"), str).upper()
    route = Route(method, scalar(f"{place}.Path", properties.get("Path"), str))
    if objection := route.objection():
        raise TemplateError(f"{place}: {objection}")
    return route
