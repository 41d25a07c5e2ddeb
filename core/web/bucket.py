"""The bucket through which files leave that are too large for one answer of a function.

A copy is made when a file is first asked for, is kept for a day, and is read through a URL that holds for some
minutes. Its key names project, image and size, which never become another file. It goes with its image: whoever
makes a copy looks afterwards whether the image is still there, whoever deletes an image removes its copies afterwards.

Everything here waits for S3, so it is called in threads. boto3 is the runtime's own, and is imported by who needs it.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from core import projects
from core.errors import ImageNotFound, StorageUnavailable
from core.ids import ImageId, ProjectId
from core.settings import Settings

LIFE = 300  # seconds that a URL holds
_FOLDER = "copies"  # of the bucket; what the functions may touch in it (template.yaml)
_FRESH = timedelta(hours=23)  # the bucket keeps a copy for a day at least
_MOST = 1000  # objects of one request
_log = logging.getLogger("imgsrv.bucket")


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy of a rendition, whether it has been made or not."""

    settings: Settings
    project: ProjectId
    image: ImageId
    size: str

    def url(self, descriptor: int, headers: dict[str, str]) -> str:
        """A URL of the copy, which is made of an open JPEG if there is none; ImageNotFound, StorageUnavailable.

        Its answers have `headers`, as S3 names them: CacheControl, ContentDisposition.
        """
        name = {"Bucket": self.settings.bucket, "Key": key(self.project, self.image, self.size)}
        with _told():
            if not _is_there(name):
                with os.fdopen(os.dup(descriptor), "rb") as file:
                    file.seek(0)
                    _client().put_object(**name, Body=file, ContentType="image/jpeg")
                self._require_image(name)
            parameters = name | {f"Response{header}": value for header, value in headers.items()}
            url: str = _client().generate_presigned_url("get_object", Params=parameters, ExpiresIn=LIFE)
            return url

    def _require_image(self, name: dict[str, str]) -> None:
        """The image may have been deleted while it was copied, by who saw no copy yet."""
        try:
            os.close(projects.open_rendition(self.settings, self.project, self.image, self.size).descriptor)
        except ImageNotFound:
            _client().delete_object(**name)
            raise


def copy_of(own: Settings, project: ProjectId, image: ImageId, size: str) -> Copy | None:
    """Where a file goes that is too large for an answer; None without a bucket."""
    return Copy(own, project, image, size) if own.bucket else None


def forget_images(own: Settings, project: ProjectId, images: list[ImageId]) -> None:
    """Removes the copies of deleted images in all sizes."""
    _forget(own.bucket, lambda: [key(project, image, size) for image in images for size in own.sizes])


def forget_project(own: Settings, project: ProjectId) -> None:
    """Removes all copies of a deleted project."""
    _forget(own.bucket, lambda: _listed(own.bucket, key(project, "")))


def connect() -> None:
    """Imports what takes long; ModuleNotFoundError on a machine without boto3."""
    _client()


def _forget(bucket: str, find: Callable[[], list[str]]) -> None:
    # What cannot be removed is only logged: the images are gone, nobody gets a URL any more, and copies expire.
    try:
        keys = find()
        for first in range(0, len(keys), _MOST):
            objects = {"Objects": [{"Key": name} for name in keys[first : first + _MOST]], "Quiet": True}
            for error in _client().delete_objects(Bucket=bucket, Delete=objects).get("Errors", []):
                _log.warning("a copy stays until it expires", extra={"key": error["Key"], "error": error["Code"]})
    except _failures() as error:
        _log.warning("copies stay until they expire", exc_info=error)


def _listed(bucket: str, prefix: str) -> list[str]:
    pages = _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def key(*parts: str) -> str:
    """The name in the bucket of a project's, an image's, or a size's copies."""
    return "/".join((_FOLDER, *parts))


def _is_there(name: dict[str, str]) -> bool:
    """Whether there is a copy that outlives the URLs that are made now."""
    from botocore.exceptions import ClientError

    try:
        made: datetime = _client().head_object(**name)["LastModified"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return datetime.now(UTC) - made < _FRESH


@cache
def _client() -> Any:
    import boto3
    from botocore.config import Config

    # A function that waits longer than its timeout answers nothing.
    patience: dict[str, Any] = {"connect_timeout": 3, "read_timeout": 10, "retries": {"total_max_attempts": 2}}
    # Addressed so, URLs name the bucket's region: others would only redirect to it, for which they are not signed.
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"}, **patience)
    return boto3.Session().client("s3", config=config)  # a session of one's own: boto3's default one is not for threads


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except _failures() as error:
        raise StorageUnavailable("The bucket for large answers does not answer; ranges can be had.") from error
