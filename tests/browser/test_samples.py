"""The gallery in plain HTML, the one in React and the upload with progress, as docs/ has them, in a real Chromium."""

import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from photos import photo
from samples import sample
from service import Service

from core.access import tokens

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).parent
SECRET = "b" * 40
_APP = """
import { createRoot } from 'react-dom/client'
import { createElement } from 'react'
import Gallery from './Gallery.jsx'
import { sendAll } from './send-with-progress.js'
const { api: base, token } = Object.fromEntries(new URLSearchParams(location.search))
const root = document.getElementById('root')
if (root) createRoot(root).render(createElement(Gallery, { base, project: '123', token }))
window.sendAll = (files, onProgress) => sendAll(base, '123', files, { token, onProgress })
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def pages(node: Path, tmp_path: Path) -> Iterator[str]:
    """Where gallery.html and react.html are."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for page, name in [("gallery", "gallery.html"), ("gallery", "Gallery.jsx"), ("clients", "send-with-progress.js")]:
        (folder / name).write_text(sample(f"docs/{page}.md", name))
    (folder / "app.js").write_text(_APP)
    (folder / "node_modules").symlink_to(node / "node_modules")
    esbuild = [str(node / "node_modules" / ".bin" / "esbuild"), "--bundle", "--format=esm", "--jsx=automatic"]
    options = ["--outfile=bundle.js", "--log-level=warning", "--define:process.env.NODE_ENV='production'"]
    subprocess.run([*esbuild, *options, "app.js"], cwd=folder, check=True)
    head = '<!DOCTYPE html><link rel="icon" href="data:,"><div id="root"></div>'
    (folder / "react.html").write_text(f'{head}<script type="module" src="bundle.js"></script>')
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()
        thread.join()


def test_galleries(node: Path, chromium: str, pages: str, tmp_path: Path) -> None:
    token = tokens.mint({"1": SECRET.encode()}, 600, project="*", scope="upload delete primary read list")
    paths = [tmp_path / f"photo-{number}.jpg" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(photo(300 + 50 * number, 200))
    settings = {"IMGSRV_SECRET": SECRET, "IMGSRV_PRIVATE_READS": "yes"}
    with Service(tmp_path / "storage", "--mode", "lambda", **settings) as service:
        arguments = [FOLDER / "galleries.mjs", chromium, service.url, pages, token, *paths]
        done = subprocess.run(["node", *map(str, arguments)], capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{service.log[-3000:]}"
