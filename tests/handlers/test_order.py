"""The order of a project's images: set by one call, under the list's ETag where that is wanted."""

import pytest
from photos import photo


@pytest.fixture
def five(upload):
    return [upload(photo(200 + n, 100))["image_id"] for n in range(5)]


def listed(client, project):
    return [image["image_id"] for image in client.get(f"/projects/{project}/images").json()["images"]]


def put(client, project, images, after=None, **headers):
    body = {"image_ids": images, "after": after}
    return client.put(f"/projects/{project}/order", json=body, headers=headers)


def test_a_whole_project_is_ordered(client, project, five):
    order = [five[3], five[0], five[4], five[2], five[1]]
    answer = put(client, project, order)
    assert (answer.status_code, answer.json()) == (200, {"project_id": project, "total": 5})
    assert listed(client, project) == order


def test_some_go_to_the_front(client, project, five):
    put(client, project, [five[4], five[2]])
    assert listed(client, project) == [five[4], five[2], five[0], five[1], five[3]]


def test_some_follow_an_image(client, project, five):
    put(client, project, [five[0]], after=five[3])
    assert listed(client, project) == [five[1], five[2], five[3], five[0], five[4]]


def test_the_cover_stays(client, project, five):
    put(client, project, five[::-1])
    assert client.get(f"/projects/{project}/images").json()["primary_image_id"] == five[0]


def test_later_uploads_come_last(client, project, five, upload):
    put(client, project, five[::-1])
    last = upload()["image_id"]
    assert listed(client, project) == [*five[::-1], last]


def test_only_the_list_that_was_seen_is_ordered(client, project, five, upload):
    seen = client.get(f"/projects/{project}/images").headers["etag"]
    assert put(client, project, five[::-1], **{"If-Match": seen}).status_code == 200
    answer = put(client, project, five, **{"If-Match": seen})
    assert (answer.status_code, answer.json()["type"]) == (412, "/problems/precondition-failed")
    assert listed(client, project) == five[::-1]
    assert put(client, project, five, **{"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize(
    ("images", "after", "status", "kind"),
    [
        ([], None, 400, "invalid-body"),
        (["no/id"], None, 400, "invalid-image-id"),
        (["unknown"], None, 404, "image-not-found"),
        ("text", None, 400, "invalid-body"),
        ([0], None, 400, "invalid-body"),
        (["same", "same"], None, 400, "invalid-order"),
        (["same"], "same", 400, "invalid-order"),
        (["x"] * 10_001, None, 400, "invalid-body"),
    ],
)
def test_what_is_no_order(client, project, five, images, after, status, kind):
    answer = put(client, project, images, after)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")
    assert listed(client, project) == five


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b"\xff", b'{"image_ids": ["a"], "more": 1}'])
def test_a_body_that_is_no_order(client, project, body):
    answer = client.put(f"/projects/{project}/order", content=body)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-body")


def test_a_body_without_end_is_refused(client, project, mode):
    answer = client.put(f"/projects/{project}/order", content=b" " * 1_000_001)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-body")
