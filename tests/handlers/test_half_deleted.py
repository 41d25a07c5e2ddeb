"""An image whose original is gone, as a crash in a delete leaves it, is gone in every size."""

import pytest
from photos import photo


@pytest.fixture
def half_deleted(upload, storage, project):
    """The primary image of two, without its original; the other image comes second."""
    first, second = upload(photo(90, 60)), upload(photo(60, 90))
    (storage / "projects" / project / "original" / f"{first['image_id']}.jpg").unlink()
    return first, second


def test_half_deleted_image_is_not_found_in_any_size(client, half_deleted):
    for url in half_deleted[0]["urls"].values():
        for response in (client.get(url), client.head(url)):
            assert response.status_code == 404
        assert client.get(url).json()["type"] == "/problems/image-not-found"


def test_half_deleted_image_is_no_cover(client, half_deleted, project):
    thumb = client.get(half_deleted[1]["urls"]["thumb"])
    assert client.get(f"/projects/{project}/thumbnail").content == thumb.content


def test_half_deleted_image_cannot_become_primary(client, half_deleted, project):
    image = half_deleted[0]["image_id"]
    response = client.put(f"/projects/{project}/primary/{image}")
    assert (response.status_code, response.json()["type"]) == (404, "/problems/image-not-found")


def test_half_deleted_image_can_be_deleted(client, half_deleted, project):
    first, second = (image["image_id"] for image in half_deleted)
    response = client.delete(f"/projects/{project}/images/{first}")
    assert (response.status_code, response.json()["primary_image_id"]) == (200, second)
    assert [image["image_id"] for image in client.get(f"/projects/{project}/images").json()["images"]] == [second]
