"""thumbor: a server that keeps nothing and makes each size when it is asked, here asked for the four files.

One process of it on a loopback port, out of an environment of its own (`make bench-peers`), for it
pins an older Pillow than ours. It reads the picture once for each size and answers over HTTP, as it
always does. An embedded profile is passed on: it converts no colours, so there it does less than the others.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import client, inputs, servers
from bench.client import Connection
from bench.inputs import Photo
from bench.servers import Server

_BINARY = servers.REPOSITORY / ".venv-thumbor" / "bin" / "thumbor"

# What it leaves out unless told: upright pictures. What it adds unless told: progressive files, a store of sources.
_CONFIGURATION = """\
LOADER = "thumbor.loaders.file_loader"
FILE_LOADER_ROOT_PATH = {root!r}
STORAGE = "thumbor.storages.no_storage"
RESPECT_ORIENTATION = True
PROGRESSIVE_JPEG = False
QUALITY = 85
"""

# Every size as a JPEG, whatever the picture is; the original at the quality that the other peers give it.
_PATHS = {
    "original": "filters:format(jpeg):quality(90)",
    "medium": "fit-in/1600x1600/filters:format(jpeg)",
    "thumb": "fit-in/400x400/filters:format(jpeg)",
    "game": "50x50/filters:format(jpeg)",
}


def missing() -> str:
    """Why this peer cannot run here; empty when it can."""
    return "" if _BINARY.exists() else "make bench-peers makes its environment, .venv-thumbor"


@contextmanager
def thumbor() -> Iterator[Server]:
    """thumbor in one process with no log and no storage, loading from the folder of the inputs."""
    with tempfile.TemporaryDirectory(dir=inputs.scratch()) as home:
        configuration = Path(home) / "thumbor.conf"
        configuration.write_text(_CONFIGURATION.format(root=str(inputs.CACHE)))
        options = ["--ip", "127.0.0.1", "--log-level", "error", "--conf", str(configuration)]
        with servers.other(lambda port: [str(_BINARY), "--port", str(port), *options], inputs.CACHE) as server:
            yield server


def render(connection: Connection, photo: Photo, paths: dict[str, Path]) -> None:
    """The four answers written to their paths; RuntimeError with its status for a picture that it cannot read."""
    for size, path in paths.items():
        _, body = connection.ask(client.get(f"/unsafe/{_PATHS[size]}/{photo.path.name}"))
        path.write_bytes(body)
