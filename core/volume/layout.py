"""Where everything lies under the storage root; pure, touches nothing.

<root>/projects/<project_id>/
    meta.json               the ordered index of what exists, and which image is primary
    meta.lock               whoever holds it may replace meta.json; the file itself stays
    original/<id>.jpg       an image exists if and only if this file does
    <size>/<id>.jpg         the same image in each other size of core/sizes.py
    <size>/.<id>.<random>.tmp   being written by somebody; nobody reads it
<root>/uploads/<project_id>/<upload_id>/
    bytes                   what of a resumable upload arrived; locked while somebody writes it
    <offset>.<length>[.<image_id>]   how much of it counts (see uploads/state.py)
    bounds                  what the token of its creation lets the project hold, if that has a bound
<root>/.tally/tally         what all projects hold together (see volume/tally.py)
<root>/.sweep/                how far the scheduled sweep has come
<root>/deleted/<project_id>.<random>/   what a delete of a whole project has moved away, to be removed

An image id of another making than ours may hold capitals: the file system must tell case apart.
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

    @property
    def root(self) -> Path:
        return root_of(self.folder)

    def damaged(self, number: int) -> Path:
        """Where an index that cannot be read is put aside; `number` tells it from the others."""
        return self.folder / f"{_DAMAGED}{number}"

    def size_folder(self, size: str) -> Path:
        return self.folder / size

    def rendition(self, size: str, image: ImageId) -> Path:
        return Path(self.rendition_name(size, image))

    def rendition_name(self, size: str, image: ImageId) -> str:
        """`rendition` as text, for reads: making a Path costs more than opening the file."""
        return f"{self.folder}/{size}/{image}.jpg"


def is_temporary(name: str) -> bool:
    """Whether a file or folder of this name is being written, or was by a process that died."""
    return name.startswith(_TEMPORARY_PREFIX) and name.endswith(_TEMPORARY_SUFFIX)


def temporary_start(name: str) -> str:
    """How every temporary name of what will be called `name` begins."""
    return f"{_TEMPORARY_PREFIX}{name}."


def temporary_name(name: str, unique: str) -> str:
    """A name for what will be called `name` once it is written."""
    return f"{temporary_start(name)}{unique}{_TEMPORARY_SUFFIX}"


def is_damaged_index(name: str) -> bool:
    """Whether a file of this name is an index that was put aside since it could not be read."""
    return name.startswith(_DAMAGED)


def is_kept_by_nfs(name: str) -> bool:
    """Whether an NFS client made this name for a file that was removed or replaced while it had it open."""
    return name.startswith(_NFS_REMOVED)


def image_of(name: str) -> ImageId | None:
    """The image whose file has this name; None when it is no image's."""
    image = name.removesuffix(".jpg")
    return ids.image_id(image) if image != name and ids.is_image_id(image) else None


def root_of(folder: Path) -> Path:
    """The storage root above a project's folder, for its images or for its uploads."""
    return folder.parent.parent


def projects_folder(root: Path) -> Path:
    return root / "projects"


def health_folder(root: Path) -> Path:
    """Where the health check writes: beside the projects, so that no project id can name it."""
    return root / ".health"


def sweep_folder(root: Path) -> Path:
    """Where the scheduled sweep notes how far it has come (see doctor/cursor.py)."""
    return root / ".sweep"


def tally_folder(root: Path) -> Path:
    """Where it is kept how much all projects hold."""
    return root / ".tally"


def uploads_folder(root: Path) -> Path:
    """Where resumable uploads lie, a folder for each project: beside the projects, whose folders hold images alone."""
    return root / "uploads"


def upload_folder(root: Path, project_id: ProjectId, upload_id: UploadId) -> Path:
    """The folder of one resumable upload."""
    return uploads_folder(root) / project_id / upload_id


def deleted_projects(root: Path) -> Path:
    """Where deleted projects lie until their files are removed."""
    return root / "deleted"


def deleted_folder(root: Path, project_id: ProjectId, unique: str) -> Path:
    """Where one project is moved when it is deleted."""
    return deleted_projects(root) / f"{project_id}.{unique}"


def quarantine_folder(root: Path) -> Path:
    """Where doctor puts what it takes out of a project (see doctor/quarantine.py)."""
    return root / "quarantine"


@lru_cache(maxsize=1024)  # pure, and asked by every request
def project(root: Path, project_id: ProjectId) -> ProjectLayout:
    """The layout of one project under the storage root."""
    return ProjectLayout(projects_folder(root) / project_id)
