"""schemathesis against the merged OpenAPI: no 5xx, no answer that the schema does not describe."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from service import Service
from waiting import BOUND

CONFIG = Path(__file__).with_name("schemathesis.toml")
# A slow answer of a busy machine is no finding.
PATIENT = ["--request-timeout", str(BOUND), "--suppress-health-check", "all"]


def _attack(service: Service, folder: Path, examples: int, *more: str) -> None:
    command = [str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIG)]
    options = ["--max-examples", str(examples), "--no-color", *PATIENT, *more]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(CONFIG.parent)}
    ended = subprocess.run(
        [*command, "run", f"{service.url}/openapi.json", *options],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=1800,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr
    cases = re.search(r"([\d,]+) generated", ended.stdout)
    assert cases, ended.stdout
    print(f"schemathesis: {cases[1]} requests, nothing found")
    assert service.client.get("/healthz").status_code == 200


def test_generated_requests_find_nothing(tmp_path: Path) -> None:
    with Service(tmp_path / "storage") as service:
        _attack(service, tmp_path, 2, "--generation-deterministic", "--phases", "examples,coverage")


@pytest.mark.slow
def test_many_generated_requests_find_nothing(service: Service, tmp_path: Path) -> None:
    """In every mode."""
    _attack(service, tmp_path, 200)
