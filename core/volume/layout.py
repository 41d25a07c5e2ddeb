"""The paths of everything under the storage root; pure, accesses no file.

<root>/projects/<project_id>/
    meta.json               the ordered index of the images, and which image is primary
    meta.lock               its holder may replace meta.json; the file itself is never removed
    original/<id>.jpg       an image exists if and only if this file does
    <size>/<id>.jpg         the same image in each other size of core/sizes.py
    <size>/.<id>.<random>.tmp   a file that is being written; nobody reads it
<root>/uploads/<project_id>/<upload_id>/
    bytes                   the bytes of a resumable upload that arrived; locked while a request writes
    <offset>.<length>[.<image_id>]   how many of them count (see uploads/state.py)
    bounds                  the quota of the token that created it, if the token has one
<root>/.tally/tally         what all projects hold together (see volume/tally.py)
<root>/.sweep/                how far the scheduled sweep has come
<root>/deleted/<project_id>.<random>/   a deleted project, moved away and to be removed

An image id that another service made may contain capitals, so the file system must be case-sensitive.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core import ids
from core.ids import ImageId, ProjectId, UploadId

_TEMPORARY_PREFIX, _TEMPORARY_SUFFIX = ".", ".tmp"
_DAMAGED = "meta.json.damaged-"
_NFS_REMOVED = ".nfs"


@dataclass(frozen=True, slots=True)
class ProjectLayout:
    """The paths of one project."""

    folder: Path

    @property
    def meta(self) -> Path:
        return self.folder / "meta.json"

    @property
    def lock(self) -> Path:
        return self.folder / "meta.lock"

    def damaged(self, number: int) -> Path:
        """The path at which an unreadable index is set aside; `number` distinguishes it from others."""
        return self.folder / f"{_DAMAGED}{number}"

    def size_folder(self, size: str) -> Path:
        return self.folder / size

    def rendition(self, size: str, image: ImageId) -> Path:
        return Path(self.rendition_name(size, image))

    def rendition_name(self, size: str, image: ImageId) -> str:
        """`rendition` as text, for reads: a Path costs more than opening the file."""
        return f"{self.folder}/{size}/{image}.jpg"


def is_temporary(name: str) -> bool:
    """Whether a file or folder with this name is being written, or was being written by a process that died."""
    return name.startswith(_TEMPORARY_PREFIX) and name.endswith(_TEMPORARY_SUFFIX)


def temporary_start(name: str) -> str:
    """The beginning of every temporary name for a file that will be called `name`."""
    return f"{_TEMPORARY_PREFIX}{name}."


def temporary_name(name: str, unique: str) -> str:
    """A temporary name for a file that will be called `name` once it is written."""
    return f"{temporary_start(name)}{unique}{_TEMPORARY_SUFFIX}"


def is_damaged_index(name: str) -> bool:
    """Whether a file with this name is an unreadable index that was set aside."""
    return name.startswith(_DAMAGED)


def is_kept_by_nfs(name: str) -> bool:
    """Whether an NFS client made this name for a file that was removed or replaced while it was open."""
    return name.startswith(_NFS_REMOVED)


def image_of(name: str) -> ImageId | None:
    """The image whose file has this name; None when it is no image's file."""
    image = name.removesuffix(".jpg")
    return ids.image_id(image) if image != name and ids.is_image_id(image) else None


def root_of(folder: Path) -> Path:
    """The storage root above a project's folder of images or of uploads."""
    return folder.parent.parent


def projects_folder(root: Path) -> Path:
    return root / "projects"


def health_folder(root: Path) -> Path:
    """The folder of the health check: beside the projects, so that no project id can name it."""
    return root / ".health"


def sweep_folder(root: Path) -> Path:
    """The folder in which the scheduled sweep saves its progress (see doctor/cursor.py)."""
    return root / ".sweep"


def tally_folder(root: Path) -> Path:
    """The folder of the tally, which counts what all projects hold."""
    return root / ".tally"


def uploads_folder(root: Path) -> Path:
    """The folder of resumable uploads, with a folder per project: beside the projects, which hold only images."""
    return root / "uploads"


def upload_folder(root: Path, project_id: ProjectId, upload_id: UploadId) -> Path:
    """The folder of one resumable upload."""
    return uploads_folder(root) / project_id / upload_id


def deleted_projects(root: Path) -> Path:
    """The folder of deleted projects, until their files are removed."""
    return root / "deleted"


def deleted_folder(root: Path, project_id: ProjectId, unique: str) -> Path:
    """The folder to which a project is moved when it is deleted."""
    return deleted_projects(root) / f"{project_id}.{unique}"


def quarantine_folder(root: Path) -> Path:
    """The folder to which doctor moves files of projects (see doctor/quarantine.py)."""
    return root / "quarantine"


@lru_cache(maxsize=1024)  # pure, and called by every request
def project(root: Path, project_id: ProjectId) -> ProjectLayout:
    """The layout of one project under the storage root."""
    return ProjectLayout(projects_folder(root) / project_id)
