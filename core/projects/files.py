"""The files of one image, as its verbs and doctor handle them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from core import jpeg
from core.errors import ImageNotFound
from core.ids import ImageId
from core.index.entries import Rendition
from core.sizes import Sizes, publish_order
from core.volume import durable
from core.volume.layout import ProjectLayout


@contextmanager
def scratch(name: str) -> Iterator[BinaryIO]:
    """A file of this host's memory: rendering into it touches the volume only once it has succeeded.

    Where there are such files they can be sealed, so that nobody who was handed one changes it any more.
    """
    with _memory_file(name) if hasattr(os, "memfd_create") else TemporaryFile() as file:
        yield file


def _memory_file(name: str) -> BinaryIO:
    return os.fdopen(os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b")


def measure(path: Path) -> Rendition:
    """What the file's own header says; ValueError when it is no JPEG."""
    with path.open("rb") as file:
        width, height = jpeg.dimensions(file)
        return Rendition(width, height, file.seek(0, 2))


def remove(project: ProjectLayout, image_id: ImageId, sizes: Sizes) -> None:
    """Removes an image in all its sizes; the original, which says that the image exists, first."""
    for size in reversed(publish_order(sizes)):
        durable.remove(project.rendition(size, image_id))


def no_image(image_id: ImageId) -> ImageNotFound:
    """The error for an image that is not in its project, to be raised."""
    return ImageNotFound(f"There is no image {image_id} in this project.")
