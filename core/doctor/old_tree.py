"""Reads a project's folder as the original single-file service wrote it, or nearly so; changes nothing.

Its originals may have any extension; its meta.json may be missing, damaged, or have other forms of times.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from core import ids
from core.index.entries import UNREADABLE
from core.sizes import ORIGINAL
from core.volume import opening
from core.volume.layout import ProjectLayout, is_kept_by_nfs, is_temporary


@dataclass(frozen=True, slots=True)
class OldImage:
    """One original: its id, its path, and the time of its making in milliseconds since 1970."""

    id: str
    path: Path
    made_ms: int


@dataclass(frozen=True, slots=True)
class OldProject:
    """A project's images in order, its primary image, and (name, reason) for each file that cannot be an image."""

    images: list[OldImage]
    primary: str | None
    refused: list[tuple[str, str]]


def read(project: ProjectLayout) -> OldProject:
    """Reads one project's folder: first the listed images in their order, then the others by their time."""
    content = _content(project.meta)
    meta, primary = _meta(content), content.get("primary_image_id")
    refused: list[tuple[str, str]] = []
    files = _originals(project, {image: str(entry.get("ext", "jpg")) for image, entry in meta.items()}, refused)
    images = [_image(files.pop(image), image, meta[image]) for image in [*meta] if image in files]
    refused += [(image, "listed, but its original is gone") for image in meta if image not in {i.id for i in images}]
    rest = sorted((_image(path, image, {}) for image, path in files.items()), key=lambda image: image.made_ms)
    return OldProject([*images, *rest], primary if isinstance(primary, str) else None, refused)


def _content(path: Path) -> dict[str, Any]:
    with suppress(OSError, *UNREADABLE), opening.reading(path) as file:
        content = msgspec.json.decode(file.read().removeprefix(b"\xef\xbb\xbf"))  # the BOM of Windows editors
        return content if isinstance(content, dict) else {}
    return {}


def _meta(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The first entry of each image that meta.json lists."""
    listed = content.get("images")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if "id" in entry:
            found.setdefault(str(entry["id"]), entry)
    return found


def _originals(project: ProjectLayout, extensions: dict[str, str], refused: list[tuple[str, str]]) -> dict[str, Path]:
    """The file of each image; of several files with one id, the one whose extension meta.json names."""
    found: dict[str, Path] = {}
    for name in _names(project.size_folder(ORIGINAL), refused):
        path = project.size_folder(ORIGINAL) / name
        if not ids.is_image_id(path.stem):
            refused.append((f"{ORIGINAL}/{name}", "its name cannot be an image's id"))
        elif path.stem not in found:
            found[path.stem] = path
        else:
            named = f"{path.stem}.{extensions.get(path.stem, 'jpg').lstrip('.')}"
            kept, other = (path, found[path.stem]) if name == named else (found[path.stem], path)
            found[path.stem] = kept
            refused.append((f"{ORIGINAL}/{other.name}", f"{kept.name} has the same id"))
    return found


def _names(folder: Path, refused: list[tuple[str, str]]) -> Iterator[str]:
    with suppress(FileNotFoundError):
        for name, is_file in sorted(opening.listing(folder)):
            if is_file and not is_temporary(name) and not is_kept_by_nfs(name):
                yield name
            elif not is_file:
                refused.append((f"{ORIGINAL}/{name}", "no regular file"))


def _image(path: Path, image: str, entry: dict[str, Any]) -> OldImage:
    told = _milliseconds(entry.get("created_at"))
    return OldImage(image, path, os.lstat(path).st_mtime_ns // 1_000_000 if told is None else told)


def _milliseconds(told: object) -> int | None:
    """Milliseconds since 1970, from text (ISO 8601, UTC if it names no zone), seconds or milliseconds since 1970."""
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 < told < 1e14:
        return int(told if told > 1e11 else told * 1000)
    if isinstance(told, str):
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(told.strip())
            return int(
                (moment if moment.tzinfo else datetime.combine(moment.date(), moment.time(), UTC)).timestamp() * 1000
            )
    return None
