"""Copies on their own, in an S3 in memory: made again in time, never left behind by a delete, found where they are."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import moto
import pytest

from core import ids
from core.errors import ImageNotFound
from core.settings import Settings
from core.volume import layout
from core.web import bucket

PROJECT, IMAGE = ids.project_id("p"), ids.image_id("i")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with moto.mock_aws():
        bucket._client.cache_clear()
        client = bucket._client()
        client.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield client
    bucket._client.cache_clear()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage_root=tmp_path, bucket="bucket")


@pytest.fixture
def original(settings: Settings) -> Path:
    path = layout.project(settings.storage_root, PROJECT).rendition("original", IMAGE)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a JPEG")
    return path


@pytest.fixture
def share(settings: Settings, original: Path) -> Callable[[], str]:
    """Asks for a URL of the original's copy."""

    def url() -> str:
        descriptor = os.open(original, os.O_RDONLY)
        try:
            return bucket.Copy(settings, PROJECT, IMAGE, "original").url(descriptor, {})
        finally:
            os.close(descriptor)

    return url


def names(s3: Any) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket="bucket").get("Contents", [])]


def test_url_names_the_region_of_the_bucket(s3, share):
    parts = urlsplit(share())
    assert (parts.scheme, parts.netloc) == ("https", "bucket.s3.eu-central-1.amazonaws.com")
    assert parts.path == f"/{bucket.key(PROJECT, IMAGE, 'original')}"


def test_copy_that_is_about_to_expire_is_made_again(s3, share, monkeypatch):
    share()
    s3.put_object(Bucket="bucket", Key=bucket.key(PROJECT, IMAGE, "original"), Body=b"old")
    monkeypatch.setattr(bucket, "_FRESH", -bucket._FRESH)
    share()
    copy = s3.get_object(Bucket="bucket", Key=bucket.key(PROJECT, IMAGE, "original"))
    assert (copy["Body"].read(), copy["ContentType"]) == (b"a JPEG", "image/jpeg")


def test_image_deleted_while_it_is_copied_leaves_no_copy(s3, share, original):
    s3.meta.events.register("before-call.s3.PutObject", lambda **_: original.unlink())
    with pytest.raises(ImageNotFound):
        share()
    assert names(s3) == []


def test_deleted_project_leaves_no_copies_however_many(s3, settings, monkeypatch):
    monkeypatch.setattr(bucket, "_MOST", 2)
    for project in ("p", "p2"):
        for image in "abcde":
            s3.put_object(Bucket="bucket", Key=bucket.key(project, image, "original"))
    bucket.forget_project(settings, PROJECT)
    assert names(s3) == [bucket.key("p2", image, "original") for image in "abcde"]


def test_deleted_image_leaves_no_copy_in_any_size(s3, settings):
    for size in settings.sizes:
        s3.put_object(Bucket="bucket", Key=bucket.key(PROJECT, IMAGE, size))
    bucket.forget_images(settings, PROJECT, [ids.image_id("other"), IMAGE])
    assert names(s3) == []


def test_copies_that_cannot_be_removed_are_logged(s3, settings, caplog):
    s3.delete_bucket(Bucket="bucket")
    bucket.forget_images(settings, PROJECT, [IMAGE])
    assert caplog.messages == ["copies stay until they expire"]
