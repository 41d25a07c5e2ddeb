"""The environment variables that Lambda gives a function, with the mount mapped to a folder here."""

import os
import sys
from pathlib import Path, PurePosixPath

from emulator.event import ACCOUNT_ID
from stack.cloudformation import TemplateError
from stack.functions import Function
from stack.template import Template

REGION = "local-1"
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def variables(function: Function, storage: Path) -> dict[str, str]:
    """The function's own variables; a value at or below its LocalMountPath becomes one at or below `storage`."""
    return {name: _mapped(value, function.local_mount_path, storage) for name, value in function.environment.items()}


def shared_variables(template: Template, storage: Path) -> dict[str, str]:
    """One environment for all functions in one process; TemplateError when two want a variable to differ."""
    shared: dict[str, str] = {}
    for function in template.served:
        for name, value in variables(function, storage).items():
            if shared.setdefault(name, value) != value:
                raise TemplateError(
                    f"{name} differs between functions: only mode lambda gives each its own environment"
                )
    return shared


def reserved_variables(function: Function) -> dict[str, str]:
    """What Lambda itself sets, as far as a function could see it here."""
    return {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": function.log_level,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
    }


def credentials(function: Function) -> dict[str, str]:
    """The credentials of a function that has a bucket: its role's on AWS, this machine's own here."""
    names = [*_CREDENTIALS, "AWS_ENDPOINT_URL_S3"] if "IMGSRV_BUCKET" in function.environment else []
    return {name: os.environ[name] for name in names if name in os.environ}


def arn(function: Function) -> str:
    """The function's name as it stands in a context."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{function.logical_id}"


def _mapped(value: str, mount: str | None, storage: Path) -> str:
    if mount is None or not PurePosixPath(value).is_relative_to(mount):
        return value
    return str(storage.absolute() / PurePosixPath(value).relative_to(mount))
