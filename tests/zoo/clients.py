"""The clients of the zoo's campaign, each in a process of its own, and what they were answered."""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

PATIENCE = 150  # seconds that a client waits for an answer


@dataclass(slots=True)
class Answers:
    """What one client was answered, and after how many seconds; status 0 is no answer."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def ask(self, request: Callable[[], httpx.Response]) -> httpx.Response | None:
        began = time.monotonic()
        answer = None
        with suppress(httpx.HTTPError):
            answer = request()
        self.seconds.append(time.monotonic() - began)
        self.statuses[answer.status_code if answer is not None else 0] += 1
        return answer

    def __add__(self, other: "Answers") -> "Answers":
        return Answers(self.seconds + other.seconds, self.statuses + other.statuses)

    def __str__(self) -> str:
        told = ", ".join(f"{count} x {status or 'none'}" for status, count in sorted(self.statuses.items()))
        spread = f"p50 {at(self.seconds, 50)}, p99 {at(self.seconds, 99)}, longest {max(self.seconds) * 1000:.0f} ms"
        return f"{spread} ({told})"


def at(seconds: list[float], percent: int) -> str:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 100
    return f"{cuts[percent - 1] * 1000:.0f} ms"


def read(url: str, until: float) -> Answers:
    """Twenty thumbs a second."""
    answers = Answers()
    with httpx.Client(timeout=PATIENCE, verify=False) as client:
        while time.time() < until:
            answers.ask(lambda: client.get(url))
            time.sleep(0.05)
    return answers


def upload(url: str, project: str, files: list[bytes], pause: float, until: float) -> Answers:
    answers = Answers()
    with httpx.Client(timeout=PATIENCE, verify=False) as client:
        while time.time() < until:
            for content in files:
                answers.ask(lambda content=content: post(client, url, project, content))
                time.sleep(pause)
                if time.time() > until:
                    break
    return answers


def post(client: httpx.Client, url: str, project: str, content: bytes) -> httpx.Response:
    return client.post(f"{url}/projects/{project}/images", files={"file": ("a", content)})
