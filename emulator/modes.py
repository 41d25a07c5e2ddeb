"""The modes that answer as the deployed API would: through events, in this process or in Lambda's own runtime."""

from collections.abc import Mapping
from pathlib import Path

from emulator import limits, server
from emulator.environment import Deployment
from emulator.event_runtime import EventRuntime
from emulator.lambda_runtime import LambdaRuntime
from emulator.runtime import Runtime
from emulator.variables import shared_variables
from serving.asgi import App
from stack.template import Template, TemplateError

MODES = ("event", "lambda")


def variables(mode: str, template: Template, storage: Path) -> Mapping[str, str]:
    """What this process's environment must hold before it imports a handler that it will run."""
    return shared_variables(template, storage) if mode == "event" else {}


def application(mode: str, template: Template, storage: Path) -> App:
    """The app that answers in `mode`; TemplateError if it cannot."""
    limits.check_settings(template)
    runtime: Runtime
    if mode == "event":
        runtime = EventRuntime(template)
    elif mode == "lambda":
        runtime = LambdaRuntime(Deployment(template.path.absolute().parent, storage))
    else:
        raise TemplateError(f"mode {mode!r} is not one of {', '.join(MODES)}")
    return server.serve(template, runtime)
