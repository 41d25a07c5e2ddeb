"""Serves all functions that template.yaml names, as one app under uvicorn, on a laptop or one box.

python local_server.py [--mode --host --port --workers --reload --storage]
uvicorn local_server:app --port 8001 --http serving.connections:Connection
"""

import argparse
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import settings, workers
from core.access import deciding, tokens
from core.doctor import counting
from core.errors import ServiceError, SettingsError
from core.settings import Settings
from core.volume import folders, health, tally
from core.web import bucket
from serving import below, bounds, logs, loopback, metrics, pages, schema, server
from serving.asgi import App
from serving.compose import compose
from stack import checks, template
from stack.cloudformation import TemplateError

TEMPLATE = Path(__file__).with_name("template.yaml")
SOURCES = ("core", "handlers", "stack", "serving", "emulator", "template.yaml")
MODES = ("asgi", "event", "lambda")
# A variable with the command line: the processes that --workers and --reload start import this file and read it.
OPTIONS = "LOCAL_SERVER_OPTIONS"


def build(options: argparse.Namespace) -> App:
    """The composed ASGI app; SystemExit with one line when template, handlers, settings or storage are unusable."""
    environment = os.environ | _given(options)
    try:
        own = Settings.from_env(environment)
        parameters = _parameters(own) | {"Sizes": environment.get("IMGSRV_SIZES", "")} | dict(options.parameter)
        served = template.load(TEMPLATE, parameters, _secrets(own))
        if served.guarded and options.mode == "asgi":
            raise SettingsError(
                "an Issuer's tokens are verified by the gateway of --mode event and --mode lambda alone"
            )
        settings.use(_of_functions(served, own, environment) if options.mode == "event" else own)
        bounds.raise_file_limit()
        logs.configure(own.log_level)
        _check_storage(settings.current())
        checks.check_handlers(served)
        _import_what_requests_need(own)
        app = compose(served) if options.mode == "asgi" else _emulated(options.mode, served, own)
        document = schema.merged(checks.app_of(function).openapi() for function in served.served)
        document["servers"] = [{"url": own.base_path or "/"}]
        mounted = below.below(pages.with_pages(app, document, served.cors), own.base_path)
        protected = loopback.protected(mounted, own, served.cors.allow_origins if served.cors else ())
        return metrics.with_metrics(protected, own) if options.mode == "asgi" else protected
    except (SettingsError, TemplateError) as error:
        raise SystemExit(f"local_server: {error}") from None


def _given(options: argparse.Namespace) -> dict[str, str]:
    """What the command line says, as variables of the environment."""
    given = {"IMGSRV_STORAGE_ROOT": options.storage, "IMGSRV_PUBLIC": "yes" if options.public else None}
    if dict(options.parameter).get("Issuer"):
        given["IMGSRV_AUTHORIZER"] = "yes"
    if "IMGSRV_DECODE_WORKERS" not in os.environ:
        # All server processes share the machine's cores: together they decode no more at once than one alone would.
        given["IMGSRV_DECODE_WORKERS"] = str(max(1, settings.cores() // options.workers))
    return {name: value for name, value in given.items() if value is not None}


def _parameters(own: Settings) -> dict[str, str]:
    """The settings that are parameters of the template, except for `sizes`, which are parsed already."""
    switches = {"Public": deciding.policy(own).is_open, "PrivateReads": own.private_reads, "Bucket": bool(own.bucket)}
    texts = ("base_path", "resource_policy", "metrics_namespace", *settings.QUOTAS)
    values = {name.title().replace("_", ""): str(getattr(own, name)) for name in texts}
    return values | {name: "yes" if value else "no" for name, value in switches.items()}


def _secrets(own: Settings) -> dict[str, str]:
    """Variables whose values the template leaves to AWS."""
    keys = " ".join(f"{kid}:{key.decode()}" for kid, key in deciding.policy(own).keys.items())
    return {"IMGSRV_SECRET": keys, "IMGSRV_BUCKET": own.bucket}


def _of_functions(served: template.Template, own: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings of functions that run in this process with the variables that the template gives them."""
    from emulator.variables import shared_variables

    return Settings.from_env({**environment, **shared_variables(served, own.storage_root)})


def _emulated(mode: str, served: template.Template, own: Settings) -> App:
    from emulator import server as gateway  # here, so that the product starts without its emulator

    return gateway.application(mode, served, own.storage_root)


def _import_what_requests_need(own: Settings) -> None:
    """Imports now what a request would import: with as many files open as the process may have, it could not."""
    if keys := deciding.policy(own).keys:
        tokens.mint(keys, 0)
    if own.bucket:
        try:
            bucket.connect()
        except ModuleNotFoundError:
            raise SettingsError("IMGSRV_BUCKET needs boto3 here: pip install boto3") from None


def _check_storage(own: Settings) -> None:
    """Raises SettingsError for an unusable storage root, so that it stops the start rather than the first upload."""
    root = own.storage_root
    if root.exists() and not root.is_dir():
        raise SettingsError(f"the storage root {root} is a file; it must be a folder")
    try:
        folders.make_root(root)
        health.probe(own)
        workers.require_room(own)
        if own.has_total and tally.read(root) is None:
            counting.count(own)
    except ServiceError as error:
        raise SettingsError(f"{root}: {error.detail}" + (f" ({error.__cause__})" if error.__cause__ else "")) from None


def main(arguments: list[str] | None = None) -> None:
    """Serve as the command line says, until a signal."""
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))  # until uvicorn handles it: Ctrl-C shows no traceback
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(given)
    os.environ[OPTIONS] = shlex.join(given)
    app = build(options)
    if warning := _exposure(options.host):
        print(warning, file=sys.stderr, flush=True)
    try:
        sockets = server.listen(options.host, options.port)
    except SettingsError as error:
        raise SystemExit(f"local_server: {error}") from None
    print(_greeting(options.host, sockets[0].getsockname()[1]), flush=True)
    watched = [TEMPLATE.parent / name for name in SOURCES] if options.reload else []
    single = options.workers == 1 and not options.reload
    with metrics.shared(options.workers):
        server.serve(
            app if single else "local_server:app",
            sockets,
            workers=options.workers,
            watched=watched,
            proxy=options.proxy,
        )


def _exposure(host: str) -> str | None:
    """A warning if anyone may do everything; SystemExit if other machines may without --public."""
    own = settings.current()
    if not deciding.policy(own).is_open:
        return None
    if own.public:
        return f"local_server: anyone who reaches {host} may upload, delete and list: there are no keys"
    if not loopback.is_local(host):
        raise SystemExit(
            f"local_server: on {host} others could upload and delete: set IMGSRV_SECRET (python -m core.access key), "
            "or say --public"
        )
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Serve the functions of template.yaml on this machine.")
    parser.add_argument("--mode", choices=MODES, default="asgi", help="see docs/emulator.md (default: asgi)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8001, help="port to listen on (default: %(default)s)")
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--workers", type=_positive, default=1, help="server processes (default: 1, which fills every core)"
    )
    either.add_argument("--reload", action="store_true", help="restart when a source file or the template changes")
    parser.add_argument("--proxy", metavar="ADDRESS", help="believe the X-Forwarded-For of the proxy at this address")
    parser.add_argument("--public", action="store_true", help="let anyone do everything, without keys")
    parser.add_argument(
        "--parameter",
        type=_parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the template, for instance Issuer=https://...",
    )
    parser.add_argument("--storage", metavar="FOLDER", help="storage root (default: IMGSRV_STORAGE_ROOT, or ./storage)")
    return parser


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a whole number to 65535")
    return int(text)


def _greeting(host: str, port: int) -> str:
    named = {"127.0.0.1": "localhost", "0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104
    url = f"http://[{named}]:{port}" if ":" in named else f"http://{named}:{port}"
    return (
        f"Listening on {url} (API: {url}/docs), storing in {settings.current().storage_root.resolve()}\n"
        f"Try:  curl -F file=@photo.jpg {url}/projects/demo/images"
    )


def __getattr__(name: str) -> Any:
    """`app`, built when it is first asked for, with the options of LOCAL_SERVER_OPTIONS."""
    if name != "app":
        raise AttributeError(name)
    globals()["app"] = build(_parser().parse_args(shlex.split(os.environ.get(OPTIONS, ""))))
    return globals()["app"]


if __name__ == "__main__":
    main()
