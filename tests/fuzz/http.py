"""Mutated files over HTTP, many at once: `python -m fuzz.http --files 20000`.

A finding is an answer that blames the service, one that does not come, or a storage that holds something else than
what was answered for; it makes the exit code 1.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from fuzz.seeds import seeds
from fuzz.worker import file
from service import ROOT, Service

PROJECTS = 50


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first file")
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    outcomes: Counter[str] = Counter()
    stored: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, Service(Path(folder) / "storage") as service:
        numbers = range(options.first, options.first + options.files)
        given = list(seeds().values())

        def send(number: int) -> tuple[int, int, str]:
            url = f"{service.url}/projects/{number % PROJECTS}/images"
            try:
                answer = client.post(url, files={"file": ("a", file(number, given))})
            except httpx.HTTPError as error:
                return number, 0, repr(error)
            return number, answer.status_code, answer.json().get("type", "")

        with httpx.Client(timeout=120, verify=False) as client, ThreadPoolExecutor(options.clients) as pool:
            for number, status, kind in pool.map(send, numbers):
                outcomes[f"{status} {kind}"] += 1
                stored[str(number % PROJECTS)] += status == 201
                if status == 0 or (status >= 500 and status != 503):
                    wrong += 1
                    print(f"file {number}: {status} {kind}", flush=True)
        listed = {name: service.client.get(f"/projects/{name}/images").json()["total"] for name in stored}
        checked = subprocess.run(
            [sys.executable, "-m", "core.doctor", "check", "--storage", str(service.storage)], cwd=ROOT, check=False
        )
    for outcome, count in outcomes.most_common():
        print(f"{count:>8} {outcome}")
    if listed != dict(stored) or checked.returncode:
        wrong += 1
        print("the storage holds something else than what was answered for")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
