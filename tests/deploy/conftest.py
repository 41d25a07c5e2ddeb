"""The template as AWS would get it: translated by SAM, and created in moto."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator import cloudformation, template

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class NoManagedPolicies:
    """The translator would ask AWS for the names of its managed policies; the template uses none of them by name."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="session")
def ours() -> template.Template:
    """The template as the emulator reads it."""
    return template.load(TEMPLATE)


@pytest.fixture(scope="session")
def translated() -> dict[str, Any]:
    """The CloudFormation that SAM makes of the template."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        from samtranslator.translator.transform import transform

        document = cloudformation.read(TEMPLATE)
        document["Globals"]["Function"]["CodeUri"] = "s3://built/functions.zip"  # as `sam package` puts it
        # A round trip, because the translator shares members between functions.
        return json.loads(json.dumps(transform(document, {}, NoManagedPolicies())))


@pytest.fixture(scope="session")
def resources(translated: dict[str, Any]) -> dict[str, Any]:
    """Its resources by logical id."""
    return translated["Resources"]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS account in memory, with EFS attributes that moto's CloudFormation lacks."""
    import moto
    from moto.efs.models import AccessPoint, FileSystem

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    attributes = {FileSystem: "file_system_arn", AccessPoint: "access_point_arn"}
    for model, attribute in attributes.items():
        monkeypatch.setattr(model, "get_cfn_attribute", lambda self, _, a=attribute: getattr(self, a), raising=False)
    with moto.mock_aws():
        yield
