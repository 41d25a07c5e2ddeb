import pytest

from serving.schema import merged
from stack.cloudformation import TemplateError


def schema(path, method, **components):
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {path: {method: {"summary": f"{method} {path}"}}},
        "components": {"schemas": components},
    }


def test_merged_schema_holds_all_paths_and_components():
    one, two = schema("/a", "get", A={"type": "string"}), schema("/a", "put", A={"type": "string"}, B={})
    document = merged([one, two, schema("/b", "get")])
    assert document["paths"] == {
        "/a": {"get": {"summary": "get /a"}, "put": {"summary": "put /a"}},
        "/b": {"get": {"summary": "get /b"}},
    }
    assert document["components"] == {"schemas": {"A": {"type": "string"}, "B": {}}}
    assert document["info"]["title"] == "imgsrv"


def test_two_components_of_one_name_that_differ_are_refused():
    with pytest.raises(TemplateError, match="schemas A is defined twice, and differently"):
        merged([schema("/a", "get", A={"type": "string"}), schema("/b", "get", A={"type": "integer"})])
