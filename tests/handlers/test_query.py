"""What a query may say, and what it may not: the path names the project and the image."""

import pytest
from photos import photo


def test_query_does_not_overrule_the_image(client, upload):
    one, other = upload(photo(90, 60)), upload(photo(60, 90))
    url = one["urls"]["thumb"]
    assert client.get(f"{url}&image_id={other['image_id']}").content == client.get(url).content


def test_query_does_not_overrule_the_project(client, upload, project):
    image = upload()["image_id"]
    body = client.get(f"/projects/{project}/images?project_id={project}-2").json()
    assert (body["project_id"], [listed["image_id"] for listed in body["images"]]) == (project, [image])
    cover = client.get(f"/projects/{project}/thumbnail?project_id={project}-2")
    assert cover.status_code == 200


def test_unknown_parameter_is_ignored(client, upload, project):
    url = upload()["urls"]["thumb"]
    assert client.get(f"{url}&self=1&utm_source=mail&=").status_code == 200
    assert client.get(f"/projects/{project}/images?size=thumb&make=1").status_code == 200


def test_empty_size_is_refused_and_none_is_the_original(client, upload):
    url = upload()["urls"]["original"].partition("?")[0]
    assert client.get(f"{url}?size=").status_code == 400
    assert client.get(f"{url}?").content == client.get(f"{url}?size=original").content


@pytest.mark.parametrize("size", ["", "huge", "THUMB", "thumb,game", "../thumb"])
def test_a_size_that_is_none_is_refused_everywhere(client, upload, project, size):
    image = upload()["image_id"]
    nobody, none = f"/projects/{project}-2", "0" * 20
    paths = [
        f"/projects/{project}/images/{image}",
        f"/projects/{project}/images/{none}",
        f"/projects/{project}/thumbnail",
    ]
    for path in [*paths, f"{nobody}/images/{none}", f"{nobody}/thumbnail"]:
        answer = client.get(path, params={"size": size})
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-size"), path
