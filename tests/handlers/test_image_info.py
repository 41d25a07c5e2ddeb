"""One image as JSON, and what an upload may be."""

from core.renditions.formats import FORMATS
from core.sizes import STANDARD


def test_an_image_is_described_as_in_the_list(client, project, upload):
    image = upload()["image_id"]
    (listed,) = client.get(f"/projects/{project}/images").json()["images"]
    answer = client.get(f"/projects/{project}/images/{image}/info")
    cover = f"/projects/{project}/thumbnail?v={image}"
    assert answer.json() == {"project_id": project, "cover_url": cover, **listed}
    assert client.get(answer.url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_an_image_that_is_not_there(client, project):
    answer = client.get(f"/projects/{project}/images/none/info")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/image-not-found")


def test_limits_can_be_asked_for(client, mode):
    limits = client.get("/limits").json()
    assert limits["sizes"].keys() == STANDARD.keys()
    assert limits["max_request_bytes"] <= limits["max_upload_bytes"]
    assert (limits["max_request_bytes"] < 5_000_000) is (mode != "asgi")
    assert limits["chunk_bytes"] <= limits["max_request_bytes"]
    assert "image/heic" in limits["formats"]
    assert len(limits["formats"]) == len(FORMATS)
