"""The ways to run one template: `asgi`, `event` and `lambda`, as one ASGI app each.

asgi    the functions' apps in this process, under the environment of this process; fastest
event   each request becomes an event for the real handler, in this process, with the gateway's limits
lambda  the same, with each function in real runtime processes that are frozen, reused and killed
"""

from collections.abc import Mapping
from pathlib import Path

from emulator import asgi, limits, parity, server, zerocopy
from emulator.environment import Deployment
from emulator.event_runtime import EventRuntime
from emulator.lambda_runtime import LambdaRuntime
from emulator.runtime import Runtime
from emulator.template import Template, TemplateError
from emulator.variables import shared_variables

MODES = ("asgi", "event", "lambda")


def variables(mode: str, template: Template, storage: Path) -> Mapping[str, str]:
    """What this process's environment must hold before it imports a handler that it will run."""
    return shared_variables(template, storage) if mode == "event" else {}


def application(mode: str, template: Template, storage: Path, compare: bool = False) -> asgi.App:
    """The app that answers in `mode`; with `compare`, mode event held against asgi. TemplateError if it can't."""
    limits.check_settings(template)
    if mode == "asgi":
        return zerocopy.with_zero_copy(asgi.compose(template))
    runtime: Runtime
    if mode == "event":
        runtime = EventRuntime(template)
    elif mode == "lambda":
        runtime = LambdaRuntime(Deployment(template.path.absolute().parent, storage))
    else:
        raise TemplateError(f"mode {mode!r} is not one of {', '.join(MODES)}")
    served = server.serve(template, runtime)
    return parity.compared(asgi.compose(template), served) if compare else served
