"""Serving an app under uvicorn: the sockets, the processes, and the settings of uvicorn that matter here.

The sockets are opened here and handed over, so that "listening" is said when it is true, and a port that is taken
is one sentence.
"""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import uvicorn
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.statreload import StatReload

from core.errors import SettingsError
from serving import bounds, connections
from serving.asgi import App

STOP_SECONDS = 60  # an upload in flight is finished; a client that stalls does not hold the stop for longer


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on every address of `host`; SettingsError in one sentence when that cannot be."""
    opened: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in {(family, address[:2]) for family, _, _, _, address in found}:
            waiting = bounds.backlog(bounds.raise_file_limit())
            opened.append(socket.create_server(address, family=family, backlog=waiting))
            opened[-1].set_inheritable(True)
            if not port:
                break  # each address would get another port
    except OSError as error:
        for each in opened:
            each.close()
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise SettingsError(f"cannot listen on {host}, port {port}: {reason}") from None
    return opened


def serve(
    app: App | str,
    sockets: list[socket.socket],
    *,
    workers: int = 1,
    watched: Iterable[Path] = (),
    proxy: str | None = None,
) -> None:
    """Serve until a signal ends it. With workers, or with files to be watched for a restart, `app` is a name.

    `proxy` is the address whose X-Forwarded-For is believed; without it nobody's is, as at the gateway.
    """
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http=connections.Connection,
        ws="none",
        workers=workers,
        reload=bool(watched),
        backlog=bounds.backlog(bounds.raise_file_limit()),
        access_log=False,  # the guard writes the request's line
        log_config=None,
        server_header=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips=proxy,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):  # the usual end
        if watched:
            _Reload.watched = list(watched)
            _Reload(config, server.run, sockets).run()
        elif workers > 1:
            Multiprocess(config, sockets).run()
        else:
            server.run(sockets)


class _Reload(StatReload):
    """Watches ours alone: it looks at every file four times a second, and .venv has thousands."""

    watched: ClassVar[list[Path]] = []

    def iter_py_files(self) -> Iterator[Path]:
        for path in self.watched:
            yield from path.rglob("*.py") if path.is_dir() else [path]
