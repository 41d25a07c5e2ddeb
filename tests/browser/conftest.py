"""A page of another origin, built of the documentation's own code, and a real Chromium to open it in."""

import re
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copy, which

import pytest
from clients.conftest import bucket, node, photos, server  # noqa: F401  fixtures of the same clients

FOLDER = Path(__file__).parent
DOCUMENT = FOLDER.parents[1] / "docs" / "uploads.md"
UPLOADERS = DOCUMENT.with_name("uploaders.md")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's executable."""
    path = which("chromium") or which("chromium-browser")
    if path is None:
        pytest.skip("needs chromium")
    return path


@pytest.fixture(scope="session")
def page(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: F811
    """The URL of a page with a file input and the functions of page.js; uploaders.html has those of uploaders.js."""
    folder = tmp_path_factory.mktemp("page")
    blocks = re.findall(r"```js\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    for name, block in zip(("browser.js", "uppy.js"), blocks, strict=True):
        (folder / name).write_text(block)
    blocks = re.findall(r"```js\n// (\S+)\n(.*?)```", UPLOADERS.read_text(), re.DOTALL)
    for name, block in blocks:
        (folder / name).write_text(block)
    (folder / "documented.js").write_text("".join(f"export * from './{name}'\n" for name, _ in blocks))
    (folder / "node_modules").symlink_to(node / "node_modules")
    esbuild = [node / "node_modules" / ".bin" / "esbuild", "--bundle", "--format=esm", "--log-level=warning"]
    options = ["--outdir=bundles", "--define:process.env.NODE_ENV='production'"]
    for name in ("page.js", "uploaders.js"):
        copy(FOLDER / name, folder)
        subprocess.run([*esbuild, *options, name], cwd=folder, check=True)
    head = '<!DOCTYPE html><title>uploads</title><link rel="icon" href="data:,"><input type="file" multiple>'
    (folder / "index.html").write_text(f'{head}<script type="module" src="bundles/page.js"></script>')
    (folder / "uploaders.html").write_text(f'{head}<script type="module" src="bundles/uploaders.js"></script>')
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}/"
        served.shutdown()
        thread.join()
