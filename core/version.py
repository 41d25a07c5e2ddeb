"""The service's version, for pyproject.toml, /healthz and the OpenAPI document; CHANGELOG.md lists its changes."""

VERSION = "0.2.0"
