"""schemathesis against the merged OpenAPI: no 5xx, no answer that the schema does not describe."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from service import Service
from waiting import BOUND

# Two of its checks ask for what this API is not: that whatever the schema allows is accepted, though no schema can say
# that bytes are a picture or that an id exists; and 405 for an unknown method, where the gateway's routes answer 404.
NOT_OURS = "positive_data_acceptance,unsupported_method"


# A slow answer of a busy machine is no finding.
PATIENT = ["--request-timeout", str(BOUND), "--suppress-health-check", "all"]


def _attack(service: Service, folder: Path, examples: int, *more: str) -> None:
    command = [str(Path(sys.executable).with_name("st")), "run", f"{service.url}/openapi.json"]
    options = [
        "--checks",
        "all",
        "--exclude-checks",
        NOT_OURS,
        "--max-examples",
        str(examples),
        "--no-color",
        *PATIENT,
        *more,
    ]
    ended = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, timeout=1800)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr
    cases = re.search(r"([\d,]+) generated", ended.stdout)
    assert cases, ended.stdout
    print(f"schemathesis: {cases[1]} requests, nothing found")
    assert service.client.get("/healthz").status_code == 200


def test_generated_requests_find_nothing(service: Service, tmp_path: Path) -> None:
    _attack(service, tmp_path, 4, "--generation-deterministic")


@pytest.mark.slow
def test_many_generated_requests_find_nothing(service: Service, tmp_path: Path) -> None:
    _attack(service, tmp_path, 200)
