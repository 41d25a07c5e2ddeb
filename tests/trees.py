"""A storage root with real images, made through core itself, and doctor's command line run on it."""

import io
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from photos import photo

from core import ids, projects
from core.doctor.__main__ import main
from core.index import metadata
from core.settings import Settings
from core.volume import layout
from core.volume.layout import ProjectLayout

OLD = 7200  # seconds: older than any upload takes


def store(settings: Settings, project_id: ids.ProjectId, source: BinaryIO) -> projects.Stored:
    """Stores an image as an upload does; does not list it."""
    return projects.publish(settings, project_id, projects.render(settings, source))


@dataclass
class Tree:
    """A storage root; `project` is the project that tests use."""

    settings: Settings
    project: str = "p"

    @property
    def layout(self) -> ProjectLayout:
        return layout.project(self.settings.storage_root, ids.project_id(self.project))

    def upload(self, listed: bool = True) -> str:
        """Stores an image as an upload does; `listed=False` dies before the commit."""
        stored = store(self.settings, ids.project_id(self.project), io.BytesIO(photo(64, 48)))
        if listed:
            projects.commit(self.settings, stored)
        return str(stored.image_id)

    def delete(self, image: str) -> None:
        projects.delete(self.settings, ids.project_id(self.project), ids.image_id(image))

    def path(self, size: str, image: str) -> Path:
        return self.layout.rendition(size, ids.image_id(image))

    def write(self, name: str, content: bytes = b"?", age: float = OLD) -> Path:
        path = self.layout.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        grow_old(path, age)
        return path

    def grow_old(self) -> None:
        for path in self.layout.folder.rglob("*"):
            grow_old(path)

    def index(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.layout.meta.read_bytes())
        return content

    def edit(self, change: Any) -> None:
        """Lets `change` change the parsed meta.json, which is written back."""
        content = self.index()
        change(content)
        self.layout.meta.write_text(json.dumps(content))

    def listed(self) -> list[str]:
        return metadata.read(self.layout)[1].image_ids()

    def primary(self) -> str | None:
        return metadata.read(self.layout)[1].primary

    def doctor(self, command: str, *options: str, deep: bool = False) -> tuple[int, list[tuple[str, str]]]:
        """Exit status, and (kind, subject) of each finding."""
        out = io.StringIO()
        deeply = ["--deep"] if deep else []
        status = main([command, "--json", "--storage", str(self.settings.storage_root), *deeply, *options], out)
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        return status, [(line["kind"], line["subject"]) for line in lines[:-1]]

    def quarantined(self) -> list[str]:
        folder = layout.quarantine_folder(self.settings.storage_root)
        files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        return sorted("/".join(path.parts[1:]) for path in files)  # without the date


def grow_old(path: Path, age: float = OLD) -> None:
    os.utime(path, (time.time() - age,) * 2)
