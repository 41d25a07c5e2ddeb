"""The projects there are: in the order of ids, a page at a time."""

import pytest
from photos import photo
from service import Service


@pytest.fixture(scope="module")
def many(tmp_path_factory, mode):
    """A service of its own with seven projects, of which the third is empty."""
    with Service(tmp_path_factory.mktemp(f"many-{mode}") / "storage", "--mode", mode) as running:
        for name in "gcaebdf":
            answer = running.client.post(f"/projects/{name}/images", files={"file": ("a", photo())})
            if name == "c":
                running.client.delete(f"/projects/c/images/{answer.json()['image_id']}")
        yield running.client


def pages(client, limit):
    url, found = f"/projects?limit={limit}", []
    while url:
        answer = client.get(url).json()
        assert len(answer["projects"]) <= limit
        found += answer["projects"]
        url = answer["next"]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 100])
def test_pages_hold_every_project_once(many, limit):
    assert [project["project_id"] for project in pages(many, limit)] == list("abdefg")


def test_a_project_is_described(many):
    project = many.get("/projects?limit=1").json()["projects"][0]
    listed = many.get("/projects/a/images").json()
    assert project["cover_url"] == f"/projects/a/thumbnail?v={listed['primary_image_id']}"
    assert project["image_count"] == 1
    assert project["updated_at"] >= listed["images"][0]["created_at"]
    assert many.get(project["cover_url"]).headers["content-type"] == "image/jpeg"


def test_after_an_id_that_is_no_project(many):
    assert [p["project_id"] for p in many.get("/projects?after=dd").json()["projects"]] == list("efg")
    assert many.get("/projects?after=zz").json() == {"projects": [], "next": None}


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "", "1" * 5000, "²"])
def test_what_is_no_limit(many, limit):
    answer = many.get("/projects", params={"limit": limit})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-page")


def test_an_unchanged_list_is_a_304(many):
    etag = many.get("/projects").headers["etag"]
    assert many.get("/projects", headers={"If-None-Match": etag}).status_code == 304


def test_no_project_yet(tmp_path):
    with Service(tmp_path / "storage") as service:
        assert service.client.get("/projects").json() == {"projects": [], "next": None}
