"""Where the service sits: the path that stands before its own, in what comes in and in each URL that goes out.

It is IMGSRV_BASE_PATH, whether or not a proxy takes it off on the way. Without that setting, the name of a stage of
API Gateway is what a client's URLs begin with, and an event tells it.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from core import settings

_stage: ContextVar[str] = ContextVar("stage", default="")  # of the request that is being answered


def url(path: str) -> str:
    """The URL at which clients find `path`, from the root of the host on."""
    return f"{settings.current().base_path or _stage.get()}{path}"


def below(path: str, base: str) -> str | None:
    """The rest of a path that lies below `base`; None for one that does not."""
    return path[len(base) :] if base and path.startswith(f"{base}/") else None


def arrived(path: str, event: Mapping[str, Any]) -> str:
    """The service's own path of a request that came in an event; `url` is right for that request from now on."""
    context = event.get("requestContext") or {}
    stage = f"/{context.get('stage') or ''}"
    _stage.set("")
    if (rest := below(path, settings.current().base_path)) is not None:
        return rest
    if stage not in ("/", "/$default") and (rest := below(path, stage)) is not None:
        _stage.set(stage)
        return rest
    outer = str(context.get("path") or "")  # of a REST API: with the stage, which the event's own path lacks
    if outer != path and outer.endswith(path):
        _stage.set(outer[: -len(path)])
    return path
