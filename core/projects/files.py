"""The files of one image, as its verbs and doctor handle them."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from core import jpeg
from core.errors import ImageNotFound
from core.ids import ImageId
from core.index.entries import MAX_NAME, Rendition
from core.sizes import ORIGINAL
from core.volume import durable, opening
from core.volume.layout import ProjectLayout

_CHUNK = 1 << 20  # bytes
# Controls of terminals and of the direction of text, ends of lines, and halves of characters, which no JSON holds.
_unshown = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@contextmanager
def scratch(name: str) -> Iterator[BinaryIO]:
    """A file of this host's memory: rendering into it touches the volume only once it has succeeded.

    Where there are such files they can be sealed, so that nobody who was handed one changes it any more.
    """
    with _memory_file(name) if hasattr(os, "memfd_create") else TemporaryFile() as file:
        yield file


def _memory_file(name: str) -> BinaryIO:
    return os.fdopen(os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b")


def bounded_name(text: str) -> str:
    """What a client calls a file, to be shown and nothing else: without its folder and what does not show."""
    return _unshown.sub("", re.split(r"[/\\]", text)[-1])[:MAX_NAME].strip()


def sha256(file: BinaryIO) -> str:
    """Of all of an open file, in hexadecimal digits."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def measure(path: Path) -> Rendition:
    """What the file's own header says; ValueError when it is no JPEG."""
    with opening.reading(path) as file:
        width, height = jpeg.dimensions(file)
        return Rendition(width, height, file.seek(0, 2))


def remove(project: ProjectLayout, image_id: ImageId, sizes: Iterable[str]) -> None:
    """Removes an image in all these sizes; the original, which says that the image exists, first."""
    for size in sorted(sizes, key=lambda size: size != ORIGINAL):
        durable.remove(project.rendition(size, image_id))


def no_image(image_id: ImageId) -> ImageNotFound:
    """The error for an image that is not in its project, to be raised."""
    return ImageNotFound(f"There is no image {image_id} in this project.")
