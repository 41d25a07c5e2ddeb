"""GET /projects/{project_id}/images: order, sizes, pages, conditional requests."""

import re

import pytest
from photos import photo
from service import Service


def listed(client, project, **query):
    response = client.get(f"/projects/{project}/images", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def ids(body):
    return [image["image_id"] for image in body["images"]]


def test_a_project_without_images_is_an_empty_list(client, project, storage):
    assert listed(client, project) == {
        "project_id": project,
        "primary_image_id": None,
        "cover_url": None,
        "total": 0,
        "images": [],
        "next": None,
    }
    assert not (storage / "projects" / project).exists()


def test_an_image_is_listed_with_flag_time_sizes_and_urls(client, upload, project):
    uploaded = upload(photo(2000, 1000))
    (image,) = listed(client, project)["images"]
    image["sizes"] = {name: image["sizes"][name] for name in ("original", "medium", "thumb", "game")}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", image.pop("created_at"))
    lengths = {size: len(client.get(url).content) for size, url in uploaded["urls"].items()}
    assert image == {
        **{name: uploaded[name] for name in ("name", "sha256", "placeholder")},
        "image_id": uploaded["image_id"],
        "is_primary": True,
        "sizes": {
            "original": {"width": 2000, "height": 1000, "bytes": lengths["original"]},
            "medium": {"width": 1600, "height": 800, "bytes": lengths["medium"]},
            "thumb": {"width": 400, "height": 200, "bytes": lengths["thumb"]},
            "game": {"width": 50, "height": 50, "bytes": lengths["game"]},
        },
        "urls": uploaded["urls"],
    }


def test_images_are_listed_in_upload_order_with_one_primary(client, upload, project):
    uploaded = [upload()["image_id"] for _ in range(4)]
    body = listed(client, project)
    assert ids(body) == uploaded
    assert body["primary_image_id"] == uploaded[0]
    assert [image["is_primary"] for image in body["images"]] == [True, False, False, False]


def test_pages_of_any_size_put_together_are_the_whole_list(client, upload, project):
    uploaded = [upload()["image_id"] for _ in range(5)]
    for limit in (1, 2, 5, 9):
        page, collected = listed(client, project, limit=limit), []
        while page["images"]:
            assert len(page["images"]) <= limit
            collected += ids(page)
            page = listed(client, project, limit=limit, after=collected[-1])
        assert collected == uploaded


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=", "after=unknown"])
def test_a_page_that_cannot_be_is_refused(client, upload, project, query):
    upload()
    response = client.get(f"/projects/{project}/images?{query}")
    assert (response.status_code, response.json()["type"]) == (400, "/problems/invalid-page")


def test_a_poll_of_an_unchanged_list_costs_a_304(client, upload, project):
    upload()
    first = client.get(f"/projects/{project}/images")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(f"/projects/{project}/images", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_change_changes_the_etag(client, upload, project):
    url = f"/projects/{project}/images"
    etags = [client.get(url).headers.get("etag")]
    images = []
    for _ in range(3):
        images.append(upload()["image_id"])
        etags.append(client.get(url).headers["etag"])
    client.put(f"/projects/{project}/primary/{images[1]}")
    etags.append(client.get(url).headers["etag"])
    client.delete(f"{url}/{images[2]}")
    etags.append(client.get(url).headers["etag"])
    assert len(set(etags)) == len(etags)


def test_head_of_a_list_has_its_length_and_no_body(client, upload, project):
    upload()
    url, plain = f"/projects/{project}/images", {"Accept-Encoding": "identity"}  # what is compressed has no length
    got, headed = client.get(url, headers=plain), client.head(url, headers=plain)
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-length"] == got.headers["content-length"]
    assert headed.headers["etag"] == got.headers["etag"]


def test_impossible_page_is_refused(client, upload, project):
    upload()
    etag = client.get(f"/projects/{project}/images").headers["etag"]
    response = client.get(f"/projects/{project}/images?after=unknown", headers={"If-None-Match": etag})
    assert response.status_code == 400


def test_a_page_is_answered_304_too(client, upload, project):
    url = f"/projects/{project}/images?after={upload()['image_id']}"
    etag = client.get(url).headers["etag"]
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("zeros", [1, 18, 4300, 5000])
def test_limit_may_have_leading_zeros(client, upload, project, zeros):
    for _ in range(2):
        upload()
    assert len(listed(client, project, limit="0" * zeros + "1")["images"]) == 1


def test_empty_list_has_an_etag_until_the_first_image(client, upload, project):
    url = f"/projects/{project}/images"
    etag = client.get(url).headers["etag"]
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    upload()
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_pages_have_a_next_one(client, upload, project):
    images = [upload(photo(200 + n, 100))["image_id"] for n in range(5)]
    url, found = f"/projects/{project}/images?limit=2", []
    while url:
        page = client.get(url).json()
        assert page["total"] == 5
        found += [image["image_id"] for image in page["images"]]
        url = page["next"]
    assert found == images


def test_a_list_has_its_cover(client, upload, project):
    assert client.get(f"/projects/{project}/images").json()["cover_url"] is None
    image = upload()["image_id"]
    assert client.get(f"/projects/{project}/images").json()["cover_url"] == f"/projects/{project}/thumbnail?v={image}"


def test_after_a_deleted_image_the_list_goes_on(client, upload, project):
    images = [upload(photo(200 + n, 100))["image_id"] for n in range(4)]
    client.delete(f"/projects/{project}/images/{images[1]}")
    listed = client.get(f"/projects/{project}/images?after={images[1]}").json()["images"]
    assert [image["image_id"] for image in listed] == images[2:]


def test_a_list_is_cut_to_what_an_answer_carries(tmp_path):
    with Service(tmp_path / "storage", IMGSRV_MAX_RESPONSE_BYTES="3000") as service:
        files = {"file": ("a.jpg", photo())}
        images = [service.client.post("/projects/p/images", files=files).json()["image_id"] for _ in range(7)]
        url, found, pages = "/projects/p/images", [], 0
        while url:
            answer = service.client.get(url)
            assert len(answer.content) <= 3000
            found += [image["image_id"] for image in answer.json()["images"]]
            url, pages = answer.json()["next"], pages + 1
        assert found == images
        assert pages > 1


def test_a_page_links_to_the_next(client, project, upload):
    first, last = upload()["image_id"], upload()["image_id"]
    page = client.get(f"/projects/{project}/images?limit=1")
    assert page.links["next"]["url"] == page.json()["next"]
    following = client.get(page.links["next"]["url"])
    assert [image["image_id"] for image in following.json()["images"]] == [last] != [first]
    assert "link" not in following.headers
