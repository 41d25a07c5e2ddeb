"""What an image tells beside its pictures, in every mode: as the upload answers it and as the list shows it."""

import base64
import hashlib

import pytest
import tus
from photos import photo
from PIL import Image

EXIF_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825


def from_a_camera():
    """A photo with a time, its zone, and the place where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(EXIF_DIRECTORY).update({0x9003: "2026:02:21 19:01:02", 0x9011: "+01:00"})
    exif.get_ifd(GPS_DIRECTORY).update({1: "N", 2: (47.0, 33.0, 12.0)})
    return photo(exif=exif.tobytes())


def only_image(client, project):
    (image,) = client.get(f"/projects/{project}/images").json()["images"]
    return image


def test_time_is_told_but_not_the_place(client, upload, project):
    uploaded = upload(from_a_camera())
    assert uploaded["taken_at"] == "2026-02-21T19:01:02+01:00"
    assert set(uploaded) == set(only_image(client, project)) | {"project_id", "cover_url"}
    assert set(uploaded) == {
        *("image_id", "project_id", "cover_url", "is_primary", "created_at", "sizes", "urls"),
        *("name", "sha256", "taken_at", "placeholder"),
    }


def test_what_is_not_known_is_absent(client, project):
    client.post(f"/projects/{project}/images", files={"file": ("\u202e", photo(), "image/jpeg")}).raise_for_status()
    assert not {"name", "taken_at"} & set(only_image(client, project))


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        (f"filename {base64.b64encode('Meer ☀.jpg'.encode()).decode()},filetype aW1hZ2UvanBlZw==", "Meer ☀.jpg"),
        ("name YS5qcGc=", "a.jpg"),
        ("filename A", None),
        ("", None),
    ],
)
def test_upload_in_parts_tells_the_same(client, project, metadata, name):
    content = photo()
    url = tus.create(client, project, len(content), Upload_Metadata=metadata).headers["location"]
    assert tus.patch(client, url, 0, content).status_code == 204
    image = only_image(client, project)
    assert image.get("name") == name
    assert image["sha256"] == hashlib.sha256(content).hexdigest()
    assert "placeholder" in image
