"""GET /projects/{project_id}/images/{image_id}: the four sizes, conditional requests, ranges, HEAD."""

import pytest
from photos import dimensions, photo

from core.sizes import STANDARD


@pytest.fixture
def url(upload):
    """The URL of a stored image's original."""
    return upload(photo(800, 600))["urls"]["original"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [("original", (2400, 1800)), ("medium", (1600, 1200)), ("thumb", (400, 300)), ("game", (50, 50))],
)
def test_each_size_is_served_as_a_jpeg(client, upload, size, expected):
    response = client.get(upload(photo(2400, 1800))["urls"][size])
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/jpeg"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "public, max-age=86400, s-maxage=86400, immutable"
    assert int(response.headers["content-length"]) == len(response.content)
    assert dimensions(response.content) == expected


def test_without_a_size_the_original_is_served(client, url):
    assert client.get(url.partition("?")[0]).content == client.get(url).content


def test_what_is_served_is_what_lies_on_disk(client, upload, storage, project):
    image = upload()["image_id"]
    on_disk = (storage / "projects" / project / "thumb" / f"{image}.jpg").read_bytes()
    assert client.get(f"/projects/{project}/images/{image}?size=thumb").content == on_disk


def test_head_answers_as_get_without_a_body(client, url):
    got, headed = client.get(url), client.head(url)
    assert headed.content == b""
    assert headed.status_code == 200
    of_the_moment = {"date": "", "apigw-requestid": ""}
    assert dict(headed.headers) | of_the_moment == dict(got.headers) | of_the_moment


def test_an_etag_that_matches_is_answered_304_without_a_body(client, url):
    etag = client.get(url).headers["etag"]
    assert etag.startswith('"')
    for condition in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        response = client.get(url, headers={"If-None-Match": condition})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
        assert "content-type" not in response.headers


def test_an_etag_of_another_file_is_answered_whole(client, url):
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_modification_date_is_compared_only_without_an_etag(client, url):
    modified = client.get(url).headers["last-modified"]
    assert client.get(url, headers={"If-Modified-Since": modified}).status_code == 304
    assert client.get(url, headers={"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}).status_code == 200
    assert client.get(url, headers={"If-Modified-Since": "not a date"}).status_code == 200
    both = {"If-Modified-Since": modified, "If-None-Match": '"other"'}
    assert client.get(url, headers=both).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-99", slice(0, 100)), ("bytes=100-", slice(100, None)), ("bytes=-50", slice(-50, None)),
     ("bytes=10-999999999", slice(10, None)), ("bytes=-999999999", slice(0, None))],
)  # fmt: skip
def test_a_range_is_answered_206_with_those_bytes(client, url, wanted, part):
    whole = client.get(url).content
    response = client.get(url, headers={"Range": wanted})
    assert response.status_code == 206
    assert response.content == whole[part]
    start = range(len(whole))[part].start
    assert response.headers["content-range"] == f"bytes {start}-{start + len(response.content) - 1}/{len(whole)}"


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "lines=1-2", "bytes=5-2", "bytes=a-b", "bytes=-", "5-6"])
def test_a_range_that_means_nothing_here_is_answered_whole(client, url, wanted):
    assert client.get(url, headers={"Range": wanted}).status_code == 200


@pytest.mark.parametrize("wanted", ["bytes=999999999-", "bytes=-0"])
def test_a_range_past_the_end_is_416_with_the_length(client, url, wanted):
    length = len(client.get(url).content)
    response = client.get(url, headers={"Range": wanted})
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{length}"
    assert response.json()["type"] == "/problems/range-not-satisfiable"


def test_a_range_of_a_version_that_is_gone_is_answered_whole(client, url):
    etag = client.get(url).headers["etag"]
    assert client.get(url, headers={"Range": "bytes=0-9", "If-Range": etag}).status_code == 206
    assert client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200


def test_a_size_that_does_not_exist_is_refused_by_name(client, url):
    response = client.get(url.replace("original", "huge"))
    assert (response.status_code, response.json()["type"]) == (400, "/problems/invalid-size")
    assert ", ".join(STANDARD) in response.json()["detail"]


def test_an_unknown_image_is_404(client, upload, project):
    upload()
    response = client.get(f"/projects/{project}/images/unknown")
    assert (response.status_code, response.json()["type"]) == (404, "/problems/image-not-found")


def test_an_image_of_another_project_is_404(client, upload, project):
    image = upload()["image_id"]
    upload(to=f"{project}-2")
    assert client.get(f"/projects/{project}-2/images/{image}").status_code == 404


@pytest.mark.parametrize("bad", ["a.b", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%252e%252e%252fmeta", "a" * 65, ".hidden"])
def test_no_spelling_of_an_id_leaves_the_project(client, upload, project, bad):
    upload()
    response = client.get(f"/projects/{project}/images/{bad}")
    assert response.status_code in (400, 404)
    assert response.headers["content-type"] == "application/problem+json"


def test_a_condition_that_no_date_can_be_is_ignored(client, url):
    for header in ("If-Modified-Since", "If-Unmodified-Since"):
        response = client.get(url, headers={header: "Thu, 01 Jan 99999999999 00:00:00 GMT"})
        assert response.status_code == 200


def test_if_match_asks_for_one_version_and_no_other(client, url):
    etag = client.get(url).headers["etag"]
    for condition in (etag, f'"other", {etag}', "*"):
        assert client.get(url, headers={"If-Match": condition}).status_code == 200
    for condition in ('"other"', f"W/{etag}"):
        response = client.get(url, headers={"If-Match": condition})
        assert (response.status_code, response.json()["type"]) == (412, "/problems/precondition-failed")
    old = {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}
    assert client.get(url, headers=old).status_code == 412


def test_a_condition_sent_in_two_fields_is_one_list(client, url):
    etag = client.get(url).headers["etag"]
    headers = [("If-None-Match", etag), ("If-None-Match", '"other"')]
    assert client.get(url, headers=headers).status_code == 304


def test_cache_keeps_origins_apart(client, url):
    """A browser would else serve an <img>'s answer, which has no CORS headers, to a later fetch()."""
    plain, crossing = client.get(url), client.get(url, headers={"Origin": "https://www.example.com"})
    assert (plain.headers["vary"].lower(), crossing.headers["vary"].lower()) == ("origin", "origin")
    assert "access-control-allow-origin" not in plain.headers
    assert crossing.headers["access-control-allow-origin"] == "*"
