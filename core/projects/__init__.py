"""The verbs: everything that can be done with a project and its pictures.

An image exists if and only if its original does. `publish` stores the original, `commit` lists the image,
and only then is an upload answered. `delete` first removes the original, then the image from the list.
So every answered upload is durable, and `doctor` recognizes what a crash in between leaves.

    adding      render, publish, commit, withdraw
    finishing   begins resumable uploads, and makes the image of each exactly once
    quota       what a project may hold
    changing    set_primary, reorder
    deleting    delete, delete_many, delete_project
    reading     open_rendition, open_cover, list_images, find, find_content
    listing     list_projects
    files       the four files of an image, for these and for doctor
"""

from core.projects.adding import Rendered, Stored, commit, publish, render, withdraw
from core.projects.changing import reorder, set_primary
from core.projects.deleting import delete, delete_many, delete_project
from core.projects.files import sha256
from core.projects.finishing import begin, claim, give_up, refuse, still_claimed
from core.projects.listing import Project, list_projects, project_page
from core.projects.quota import require_room
from core.projects.reading import (
    Listed,
    Page,
    find,
    find_content,
    glance_at_cover,
    list_images,
    list_version,
    open_cover,
    open_rendition,
    page,
)
from core.volume.opening import OpenFile

__all__ = [
    "Listed",
    "OpenFile",
    "Page",
    "Project",
    "Rendered",
    "Stored",
    "begin",
    "claim",
    "commit",
    "delete",
    "delete_many",
    "delete_project",
    "find",
    "find_content",
    "give_up",
    "glance_at_cover",
    "list_images",
    "list_projects",
    "list_version",
    "open_cover",
    "open_rendition",
    "page",
    "project_page",
    "publish",
    "refuse",
    "render",
    "reorder",
    "require_room",
    "set_primary",
    "sha256",
    "still_claimed",
    "withdraw",
]
