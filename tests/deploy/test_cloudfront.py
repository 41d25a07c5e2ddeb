"""The distribution in front: what its caches keep apart, how a change shows, and how a delete reaches them."""

import base64
import gzip
import importlib.util
import json
from pathlib import Path

import httpx
import pytest
from deploy.cloudfront import Edge
from photos import photo
from service import Service

from stack import cloudformation

FOLDER = Path(__file__).parents[2] / "deploy"
STACK = cloudformation.read(FOLDER / "cloudfront.yaml")["Resources"]
CONFIG = STACK["Distribution"]["Properties"]["DistributionConfig"]
POLICY = STACK["CachePolicy"]["Properties"]["CachePolicyConfig"]
ERRORS = {int(kept["ErrorCode"]): int(kept["ErrorCachingMinTTL"]) for kept in CONFIG["CustomErrorResponses"]}
SHOWN = "e" * 40


@pytest.fixture
def edge(client: httpx.Client) -> Edge:
    """An edge in front of the running service."""
    return Edge(lambda method, url, headers: client.request(method, url, headers=headers), POLICY, ERRORS)


@pytest.fixture(scope="module")
def purge():
    """The function that purges, as Lambda imports it."""
    spec = importlib.util.spec_from_file_location("purge", FOLDER / "purge" / "purge.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packed(*lines: dict) -> dict:
    events = [{"id": str(number), "message": json.dumps(line)} for number, line in enumerate(lines)]
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps({"logEvents": events}).encode())).decode()}}


def test_sizes_never_share_an_object(edge, upload):
    urls = upload(photo(900, 600))["urls"]
    bodies = {size: edge.request("GET", url).content for size, url in urls.items()}
    assert len(set(bodies.values())) == len(urls)
    asked = edge.asked
    assert {size: edge.request("GET", url).content for size, url in urls.items()} == bodies
    assert edge.asked == asked


def test_an_img_does_not_poison_a_fetch(edge, upload):
    url = upload()["urls"]["thumb"]
    assert "access-control-allow-origin" not in edge.request("GET", url).headers
    fetched = edge.request("GET", url, origin="https://app.example")
    assert fetched.headers["access-control-allow-origin"] in ("*", "https://app.example")


def test_a_new_cover_shows_at_once(edge, upload, project):
    first, second = (upload(photo(300 + n, 200))["image_id"] for n in range(2))
    cover = f"/projects/{project}/thumbnail"
    before = edge.request("GET", cover).content
    assert edge.request("PUT", f"/projects/{project}/primary/{second}").status_code == 200
    assert edge.request("GET", cover).content != before, first


def test_a_list_is_never_old(edge, upload, project):
    path = f"/projects/{project}/images"
    assert edge.request("GET", path).json()["images"] == []
    upload()
    assert len(edge.request("GET", path).json()["images"]) == 1


def test_a_miss_is_not_kept(edge, client, upload, project):
    cover = f"/projects/{project}/thumbnail"
    assert edge.request("GET", cover).status_code == 404
    upload()
    assert edge.request("GET", cover).status_code == 200


def test_tokens_never_share_an_answer():
    headers = POLICY["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"]["Headers"]
    assert {"Origin", "Authorization"} <= set(headers)


def test_host_is_not_forwarded():
    # AWS's managed policy of that name: all of a viewer's headers except Host.
    assert CONFIG["DefaultCacheBehavior"]["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"


@pytest.mark.usefixtures("aws")
def test_purging_asks_cloudfront_once(purge, monkeypatch):
    import boto3

    client = boto3.client("cloudfront")
    origin = {"Id": "a", "DomainName": "a.example", "CustomOriginConfig": {}}
    origin["CustomOriginConfig"] = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    behaviour = {"TargetOriginId": "a", "ViewerProtocolPolicy": "redirect-to-https"}
    config = {"CallerReference": "x", "Comment": "", "Enabled": True, "DefaultCacheBehavior": behaviour}
    config["Origins"] = {"Quantity": 1, "Items": [origin]}
    made = client.create_distribution(DistributionConfig=config)["Distribution"]["Id"]
    monkeypatch.setenv("DISTRIBUTION", made)
    event = packed({"logger": "imgsrv.purge", "paths": ["/projects/p/images/a*", "/projects/p/thumbnail*"]})
    assert purge.handler(event, None) == ["/projects/p/images/a*", "/projects/p/thumbnail*"]
    (listed,) = client.list_invalidations(DistributionId=made)["InvalidationList"]["Items"]
    batch = client.get_invalidation(DistributionId=made, Id=listed["Id"])["Invalidation"]["InvalidationBatch"]
    assert batch["Paths"]["Items"] == ["/projects/p/images/a*", "/projects/p/thumbnail*"]


def test_many_paths_become_few(purge):
    assert purge.few(f"/projects/p/images/{n}*" for n in range(16)) == ["/projects/p/*"]
    assert purge.few(f"/projects/{n}/images/1*" for n in range(16)) == ["/*"]
    assert purge.handler(packed({"message": "another line"}), None) == []


@pytest.fixture(scope="module")
def distribution(tmp_path_factory):
    """The service as it runs behind the distribution, which shows its secret."""
    with Service(tmp_path_factory.mktemp("cdn") / "storage", IMGSRV_EDGE_SECRET=SHOWN) as running:
        yield running


def test_past_the_cdn_nobody_is_answered(distribution):
    for headers in ({}, {"x-edge-secret": "guessed"}):
        answer = distribution.client.get("/projects/p/images", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


def test_a_delete_reaches_the_caches(distribution, purge):
    def origin(method: str, url: str, headers: dict[str, str]) -> httpx.Response:
        return distribution.client.request(method, url, headers={**headers, "x-edge-secret": SHOWN})

    edge = Edge(origin, POLICY, ERRORS)
    headers = {"x-edge-secret": SHOWN}
    made = distribution.client.post("/projects/p/images", files={"file": ("a", photo())}, headers=headers).json()
    urls = list(made["urls"].values())
    assert {edge.request("GET", url).status_code for url in urls} == {200}
    edge.request("DELETE", f"/projects/p/images/{made['image_id']}")
    assert {edge.request("GET", url).status_code for url in urls} == {200}  # kept, as told
    lines = [json.loads(line) for line in distribution.log.splitlines() if '"imgsrv.purge"' in line]
    edge.purge(*purge.few(path for line in lines for path in line["paths"]))
    assert {edge.request("GET", url).status_code for url in urls} == {404}
