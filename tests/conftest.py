"""Fixtures that every room's tests share: one running service, a project of one's own in it."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from photos import photo
from service import MEASURED, Service

# What `make test` tells the makes that it starts is not for those that tests start.
for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS", "PYTHON", "VENV"):
    os.environ.pop(name, None)

# The same examples in every run, and none is to be quick: a busy machine is no counterexample.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("exploring", settings.get_profile("repeatable"), derandomize=False)  # mk/reliability.mk
settings.load_profile("repeatable")

MODES = ("asgi", "event", "lambda")


@pytest.fixture(scope="session", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    """Every test of the running service runs in each mode; one that asks for `mode` says where they differ."""
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="session")
def service(mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with its default settings, started once a mode; tests keep apart by their project."""
    with Service(tmp_path_factory.mktemp(mode) / "storage", "--mode", mode, **MEASURED) as running:
        yield running


@pytest.fixture
def client(service: Service) -> httpx.Client:
    """A client of the running service."""
    return service.client


@pytest.fixture
def storage(service: Service) -> Path:
    """The running service's storage root."""
    return service.storage


@pytest.fixture
def project() -> str:
    """A project id that no other test uses."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def upload(client: httpx.Client, project: str) -> Callable[..., dict[str, Any]]:
    """Uploads a picture to the test's project, which must succeed; returns the answer's body."""

    def upload_one(content: bytes | None = None, to: str = project) -> dict[str, Any]:
        response = client.post(f"/projects/{to}/images", files={"file": ("photo.jpg", content or photo())})
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    return upload_one
