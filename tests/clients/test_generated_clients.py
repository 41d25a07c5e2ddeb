"""Clients that others' generators make of the OpenAPI document: they compile without a cast, and they work."""

import io
import json
import subprocess
import sys
from pathlib import Path
from shutil import copytree, which
from typing import Any

import pytest
from photos import photo
from PIL import Image
from samples import sample
from service import Service

pytestmark = pytest.mark.clients
EXAMPLES = Path(__file__).parents[2] / "examples"
_USE_TYPESCRIPT = """
import { makeClient } from './out/client.js'
import { readFile } from 'node:fs/promises'

const client = makeClient(process.argv[2])
const file = new Blob([await readFile(process.argv[3])])
const first = await client.upload('p', file, 'k1')
const again = await client.upload('p', file, 'k1')
const images = []
for await (const image of client.images('p')) images.push(image)
const { blob, width, height } = await client.jpeg('p', images[0], 'thumb')
const refused = await client.upload('p', new Blob(['no picture'])).catch((error) => error.message)
await client.remove('p', first.image_id)
const gone = await client.remove('p', first.image_id).catch((error) => error.message)
console.log(JSON.stringify({
  ids: [first.image_id, again.image_id, ...images.map((image) => image.image_id)],
  thumb: [width, height, blob.size, images[0].sizes.thumb.bytes],
  refused,
  gone,
}))
"""
_USE_HEY_API = """
import { photos } from './out.js'
import { readFile, writeFile } from 'node:fs/promises'

const [api, picture, thumb] = process.argv.slice(2)
const { upload, list, jpeg, remove } = photos(api, 'p')
const { image_id } = await upload(new Blob([await readFile(picture)]))
const [image] = await list()
await writeFile(thumb, Buffer.from(await (await jpeg(image_id)).arrayBuffer()))
await remove(image_id)
const problems = await Promise.allSettled([jpeg(image_id), upload(new Blob(['no picture']))])
console.log(JSON.stringify([image_id, image.image_id, ...problems.map(({ reason }) => reason.type)]))
"""
_USE_PYTHON = """
import json, sys
from imgsrv_client import Client
from imgsrv_client.api.images import delete_image, get_image, list_images, upload_image
from imgsrv_client.models import GetImageSize, UploadImageBody
from imgsrv_client.types import File

client = Client(base_url=sys.argv[1])
with open(sys.argv[2], "rb") as file:
    body = UploadImageBody(file=File(payload=file, file_name="photo.jpg"))
    uploaded = upload_image.sync("p", client=client, body=body)
listed = list_images.sync("p", client=client)
jpeg = get_image.sync("p", uploaded.image_id, client=client, size=GetImageSize.THUMB)
delete_image.sync("p", uploaded.image_id, client=client)
problem = get_image.sync("p", uploaded.image_id, client=client)
with open(sys.argv[3], "wb") as out:
    out.write(jpeg.payload.read())
print(json.dumps([uploaded.image_id, *(image.image_id for image in listed.images), problem.type_, problem.title]))
"""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo(900, 600))
    return path


def run(*command: object, folder: Path) -> str:
    ended = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_typescript_compiles_and_works(node: Path, server: Service, picture: Path, tmp_path: Path) -> None:
    folder = Path(copytree(EXAMPLES / "typescript", tmp_path / "typescript"))
    (folder / "node_modules").symlink_to(node / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    run("node", "generate.mjs", server.url, folder=folder)
    run(folder / "node_modules" / ".bin" / "tsc", "--project", ".", "--outDir", "out", folder=folder)
    (folder / "use.js").write_text(_USE_TYPESCRIPT)
    told: dict[str, Any] = json.loads(run("node", "use.js", server.url, picture, folder=folder))
    assert told["ids"] == [told["ids"][0]] * 3
    width, height, size, announced = told["thumb"]
    assert (width, height, size) == (400, 267, announced)
    assert told["refused"].endswith("."), "a sentence to show"
    assert told["gone"].startswith("There is no image")


def test_typescript_has_no_cast() -> None:
    source = (EXAMPLES / "typescript" / "client.ts").read_text()
    assert not [cast for cast in (" as ", "any", "@ts-", "!.", "unknown") if cast in source]
    assert len(source.splitlines()) <= 60


def test_hey_api_compiles_and_works(node: Path, server: Service, picture: Path, tmp_path: Path) -> None:
    programs = node / "node_modules" / ".bin"
    document = f"{server.url}/openapi.json"
    run(programs / "openapi-ts", "--input", document, "--output", "client", "--no-log-file", folder=tmp_path)
    (tmp_path / "photos.ts").write_text(sample("docs/clients.md", "photos.ts"))
    configuration = json.loads((EXAMPLES / "typescript" / "tsconfig.json").read_text())
    (tmp_path / "tsconfig.json").write_text(json.dumps({**configuration, "files": ["photos.ts"]}))
    run(programs / "tsc", "--project", ".", "--noEmit", folder=tmp_path)
    run(programs / "esbuild", "photos.ts", "--bundle", "--format=esm", "--outfile=out.js", folder=tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "use.js").write_text(_USE_HEY_API)
    jpeg = tmp_path / "medium.jpg"
    uploaded, listed, *problems = json.loads(run("node", "use.js", server.url, picture, jpeg, folder=tmp_path))
    assert uploaded == listed
    assert problems == ["/problems/image-not-found", "/problems/not-an-image"]
    assert Image.open(io.BytesIO(jpeg.read_bytes())).size == (900, 600)


def test_python_uploads_lists_fetches_and_deletes(server: Service, picture: Path, tmp_path: Path) -> None:
    generator = Path(sys.executable).with_name("openapi-python-client")
    if which(str(generator)) is None:
        pytest.skip("needs openapi-python-client")
    config = EXAMPLES / "python" / "openapi-python-client.yaml"
    run(generator, "generate", "--url", f"{server.url}/openapi.json", "--config", config, folder=tmp_path)
    (tmp_path / "imgsrv-client" / "use.py").write_text(_USE_PYTHON)
    jpeg = tmp_path / "thumb.jpg"
    told = run(sys.executable, "use.py", server.url, picture, jpeg, folder=tmp_path / "imgsrv-client")
    uploaded, listed, kind, title = json.loads(told)
    assert uploaded == listed
    assert (kind, title) == ("/problems/image-not-found", "Image not found")
    assert Image.open(io.BytesIO(jpeg.read_bytes())).size == (400, 267)
