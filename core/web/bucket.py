"""The S3 bucket for files that are too large for one answer of a function.

A copy is made when a file is first requested, is kept for a day, and is read through a URL that is valid for some
minutes. Its key is project, image and size, which always mean the same file. A copy is removed with its image: a delete
removes the image's copies afterwards, and whoever makes a copy checks afterwards that the image still exists.

Everything here waits for S3, so it is called in threads. boto3 comes with the runtime, and is imported only on use.
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

LIFE = 300  # seconds for which a URL is valid
_FOLDER = "copies"  # the only folder of the bucket that the functions may access (template.yaml)
_FRESH = timedelta(hours=23)  # the bucket keeps a copy for at least a day
_MOST = 1000  # objects per request
_log = logging.getLogger("imgsrv.bucket")


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy of a rendition, which may not have been made yet."""

    settings: Settings
    project: ProjectId
    image: ImageId
    size: str

    def url(self, descriptor: int, headers: dict[str, str]) -> str:
        """Returns a URL of the copy, and makes the copy from an open JPEG if needed; ImageNotFound, StorageUnavailable.

        The URL's answers have `headers`, named as in S3: CacheControl, ContentDisposition.
        """
        place = {"Bucket": self.settings.bucket, "Key": key(self.project, self.image, self.size)}
        with _as_unavailable():
            if not _is_there(place):
                with os.fdopen(os.dup(descriptor), "rb") as file:
                    file.seek(0)
                    _client().put_object(**place, Body=file, ContentType="image/jpeg")
                self._require_image(place)
            parameters = place | {f"Response{header}": value for header, value in headers.items()}
            url: str = _client().generate_presigned_url("get_object", Params=parameters, ExpiresIn=LIFE)
            return url

    def _require_image(self, place: dict[str, str]) -> None:
        """Removes the copy if the image was deleted while it was copied, since that delete saw no copy yet."""
        try:
            os.close(projects.open_rendition(self.settings, self.project, self.image, self.size).descriptor)
        except ImageNotFound:
            _client().delete_object(**place)
            raise


def copy_of(settings: Settings, project: ProjectId, image: ImageId, size: str) -> Copy | None:
    """The copy of a file that is too large for one answer; None without a bucket."""
    return Copy(settings, project, image, size) if settings.bucket else None


def forget_images(settings: Settings, project: ProjectId, images: list[ImageId]) -> None:
    """Removes the copies of deleted images in all sizes."""
    _forget(settings.bucket, lambda: [key(project, image, size) for image in images for size in settings.sizes])


def forget_project(settings: Settings, project: ProjectId) -> None:
    """Removes all copies of a deleted project."""
    _forget(settings.bucket, lambda: _listed(settings.bucket, key(project, "")))


def connect() -> None:
    """Does the slow imports; ModuleNotFoundError on a machine without boto3."""
    _client()


def _forget(bucket: str, find: Callable[[], list[str]]) -> None:
    # A failure is only logged: the images are gone, nobody gets a URL any more, and copies expire.
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
    """The key in the bucket for the copies of a project, an image, or a size."""
    return "/".join((_FOLDER, *parts))


def _is_there(place: dict[str, str]) -> bool:
    """Whether there is a copy that will outlive a URL made now."""
    from botocore.exceptions import ClientError

    try:
        made: datetime = _client().head_object(**place)["LastModified"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return datetime.now(UTC) - made < _FRESH


@cache
def _client() -> Any:
    import boto3
    from botocore.config import Config

    # Short time-outs: a function that waits longer than its own timeout returns no answer.
    patience: dict[str, Any] = {"connect_timeout": 3, "read_timeout": 10, "retries": {"total_max_attempts": 2}}
    # With this addressing URLs name the bucket's region; others would be redirected there, where the signature fails.
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"}, **patience)
    return boto3.Session().client("s3", config=config)  # an own session: boto3's default session is not thread-safe


def _failures() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except _failures() as error:
        raise StorageUnavailable("The bucket for large answers does not answer; ranges can be had.") from error
