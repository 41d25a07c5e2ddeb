"""The base path: what precedes the service's own paths, in requests and in every URL that it returns.

It is IMGSRV_BASE_PATH, whether or not a proxy removes it on the way. Without that setting clients' URLs begin with the
name of API Gateway's stage, if any, which comes with the event.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from core import settings

_stage: ContextVar[str] = ContextVar("stage", default="")  # of the current request


def url(path: str) -> str:
    """The URL of `path` for clients, from the root of the host."""
    return f"{settings.current().base_path or _stage.get()}{path}"


def below(path: str, base: str) -> str | None:
    """The rest of a path below `base`; None for a path that is not below it."""
    return path[len(base) :] if base and path.startswith(f"{base}/") else None


def arrived(path: str, event: Mapping[str, Any]) -> str:
    """The service's own path for a request in an event; sets the stage, so that `url` is right for that request."""
    context = event.get("requestContext") or {}
    stage = f"/{context.get('stage') or ''}"
    _stage.set("")
    if (rest := below(path, settings.current().base_path)) is not None:
        return rest
    if stage not in ("/", "/$default") and (rest := below(path, stage)) is not None:
        _stage.set(stage)
        return rest
    outer = str(context.get("path") or "")  # with a REST API it includes the stage, which the event's own path lacks
    if outer != path and outer.endswith(path):
        _stage.set(outer[: -len(path)])
    return path
