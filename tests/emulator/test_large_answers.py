"""Photos too large for one answer of a function leave through the bucket, once copied, and go with their image."""

import os
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import tus
from buckets import NAME, Bucket
from photos import noise, photo
from service import Service
from waiting import BOUND

LIMIT = 4_700_000  # the template's


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    with Bucket(tmp_path_factory.mktemp("s3") / "log") as running:
        yield running


@pytest.fixture(scope="module", params=["event", "lambda"])
def service(request, bucket, tmp_path_factory):
    storage = tmp_path_factory.mktemp(request.param) / "storage"
    with Service(storage, "--mode", request.param, **bucket.environment) as running:
        yield running


@pytest.fixture
def large(client, storage, project):
    """A project's image whose original was made larger than an answer: (id, URL, file)."""
    answer = client.post(f"/projects/{project}/images", files={"file": ("a.jpg", photo())})
    image = answer.json()["image_id"]
    original = storage / "projects" / project / "original" / f"{image}.jpg"
    with original.open("ab") as file:
        file.write(os.urandom(LIMIT))
    return image, f"/projects/{project}/images/{image}", original


def key(project, image):
    return f"copies/{project}/{image}/original"


def test_photo_goes_in_by_parts_and_out_by_redirect(client, storage, project):
    last = tus.send(client, project, noise(2600, 1800), 4 << 20)
    image = last.headers["upload-image-id"]
    stored = (storage / "projects" / project / "original" / f"{image}.jpg").read_bytes()
    assert len(stored) > LIMIT
    answer = client.get(f"/projects/{project}/images/{image}", follow_redirects=True)
    assert [step.status_code for step in answer.history] == [307]
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content == stored


def test_redirect_is_kept_by_nobody_and_its_url_for_minutes(client, large):
    _, url, original = large
    answer = client.get(url, params={"download": "beach.jpg"})
    assert (answer.status_code, answer.headers["cache-control"], answer.content) == (307, "no-store", b"")
    assert parse_qs(urlsplit(answer.headers["location"]).query)["X-Amz-Expires"] == ["300"]
    copy = httpx.get(answer.headers["location"], timeout=BOUND, verify=False)
    assert copy.content == original.read_bytes()
    shown = client.head(url, params={"download": "beach.jpg"}).headers
    for name in ("content-length", "content-type", "cache-control", "content-disposition"):
        assert copy.headers[name] == shown[name]


def test_file_is_copied_once(client, bucket, project, large):
    image, url, _ = large
    assert client.get(url).status_code == 307
    bucket.client.put_object(Bucket=NAME, Key=key(project, image), Body=b"as it was put")
    assert client.get(url, follow_redirects=True).content == b"as it was put"


def test_cover_leaves_the_same_way(client, bucket, project, large):
    image, _, original = large
    answer = client.get(f"/projects/{project}/thumbnail?size=original", follow_redirects=True)
    assert answer.content == original.read_bytes()
    assert key(project, image) in bucket.names()


def test_what_fits_or_is_known_is_no_redirect(client, bucket, project, large):
    image, url, original = large
    head = client.head(url)
    assert (head.status_code, head.headers["content-length"]) == (200, str(original.stat().st_size))
    assert client.get(url, headers={"If-None-Match": head.headers["etag"]}).status_code == 304
    assert client.get(url, params={"size": "medium"}).status_code == 200
    part = client.get(url, headers={"Range": "bytes=1-"})
    assert (part.status_code, part.content) == (206, original.read_bytes()[1 : LIMIT + 1])
    assert not [name for name in bucket.names() if image in name]


@pytest.mark.parametrize("how", ["one", "many", "project"])
def test_deleting_removes_the_copy(client, bucket, project, large, how):
    image, url, _ = large
    location = client.get(url).headers["location"]
    bucket.client.put_object(Bucket=NAME, Key=key(f"{project}-2", image), Body=b"another project's")
    match how:
        case "one":
            answer = client.delete(url)
        case "many":
            answer = client.post(f"/projects/{project}/images/delete", json={"image_ids": [image]})
        case "project":
            answer = client.delete(f"/projects/{project}")
    assert answer.status_code == 200
    assert httpx.get(location, timeout=BOUND, verify=False).is_client_error
    assert [name for name in bucket.names() if image in name] == [key(f"{project}-2", image)]


def test_bucket_that_is_gone_is_503_and_hinders_no_delete(tmp_path, bucket):
    with Service(tmp_path / "storage", "--mode", "event", **bucket.environment | {"IMGSRV_BUCKET": "gone"}) as service:
        answer = service.client.post("/projects/p/images", files={"file": ("a.jpg", photo())})
        url = f"/projects/p/images/{answer.json()['image_id']}"
        with (service.storage / "projects" / "p" / "original" / f"{answer.json()['image_id']}.jpg").open("ab") as file:
            file.write(bytes(LIMIT))
        refused = service.client.get(url)
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/storage-unavailable")
        assert service.client.get(url, headers={"Range": "bytes=0-9"}).status_code == 206
        assert service.client.delete(url).status_code == 200
