"""Several server processes on one storage root: nothing lost, nothing left over."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from photos import expected_files, photo, stored_files
from service import Service
from waiting import BOUND


@pytest.fixture(scope="module")
def two_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Service]]:
    """Two processes that share a storage root and nothing else."""
    storage = tmp_path_factory.mktemp("two") / "storage"
    with Service(storage) as one, Service(storage) as other:
        yield [one, other]


def upload(service: Service, project: str) -> str:
    with httpx.Client(base_url=service.url, timeout=BOUND, verify=False) as client:
        response = client.post(f"/projects/{project}/images", files={"file": ("a.jpg", photo(320, 240))})
    assert response.status_code == 201, response.text
    return str(response.json()["image_id"])


def test_uploads_through_two_processes_are_all_listed(two_services, project):
    with ThreadPoolExecutor(32) as pool:
        uploaded = list(pool.map(lambda n: upload(two_services[n % 2], project), range(32)))
    for service in two_services:
        body = service.client.get(f"/projects/{project}/images").json()
        assert sorted(image["image_id"] for image in body["images"]) == sorted(uploaded)
        assert [image["is_primary"] for image in body["images"]].count(True) == 1
    assert stored_files(two_services[0].storage, project) == expected_files(*uploaded)


def test_storm_of_changes_ends_in_a_consistent_project(two_services, project):
    """Each of 8 clients uploads 4, deletes 2 of its own, makes another primary: what it was told must hold."""

    def client(number: int) -> tuple[set[str], set[str]]:
        rng, service = random.Random(number), two_services[number % 2]
        mine = [upload(service, project) for _ in range(4)]
        gone = set(rng.sample(mine, 2))
        with httpx.Client(base_url=service.url, timeout=BOUND, verify=False) as http:
            for image in gone:
                assert http.delete(f"/projects/{project}/images/{image}").status_code == 200
            chosen = rng.choice(sorted(set(mine) - gone))
            assert http.put(f"/projects/{project}/primary/{chosen}").status_code == 200
        return set(mine) - gone, gone

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(client, range(8)))
    kept = set().union(*(kept for kept, _ in results))
    body = two_services[0].client.get(f"/projects/{project}/images").json()
    assert {image["image_id"] for image in body["images"]} == kept
    assert body["primary_image_id"] in kept
    assert [image["is_primary"] for image in body["images"]].count(True) == 1
    assert two_services[1].client.get(f"/projects/{project}/thumbnail").status_code == 200
    assert stored_files(two_services[0].storage, project) == expected_files(*kept)


def test_readers_see_no_error_while_writers_write(two_services, project):
    upload(two_services[0], project)
    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(upload, two_services[n % 2], project) for n in range(16)]
        lengths = [0]
        while not all(write.done() for write in writes):
            response = two_services[1].client.get(f"/projects/{project}/images")
            assert response.status_code == 200
            lengths.append(len(response.json()["images"]))
            assert two_services[0].client.get(f"/projects/{project}/thumbnail").status_code == 200
    assert lengths == sorted(lengths)  # a version once seen is never followed by an older one
    assert len(two_services[0].client.get(f"/projects/{project}/images").json()["images"]) == 17
