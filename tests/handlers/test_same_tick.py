"""Two commits within one tick of the file system's clock are two versions of the list."""

import os

import pytest


@pytest.fixture
def commits(client, upload, project, storage):
    """Two versions of an index that differ in nothing but their content: same time, inode and length."""
    images = [upload()["image_id"] for _ in range(2)]
    meta = storage / "projects" / project / "meta.json"
    versions = []
    for image in reversed(images):
        assert client.put(f"/projects/{project}/primary/{image}").status_code == 200
        versions.append(meta.read_bytes())
    assert len(versions[0]) == len(versions[1])

    def show(number):
        meta.write_bytes(versions[number])  # into the same file
        os.utime(meta, ns=(10**18, 10**18))
        return images[1 - number]

    return show


def test_second_commit_of_a_tick_is_no_304(client, project, commits):
    url = f"/projects/{project}/images"
    commits(0)
    before = client.get(url).headers["etag"]
    primary = commits(1)

    response = client.get(url, headers={"If-None-Match": before})

    assert (response.status_code, response.json()["primary_image_id"]) == (200, primary)
    assert response.headers["etag"] != before


def test_etag_of_a_list_is_the_one_of_its_304(client, project, commits):
    url = f"/projects/{project}/images"
    commits(0)
    etag = client.get(url).headers["etag"]
    response = client.get(url, headers={"If-None-Match": etag})
    assert (response.status_code, response.headers["etag"]) == (304, etag)
