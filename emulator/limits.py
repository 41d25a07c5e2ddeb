"""What the gateway and Lambda carry, in bytes and seconds, and the template's settings held to it."""

import os
from pathlib import PurePosixPath

from stack.cloudformation import TemplateError
from stack.functions import Function
from stack.template import Template

REQUEST_BODY = 10 * 1024 * 1024  # the gateway's, before a function is asked
REQUEST_HEAD = 10_240  # the request line and the values of headers together
PAYLOAD = 6_291_556  # an event, and a result, as JSON
INTEGRATION_TIMEOUT = 30  # seconds, not raisable
INIT_TIMEOUT = 10  # seconds, Lambda's own
# What an event holds beside its body: 10,240 bytes of head, most of it twice (query and parameters), names of headers,
# and the context.
ENVELOPE = 2 * REQUEST_HEAD + 4_000
CARRIED = (PAYLOAD - ENVELOPE) // 4 * 3  # bytes of body that always pass, in base64
FORM = 2_000  # bytes of a multipart form beside the file


def here(seconds: float) -> float:
    """How long so many seconds of AWS last here: on a machine with other work a function takes longer than there."""
    return seconds * float(os.environ.get("EMULATOR_SLOWER", "1"))


def check_settings(template: Template) -> None:
    """TemplateError if a function takes or answers more than the gateway carries, or stores where nothing lasts."""
    for function in template.served:
        _within(function, "IMGSRV_MAX_REQUEST_BYTES", CARRIED - FORM)
        _within(function, "IMGSRV_MAX_RESPONSE_BYTES", CARRIED)
        _on_the_mount(function, "IMGSRV_STORAGE_ROOT")


def _within(function: Function, variable: str, most: int) -> None:
    text = function.environment.get(variable)
    if text is None or not text.isdecimal() or not 0 < int(text) <= most:
        raise TemplateError(f"{function.logical_id}: {variable}={text} must be 1 to {most}, which the gateway carries")


def _on_the_mount(function: Function, variable: str) -> None:
    root, mount = function.environment.get(variable), function.local_mount_path
    if root is None or mount is None or not PurePosixPath(root).is_relative_to(mount):
        raise TemplateError(f"{function.logical_id}: {variable}={root} is not on its mount ({mount})")
