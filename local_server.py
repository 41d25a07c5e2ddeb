"""The whole service in one process, for a laptop or one box: what template.yaml names, under uvicorn.

python local_server.py [--mode --host --port --workers --reload --storage]
uvicorn local_server:app --reload --port 8001
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import uvicorn

from core import settings
from core.access import deciding
from core.errors import ServiceError, SettingsError
from core.settings import Settings
from core.volume import durable, health
from emulator import modes
from serving import docs, logs, loopback
from serving.compose import compose
from stack import checks, template

TEMPLATE = Path(__file__).with_name("template.yaml")
SOURCES = ("core", "handlers", "stack", "serving", "emulator")
MODES = ("asgi", "event", "lambda")
# The command line's choices, for the processes that --workers and --reload start.
MODE = "LOCAL_SERVER_MODE"


def build() -> Any:
    """The composed ASGI app; SystemExit with one line when template, handlers, settings or storage won't do."""
    try:
        own = settings.current()
        mode, served = os.environ.get(MODE, "asgi"), template.load(TEMPLATE, *_access(own))
        storage = own.storage_root
        if mode == "event":
            os.environ.update(modes.variables(mode, served, storage))
            settings.current.cache_clear()
        logs.configure(settings.current().log_level)
        durable.make_root(settings.current().storage_root)
        health.probe(settings.current())  # a root that cannot be written or locked must stop the start, not an upload
        checks.check_handlers(served)
        app = compose(served) if mode == "asgi" else modes.application(mode, served, storage)
        schema = docs.merged(checks.app_of(function).openapi() for function in served.served)
        return loopback.protected(docs.with_docs(app, schema), own, served.cors.allow_origins if served.cors else ())
    except (SettingsError, template.TemplateError) as error:
        raise SystemExit(f"local_server: {error}") from None
    except ServiceError as error:
        root = settings.current().storage_root
        raise SystemExit(f"local_server: {root}: {error.detail} ({error.__cause__})") from None


def _access(own: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """Who may do what, as parameters of the template, and as variables whose values AWS would know."""
    policy = deciding.policy(own)
    parameters = {"Public": policy.is_open, "PrivateReads": own.private_reads}
    secrets = {"IMGSRV_SECRET": " ".join(f"{kid}:{key.decode()}" for kid, key in policy.keys.items())}
    return {name: "yes" if value else "no" for name, value in parameters.items()}, secrets


def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    if options.storage is not None:
        os.environ["IMGSRV_STORAGE_ROOT"] = options.storage
    if options.public:
        os.environ["IMGSRV_PUBLIC"] = "yes"
    os.environ[MODE] = options.mode
    # Cores are the machine's, not a process's: together the workers decode no more at once than one would.
    os.environ.setdefault("IMGSRV_DECODE_WORKERS", str(max(1, settings.cores() // options.workers)))
    app = build()
    if warning := _exposure(options.host):
        print(warning, file=sys.stderr, flush=True)
    print(_greeting(options), flush=True)
    single = options.workers == 1 and not options.reload
    uvicorn.run(
        app if single else "local_server:app",
        host=options.host,
        port=options.port,
        workers=options.workers if not options.reload else None,
        reload=options.reload,
        # Ours alone: the reloader looks at every file four times a second, and .venv has thousands.
        reload_dirs=[str(TEMPLATE.parent / room) for room in SOURCES] if options.reload else None,
        access_log=False,  # the guard writes the request's line
        log_config=None,
        server_header=False,
        proxy_headers=False,  # nor does the gateway take a client's word for where it is
        timeout_graceful_shutdown=60,  # an upload in flight is finished; a stuck client does not hold the stop for ever
    )


def _exposure(host: str) -> str | None:
    """A warning about who may do everything; SystemExit where nobody has said that this is meant."""
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
    parser.add_argument(
        "--workers", type=_positive, default=1, help="server processes (default: 1, which fills every core)"
    )
    parser.add_argument("--reload", action="store_true", help="restart when a source file changes")
    parser.add_argument("--public", action="store_true", help="let anyone do everything, without keys")
    parser.add_argument("--storage", metavar="FOLDER", help="storage root (default: IMGSRV_STORAGE_ROOT, or ./storage)")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a whole number to 65535")
    return int(text)


def _greeting(options: argparse.Namespace) -> str:
    host = {"127.0.0.1": "localhost", "0.0.0.0": "localhost"}.get(options.host, options.host)  # noqa: S104
    url = f"http://[{host}]:{options.port}" if ":" in host else f"http://{host}:{options.port}"
    return (
        f"Listening on {url} (API: {url}/docs), storing in {settings.current().storage_root.resolve()}\n"
        f"Try:  curl -F file=@photo.jpg {url}/projects/demo/images"
    )


if __name__ == "__main__":
    main()
else:
    app = build()
