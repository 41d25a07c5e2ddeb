"""Projects of any size, written as the service writes them, without uploading every picture."""

from pathlib import Path

import msgspec

from core import ids
from core.sizes import STANDARD
from core.volume import layout
from core.volume.layout import ProjectLayout

_SIZES = {
    "original": {"width": 4000, "height": 3000, "bytes": 3_467_812},
    "medium": {"width": 1600, "height": 1200, "bytes": 309_114},
    "thumb": {"width": 400, "height": 300, "bytes": 15_402},
    "game": {"width": 50, "height": 50, "bytes": 1_231},
}


def meta_json(project: str, images: int) -> bytes:
    """The index of a project with so many images of twelve megapixels."""
    made = range(1_760_000_000_000, 1_760_000_000_000 + images * 1000, 1000)
    entries = [
        {"id": ids.new_image_id(ms), "ext": "jpg", "created_at": ids.timestamp(ms), "sizes": _SIZES} for ms in made
    ]
    primary = entries[0]["id"] if entries else None
    return msgspec.json.encode(
        {"revision": images, "project_id": project, "primary_image_id": primary, "images": entries}
    )


def listed(root: Path, project: str, images: int) -> ProjectLayout:
    """A project under `root` that lists so many images; only the index is there, no picture."""
    made = layout.project(root, ids.project_id(project))
    for size in STANDARD:
        made.size_folder(size).mkdir(parents=True)
    made.meta.write_bytes(meta_json(project, images))
    return made
