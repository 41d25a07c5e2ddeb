"""schemathesis against the merged OpenAPI: no 5xx, no answer that the schema does not describe."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from service import Service

# Two of its checks ask for what this API is not: that whatever the schema allows is accepted, though no schema can say
# that bytes are a picture or that an id exists; and 405 for an unknown method, where the gateway's routes answer 404.
NOT_OURS = "positive_data_acceptance,unsupported_method"


def _attack(service: Service, examples: int, folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("st")), "run", f"{service.url}/openapi.json"]
    options = ["--checks", "all", "--exclude-checks", NOT_OURS, "--max-examples", str(examples), "--no-color"]
    ended = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, timeout=1800)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr
    cases = re.search(r"([\d,]+) generated", ended.stdout)
    assert cases, ended.stdout
    print(f"schemathesis: {cases[1]} requests, nothing found")
    assert service.client.get("/healthz").status_code == 200


def test_generated_requests_find_nothing(service: Service, tmp_path: Path) -> None:
    _attack(service, 4, tmp_path)


@pytest.mark.slow
def test_many_generated_requests_find_nothing(service: Service, tmp_path: Path) -> None:
    _attack(service, 200, tmp_path)
