"""The running service beside a model of one project: a list of ids and a primary one."""

import uuid
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from photos import photo

POSITIONS = st.integers(0, 1000)  # taken modulo the number of images


class Project(RuleBasedStateMachine):
    """Drives one project through its client; `images` and `primary` are what it must look like."""

    client: httpx.Client

    def __init__(self) -> None:
        super().__init__()
        self.url = f"/projects/model-{uuid.uuid4().hex}"
        self.images: list[str] = []
        self.gone: list[str] = []
        self.primary: str | None = None

    @rule()
    def upload(self) -> None:
        response = self.client.post(f"{self.url}/images", files={"file": ("a.jpg", photo(40, 30))})
        assert response.status_code == 201
        image = response.json()["image_id"]
        assert image not in self.images + self.gone, "ids are unique for ever"
        self.images.append(image)
        self.primary = self.primary or image
        assert response.json()["is_primary"] == (image == self.primary)

    @precondition(lambda self: self.images)
    @rule(position=POSITIONS)
    def delete(self, position: int) -> None:
        image = self.images[position % len(self.images)]
        following = self.images[self.images.index(image) + 1 :] or self.images
        self.images.remove(image)
        self.gone.append(image)
        if image == self.primary:
            self.primary = following[0] if self.images else None
        response = self.client.delete(f"{self.url}/images/{image}")
        assert response.status_code == 200
        assert response.json()["primary_image_id"] == self.primary

    @precondition(lambda self: self.images)
    @rule(position=POSITIONS)
    def set_primary(self, position: int) -> None:
        self.primary = self.images[position % len(self.images)]
        response = self.client.put(f"{self.url}/primary/{self.primary}")
        assert response.json()["primary_image_id"] == self.primary

    @precondition(lambda self: self.gone)
    @rule(position=POSITIONS, verb=st.sampled_from(["get", "delete", "primary"]))
    def deleted_image_is_not_found(self, position: int, verb: str) -> None:
        image = self.gone[position % len(self.gone)]
        path = f"{self.url}/primary/{image}" if verb == "primary" else f"{self.url}/images/{image}"
        method = {"get": "GET", "delete": "DELETE", "primary": "PUT"}[verb]
        assert self.client.request(method, path).status_code == 404

    @precondition(lambda self: self.images)
    @rule(position=POSITIONS, limit=st.integers(1, 5))
    def page(self, position: int, limit: int) -> None:
        start = position % len(self.images)
        query: dict[str, str | int] = {"after": self.images[start], "limit": limit}
        page = self.client.get(f"{self.url}/images", params=query).json()["images"]
        assert [entry["image_id"] for entry in page] == self.images[start + 1 : start + 1 + limit]

    @precondition(lambda self: self.images)
    @rule(position=POSITIONS, size=st.sampled_from(["original", "medium", "thumb", "game"]))
    def fetch(self, position: int, size: str) -> None:
        image = self.images[position % len(self.images)]
        response = self.client.get(f"{self.url}/images/{image}", params={"size": size})
        assert response.status_code == 200
        assert response.content.endswith(b"\xff\xd9")

    @invariant()
    def list_is_the_model(self) -> None:
        body: dict[str, Any] = self.client.get(f"{self.url}/images").json()
        assert [entry["image_id"] for entry in body["images"]] == self.images
        assert body["primary_image_id"] == self.primary
        assert [entry["image_id"] for entry in body["images"] if entry["is_primary"]] == [self.primary] * bool(
            self.images
        )

    @invariant()
    def cover_exists_if_and_only_if_images_do(self) -> None:
        response = self.client.get(f"{self.url}/thumbnail")
        assert response.status_code == (200 if self.images else 404)


def _run(client: httpx.Client, examples: int, steps: int) -> None:
    machine = type("ClientProject", (Project,), {"client": client})
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    options = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks, database=None
    )
    run_state_machine_as_test(machine, settings=options)


def test_service_behaves_as_the_model(client: httpx.Client) -> None:
    _run(client, examples=4, steps=15)


@pytest.mark.slow
def test_service_behaves_as_the_model_for_thousands(client: httpx.Client) -> None:
    _run(client, examples=700, steps=30)
