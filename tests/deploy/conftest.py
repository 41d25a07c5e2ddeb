"""The template as AWS would get it: translated by SAM, and created in moto."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lambdas import import_handlers

from stack import cloudformation, template

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


@pytest.fixture(scope="session", autouse=True)
def handlers_imported() -> None:
    import_handlers()


@pytest.fixture(scope="session")
def ours() -> template.Template:
    """The template as the emulator reads it."""
    return template.load(TEMPLATE, {"Public": "yes", "Bucket": "no"})


@pytest.fixture(scope="session")
def translated() -> dict[str, Any]:
    """The CloudFormation that SAM makes of the template."""
    document = cloudformation.read(TEMPLATE)
    document["Globals"]["Function"]["CodeUri"] = "s3://built/functions.zip"  # as `sam package` puts it
    # In a process of its own: it needs Pydantic 1, which our functions do without (core/web/__init__.py).
    translator = Path(__file__).with_name("translate.py")
    text = json.dumps(document)
    return json.loads(subprocess.check_output([sys.executable, translator], input=text, text=True))


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
