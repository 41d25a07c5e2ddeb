"""The files of one image, for the verbs and doctor."""

import hashlib
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from core import jpeg
from core.errors import ImageNotFound
from core.ids import ImageId
from core.index.entries import MAX_NAME, Rendition
from core.sizes import ORIGINAL
from core.volume import opening, removing
from core.volume.layout import ProjectLayout

_CHUNK = 1 << 20  # bytes
# Terminal controls, controls of text direction, line ends, and lone surrogates, which JSON cannot hold.
_unshown = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def scratch(name: str) -> BinaryIO:
    """A temporary file in this host's memory, so that rendering accesses the volume only after it has succeeded.

    Where the system has memory files they can be sealed, so that no process that received one can change it any more.
    """
    if not hasattr(os, "memfd_create"):
        return TemporaryFile()
    return os.fdopen(os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b")


def bounded_name(text: str) -> str:
    """A client's name for a file, for display only: without its folder and without invisible characters."""
    return _unshown.sub("", re.split(r"[/\\]", text)[-1])[:MAX_NAME].strip()


def sha256(file: BinaryIO) -> str:
    """The SHA-256 of a whole open file, in hexadecimal digits."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def measure(path: Path) -> Rendition:
    """Measures a JPEG from its own header; ValueError when the file is no JPEG."""
    with opening.reading(path) as file:
        width, height = jpeg.dimensions(file)
        return Rendition(width, height, file.seek(0, 2))


def measured(
    project: ProjectLayout, image_id: ImageId, sizes: Iterable[str], *failures: type[Exception]
) -> dict[str, Rendition]:
    """The sizes of an image, from its files' headers; a file for which one of `failures` is raised is left out."""
    found = {}
    for size in sizes:
        with suppress(*failures):
            found[size] = measure(project.rendition(size, image_id))
    return found


def remove(project: ProjectLayout, image_id: ImageId, sizes: Iterable[str]) -> None:
    """Removes an image in all these sizes; the original, which makes the image exist, first."""
    for size in sorted(sizes, key=lambda size: size != ORIGINAL):
        removing.remove(project.rendition(size, image_id))


def no_image(image_id: ImageId) -> ImageNotFound:
    """Returns the error to raise for an image that is not in its project."""
    return ImageNotFound(f"There is no image {image_id} in this project.")
