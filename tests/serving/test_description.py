"""The merged OpenAPI document as generated clients need it: names, types, conditions, headers, who may call."""

from pathlib import Path

import pytest

from core import errors
from serving.schema import merged
from stack import checks, template

ROOT = Path(__file__).parents[2]
IMAGES = "/projects/{project_id}/images"


@pytest.fixture(scope="module")
def document():
    served = template.load(ROOT / "template.yaml", local={"IMGSRV_SECRET": "", "IMGSRV_BUCKET": ""}).served
    return merged(checks.app_of(function).openapi() for function in served)


@pytest.fixture(scope="module")
def operations(document):
    return {op["operationId"]: op for item in document["paths"].values() for op in item.values()}


def test_operations_are_named_after_functions(operations, document):
    assert {"uploadImage", "listImages", "getImage", "deleteProject", "setOrder", "getLimits"} <= set(operations)
    assert len(operations) == sum(len(item) for item in document["paths"].values())


def test_each_operation_has_a_tag(operations):
    assert operations["uploadImage"]["tags"] == ["Images"]
    assert operations["createUpload"]["tags"] == ["Resumable uploads"]
    assert all(len(operation["tags"]) == 1 for operation in operations.values())


def test_a_scope_is_named_and_refused_without(operations, document):
    assert set(document["components"]["securitySchemes"]) == {"bearer", "signedUrl"}
    assert {"bearer": ["upload"]} in operations["uploadImage"]["security"]
    assert {"signedUrl": []} in operations["getImage"]["security"]
    assert {"401", "403"} <= set(operations["uploadImage"]["responses"])
    assert operations["getLimits"]["security"] == []


def test_problem_type_is_an_enumeration(document):
    kinds = [errors.ServiceError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    known = document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert sorted(known) == sorted(f"/problems/{kind.slug}" for kind in kinds)


def test_reads_take_the_version_that_a_client_has(operations):
    for name in ("listImages", "listProjects", "getImage", "getImageInfo", "getThumbnail"):
        operation = operations[name]
        assert "If-None-Match" in [parameter["name"] for parameter in operation["parameters"]], name
        assert "ETag" in operation["responses"]["200"]["headers"], name
        assert "ETag" in operation["responses"]["304"]["headers"], name


def test_headers_of_answers_are_named(operations):
    assert "Location" in operations["uploadImage"]["responses"]["201"]["headers"]
    assert "Retry-After" in operations["uploadImage"]["responses"]["503"]["headers"]
    assert "Link" in operations["listImages"]["responses"]["200"]["headers"]


def test_times_are_times(document):
    schemas = document["components"]["schemas"]
    for model, field in [("Image", "created_at"), ("ListedProject", "updated_at"), ("UploadState", "expires_at")]:
        assert schemas[model]["properties"][field]["format"] == "date-time"


def test_what_the_gateway_answers_is_told_as_it_is(operations):
    message = {"$ref": "#/components/schemas/GatewayMessage"}
    for status in ("404", "413", "429", "500", "503"):
        assert operations["uploadImage"]["responses"][status]["content"]["application/json"]["schema"] == message
    assert "application/json" not in operations["listImages"]["responses"].get("413", {}).get("content", {})
