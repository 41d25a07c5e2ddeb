"""The service's version, for pyproject.toml, /healthz and the OpenAPI document; CHANGELOG.md says what is in it."""

VERSION = "0.2.0"
