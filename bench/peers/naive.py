"""The service as anyone writes it first: one file, correct on a good day. The yardstick of every ratio.

Run it with `uvicorn bench.peers.naive:app`. It stores under NAIVE_ROOT; NAIVE_COLOUR=1 makes it
convert embedded profiles to sRGB, for inputs where leaving that out would not be the same work.
"""

import io
import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from fastapi import FastAPI, HTTPException, UploadFile
from fastapi.responses import FileResponse
from filelock import FileLock
from mangum import Mangum
from PIL import Image, ImageCms, ImageOps
from pillow_heif import register_heif_opener

register_heif_opener()

ROOT = Path(os.environ.get("NAIVE_ROOT", "storage-naive"))
COLOUR = os.environ.get("NAIVE_COLOUR") == "1"
SIZES = ("original", "medium", "thumb", "game")
app = FastAPI()
handler = Mangum(app, lifespan="off")


def render(source: BinaryIO, paths: dict[str, Path], colour: bool = COLOUR) -> None:
    """The four JPEGs of one upload, at the paths given."""
    image = ImageOps.exif_transpose(Image.open(source))
    profile = image.info.get("icc_profile")
    image = image.convert("RGB")
    if colour and profile:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, embedded, ImageCms.createProfile("sRGB"))
        image = converted if converted is not None else image
        image.info.pop("icc_profile", None)
    image.save(paths["original"], "JPEG", quality=90)
    medium = image.copy()
    medium.thumbnail((1600, 1600), Image.Resampling.LANCZOS)
    medium.save(paths["medium"], "JPEG", quality=85)
    thumb = image.copy()
    thumb.thumbnail((400, 400), Image.Resampling.LANCZOS)
    thumb.save(paths["thumb"], "JPEG", quality=85)
    game = ImageOps.fit(image, (50, 50), Image.Resampling.LANCZOS)
    game.save(paths["game"], "JPEG", quality=85)


def folder(project_id: str) -> Path:
    return ROOT / "projects" / project_id


def load(project_id: str) -> dict[str, Any]:
    path = folder(project_id) / "meta.json"
    if not path.exists():
        return {"project_id": project_id, "primary_image_id": None, "images": []}
    meta: dict[str, Any] = json.loads(path.read_text())
    return meta


def store(project_id: str, meta: dict[str, Any]) -> None:
    (folder(project_id) / "meta.json").write_text(json.dumps(meta, indent=2))


def urls(project_id: str, image_id: str) -> dict[str, Any]:
    return {size: f"/projects/{project_id}/images/{image_id}?size={size}" for size in SIZES}


@app.post("/projects/{project_id}/images", status_code=201)
def upload(project_id: str, file: UploadFile) -> dict[str, Any]:
    image_id = uuid.uuid4().hex
    paths = {size: folder(project_id) / size / f"{image_id}.jpg" for size in SIZES}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        render(file.file, paths)
    except OSError as error:
        raise HTTPException(400, "not an image") from error
    with FileLock(folder(project_id) / "meta.lock"):
        meta = load(project_id)
        created = datetime.now(UTC).isoformat()
        meta["images"].append({"id": image_id, "ext": "jpg", "created_at": created})
        meta["primary_image_id"] = meta["primary_image_id"] or image_id
        store(project_id, meta)
    return {
        "image_id": image_id,
        "project_id": project_id,
        "is_primary": meta["primary_image_id"] == image_id,
        "urls": urls(project_id, image_id),
    }


@app.get("/projects/{project_id}/images")
def list_images(project_id: str) -> dict[str, Any]:
    meta = load(project_id)
    images = []
    for entry in meta["images"]:
        sizes = {}
        for size in SIZES:
            path = folder(project_id) / size / f"{entry['id']}.jpg"
            with Image.open(path) as image:
                sizes[size] = {"width": image.width, "height": image.height, "bytes": path.stat().st_size}
        images.append(
            {
                "image_id": entry["id"],
                "is_primary": entry["id"] == meta["primary_image_id"],
                "created_at": entry["created_at"],
                "sizes": sizes,
                "urls": urls(project_id, entry["id"]),
            }
        )
    return {"project_id": project_id, "primary_image_id": meta["primary_image_id"], "images": images}


def serve(path: Path) -> FileResponse:
    if not path.is_file():
        raise HTTPException(404, "no such image")
    return FileResponse(path, media_type="image/jpeg")


@app.get("/projects/{project_id}/images/{image_id}")
def get_image(project_id: str, image_id: str, size: str = "original") -> FileResponse:
    if size not in SIZES:
        raise HTTPException(400, "no such size")
    return serve(folder(project_id) / size / f"{image_id}.jpg")


@app.get("/projects/{project_id}/thumbnail")
def thumbnail(project_id: str) -> FileResponse:
    primary = load(project_id)["primary_image_id"]
    if primary is None:
        raise HTTPException(404, "no images yet")
    return serve(folder(project_id) / "thumb" / f"{primary}.jpg")


@app.delete("/projects/{project_id}/images/{image_id}")
def delete_image(project_id: str, image_id: str) -> dict[str, Any]:
    with FileLock(folder(project_id) / "meta.lock"):
        meta = load(project_id)
        meta["images"] = [entry for entry in meta["images"] if entry["id"] != image_id]
        if meta["primary_image_id"] == image_id:
            meta["primary_image_id"] = meta["images"][0]["id"] if meta["images"] else None
        store(project_id, meta)
    for size in SIZES:
        (folder(project_id) / size / f"{image_id}.jpg").unlink(missing_ok=True)
    return {"project_id": project_id, "image_id": image_id, "primary_image_id": meta["primary_image_id"]}


@app.put("/projects/{project_id}/primary/{image_id}")
def set_primary(project_id: str, image_id: str) -> dict[str, Any]:
    with FileLock(folder(project_id) / "meta.lock"):
        meta = load(project_id)
        meta["primary_image_id"] = image_id
        store(project_id, meta)
    return {"project_id": project_id, "primary_image_id": image_id}
