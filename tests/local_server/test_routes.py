"""What the composed app answers beside the endpoints: schema, docs, health, and paths that are none."""

import pytest


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"), ("GET", "/projects/"), ("GET", "/projects/p/images/"), ("GET", "/projects/p/images/a/b"),
        ("PATCH", "/projects/p/images"), ("POST", "/projects/p/thumbnail"), ("PUT", "/projects/p/images/a"),
        ("GET", "/projects//images"), ("OPTIONS", "/projects/p/images"),
    ],
)  # fmt: skip
def test_an_unknown_path_or_method_is_404_as_at_the_gateway(client, method, path):
    assert client.request(method, path).status_code == 404


def test_unknown_path_is_a_problem_document(client, mode):
    response = client.get("/nowhere")
    if mode == "asgi":
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["type"] == "/problems/not-found"
    else:
        assert response.headers["content-type"] == "application/json"
        assert response.text == '{"message":"Not Found"}'


def test_health_writes_locks_and_reads(client, storage):
    response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    assert response.headers["cache-control"] == "no-store"
    assert client.head("/healthz").status_code == 200
    assert (storage / ".health" / "health").exists()


def test_one_schema_holds_every_endpoint(client):
    schema = client.get("/openapi.json").json()
    operations = {(method, path) for path, methods in schema["paths"].items() for method in methods}
    image = "/projects/{project_id}/images/{image_id}"
    assert operations >= {
        ("post", "/projects/{project_id}/images"), ("get", "/projects/{project_id}/images"),
        ("get", image), ("delete", image), ("get", "/projects/{project_id}/thumbnail"),
        ("put", "/projects/{project_id}/primary/{image_id}"), ("get", "/healthz"),
    }  # fmt: skip
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            assert "application/json" not in operation["responses"]["default"]["content"]
    read = schema["paths"][image]["get"]["responses"]["200"]["content"]
    assert list(read) == ["image/jpeg"]
    form = schema["paths"]["/projects/{project_id}/images"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["properties"]["file"]["format"] == "binary"


def test_the_docs_page_is_served(client):
    response = client.get("/docs")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
