"""The documented response bodies about whole projects; models.py has those about images."""

from typing import Annotated, Literal

import msgspec
from fastapi import Query
from pydantic import BaseModel, Field, WithJsonSchema

from core.projects import Project
from core.projects.listing import DEFAULT, MOST
from core.web.models import Time, cover_path

ProjectsLimitText = Annotated[
    str | None,
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT}),
    Query(description="At most so many projects."),
]
ProjectsAfterText = Annotated[str | None, Query(description="Only projects whose ids sort behind this one.")]


class ListedProject(BaseModel):
    """A project with images; `updated_at` is the time of its last change."""

    project_id: str = Field(examples=["123"])
    cover_url: str | None
    image_count: int
    updated_at: Time


class ProjectList(BaseModel):
    """Projects in the order of their ids; `next` is the URL of the next page, null on the last one."""

    projects: list[ListedProject]
    next: str | None


class ProjectDeleted(BaseModel):
    """A project that was deleted, and how many images it had listed."""

    project_id: str = Field(examples=["123"])
    deleted_images: int


class Result(BaseModel):
    """The result for one image that was to be deleted."""

    image_id: str = Field(examples=["0mws4rjqzrs4sssj5zam"])
    status: Literal["deleted", "not-found"]


class ImagesDeleted(BaseModel):
    """The result for each image, and the remaining cover."""

    project_id: str = Field(examples=["123"])
    results: list[Result]
    primary_image_id: str | None
    cover_url: str | None


class Ordered(BaseModel):
    """A project whose images have a new order, and how many it has."""

    project_id: str = Field(examples=["123"])
    total: int


def project_list(projects: list[Project], following: str | None) -> bytes:
    """The body of a list of projects, as ProjectList documents it."""
    shown = [
        {
            "project_id": project.project_id,
            "cover_url": cover_path(project.project_id, project.primary_image_id),
            "image_count": project.image_count,
            "updated_at": project.changed_at,
        }
        for project in projects
    ]
    return msgspec.json.encode({"projects": shown, "next": following})
