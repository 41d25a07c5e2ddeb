"""The version is the same wherever it is told."""

from pathlib import Path

from core.version import VERSION

ROOT = Path(__file__).parents[2]


def test_health_and_schema_tell_the_version(client):
    assert client.get("/healthz").json()["version"] == VERSION
    assert client.get("/openapi.json").json()["info"]["version"] == VERSION


def test_changelog_says_what_is_in_the_version():
    assert f"## {VERSION} " in (ROOT / "CHANGELOG.md").read_text()
