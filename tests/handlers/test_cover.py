"""The cover: GET thumbnail, PUT primary, and what DELETE does to both."""

import pytest
from photos import expected_files, photo, stored_files


def cover(client, project):
    return client.get(f"/projects/{project}/thumbnail")


def test_a_project_without_images_has_no_cover(client, project):
    response = cover(client, project)
    assert (response.status_code, response.json()["type"]) == (404, "/problems/no-cover")


def test_the_cover_is_the_thumb_of_the_primary_image(client, upload, project):
    first = upload(photo(900, 600))
    upload(photo(600, 900))
    response = cover(client, project)
    assert response.content == client.get(first["urls"]["thumb"]).content
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["cache-control"] == "no-cache"


def test_cover_and_etag_follow_the_primary_image(client, upload, project):
    # The same picture twice: only the ETag can tell that the cover is another image now.
    images = [upload()["image_id"] for _ in range(2)]
    before = cover(client, project).headers["etag"]
    assert client.get(f"/projects/{project}/thumbnail", headers={"If-None-Match": before}).status_code == 304
    response = client.put(f"/projects/{project}/primary/{images[1]}")
    cover_url = f"/projects/{project}/thumbnail?v={images[1]}"
    chosen = {"project_id": project, "primary_image_id": images[1], "cover_url": cover_url}
    assert (response.status_code, response.json()) == (200, chosen)
    after = client.get(f"/projects/{project}/thumbnail", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


def test_setting_the_primary_image_twice_changes_nothing(client, upload, project):
    image = upload()["image_id"]
    etag = client.get(f"/projects/{project}/images").headers["etag"]
    assert client.put(f"/projects/{project}/primary/{image}").status_code == 200
    assert client.get(f"/projects/{project}/images").headers["etag"] == etag


def test_only_an_image_of_the_project_can_become_primary(client, upload, project, storage):
    upload()
    for target in (f"/projects/{project}/primary/unknown", f"/projects/{project}-none/primary/unknown"):
        response = client.put(target)
        assert (response.status_code, response.json()["type"]) == (404, "/problems/image-not-found")
    assert not (storage / "projects" / f"{project}-none").exists()


def test_delete_removes_the_image_in_every_size(client, upload, project, storage):
    kept, gone = upload(), upload()
    response = client.delete(f"/projects/{project}/images/{gone['image_id']}")
    assert response.status_code == 200
    assert response.json() == {
        "project_id": project,
        "image_id": gone["image_id"],
        "primary_image_id": kept["image_id"],
        "cover_url": f"/projects/{project}/thumbnail?v={kept['image_id']}",
    }
    assert [client.get(url).status_code for url in gone["urls"].values()] == [404] * len(gone["urls"])
    assert stored_files(storage, project) == expected_files(kept["image_id"])


@pytest.mark.parametrize(("primary", "next_one"), [(0, 1), (1, 2), (2, 0)])
def test_deleting_the_primary_image_promotes_the_next(client, upload, project, primary, next_one):
    images = [upload()["image_id"] for _ in range(3)]
    client.put(f"/projects/{project}/primary/{images[primary]}")
    response = client.delete(f"/projects/{project}/images/{images[primary]}")
    assert response.json()["primary_image_id"] == images[next_one]
    assert client.get(f"/projects/{project}/images").json()["primary_image_id"] == images[next_one]


def test_deleting_the_last_image_leaves_no_cover(client, upload, project):
    image = upload()["image_id"]
    assert client.delete(f"/projects/{project}/images/{image}").json()["primary_image_id"] is None
    assert cover(client, project).status_code == 404
    assert upload()["is_primary"]
    assert cover(client, project).status_code == 200


def test_deleting_twice_is_404_the_second_time(client, upload, project):
    image = upload()["image_id"]
    statuses = [client.delete(f"/projects/{project}/images/{image}").status_code for _ in range(2)]
    assert statuses == [200, 404]


def test_deleting_from_a_project_that_is_not_there_makes_none(client, project, storage):
    assert client.delete(f"/projects/{project}/images/unknown").status_code == 404
    assert not (storage / "projects" / project).exists()


def test_only_the_etag_tells_one_cover_from_another(client, upload, project):
    """Two thumbs of one second: by their dates a 304 or a range could join one cover to the other."""
    images = [upload(photo(*shape))["image_id"] for shape in ((900, 600), (600, 900))]
    first = cover(client, project)
    assert "last-modified" not in first.headers
    client.put(f"/projects/{project}/primary/{images[1]}")
    url, later = f"/projects/{project}/thumbnail", "Fri, 01 Jan 2100 00:00:00 GMT"
    assert client.get(url, headers={"If-Modified-Since": later}).status_code == 200
    assert client.get(url, headers={"Range": "bytes=5-", "If-Range": first.headers["etag"]}).status_code == 200
    assert client.get(url, headers={"Range": "bytes=5-", "If-Range": later}).status_code == 200


def test_the_covers_url_changes_with_it(client, upload, project):
    first, second = (upload()["image_id"] for _ in range(2))
    answer = client.put(f"/projects/{project}/primary/{second}").json()
    assert answer["cover_url"] == f"/projects/{project}/thumbnail?v={second}"
    assert "immutable" in client.get(answer["cover_url"]).headers["cache-control"]
    old = client.get(f"/projects/{project}/thumbnail?v={first}")
    assert old.headers["cache-control"] == "no-cache"


def test_the_cover_comes_in_any_size(client, upload, project):
    urls = upload(photo(900, 600))["urls"]
    for size, url in urls.items():
        assert client.get(f"/projects/{project}/thumbnail?size={size}").content == client.get(url).content
    assert client.get(f"/projects/{project}/thumbnail?size=huge").json()["type"] == "/problems/invalid-size"
