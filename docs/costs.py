"""What the stack costs a month: prices and measured constants here, the rest from template.yaml.

python -m docs.costs            the table (make costs)
python -m docs.costs --write    into docs/deploy.md (make docs)
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.settings import Settings
from stack import cloudformation

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- costs: written by make docs -->\n", "<!-- /costs -->\n"
DATE = "November 2026"
PRICES = {  # list prices of us-east-1 in US dollars; look yours up
    "efs standard GB": 0.30,
    "efs infrequent GB": 0.025,
    "efs infrequent access GB": 0.01,  # read from it, or moved to or from it
    "efs read GB": 0.03,
    "efs write GB": 0.06,
    "backup GB": 0.05,
    "lambda GB-s": 0.0000133334,  # arm64
    "lambda million": 0.20,
    "http api million": 1.00,
    "transfer GB": 0.09,
    "logs GB": 0.50,
    "alarm metric": 0.10,
    "secret": 0.40,
    "cloudfront million": 1.00,
    "cloudfront GB": 0.085,
}
FREE = {"transfer GB": 100, "cloudfront GB": 1000, "cloudfront million": 10}  # of each month, for good

# Measured here (docs/performance.md, docs/scaling.md), or said to be assumed.
IMAGE = 3.3e-3  # GB in four sizes
READ = 50e-6  # GB: the mean of many thumbs and a few mediums
UPLOAD_SECONDS, READ_SECONDS, PART_SECONDS = 0.6, 0.02, 0.1
METERED = 512e-6  # GB of a request that the HTTP API counts as one
IN_PARTS, PARTS = 0.2, 4  # of the uploads, a fifth come in parts: so many requests more (assumed)
LINE = 1e-6  # GB of log a request
COLD = 0.9  # of the storage lies in infrequent access: what was not read for 30 days (assumed)
HITS = 0.9  # of the reads, with a CDN in front (assumed)
DAYS = 30.4
NAME = 150e-9  # GB of a listed name with its attributes (assumed)
ENTRY = 400e-9  # GB of an image in an index
SWEEP_SECONDS = 900  # of a function for a million images, most of it waiting for EFS (assumed)
HOURLY_SECONDS = 0.5  # of a call that finds the day's walk done
LOOK = 4e-6  # GB that EFS meters for looking at a file's length


@dataclass(frozen=True)
class Scenario:
    name: str
    images: int
    uploads: int
    reads: int


SCENARIOS = (
    Scenario("small", 10_000, 1_000, 100_000),
    Scenario("medium", 100_000, 10_000, 2_000_000),
    Scenario("large", 1_000_000, 100_000, 30_000_000),
)


class Stack:
    """What the template says that costs follow from."""

    def __init__(self, path: Path = ROOT / "template.yaml") -> None:
        resources: dict[str, Any] = cloudformation.read(path)["Resources"]
        usual = cloudformation.read(path)["Globals"]["Function"]["MemorySize"]
        memory = {name: r["Properties"].get("MemorySize", usual) for name, r in resources.items() if _is_function(r)}
        self.upload, self.read, self.sweep = (memory[name] / 1024 for name in ("UploadImage", "GetImage", "Sweep"))
        alarms = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
        self.alarm_metrics = sum(
            sum("MetricStat" in metric for metric in alarm.get("Metrics", [])) or 1 for alarm in alarms
        )
        # But for the one that a CDN shows.
        self.secrets = (
            sum(r["Type"] == "AWS::SecretsManager::Secret" for r in resources.values()) - 1
        )  # one is the CDN's
        self.calls = _hourly(resources["Sweep"]["Properties"]["Events"]["Hourly"]["Properties"]["ScheduleExpression"])


def _is_function(resource: dict[str, Any]) -> bool:
    return bool(resource["Type"] == "AWS::Serverless::Function")


def _hourly(expression: str) -> float:
    """Calls a month of a schedule; ValueError for another one than was thought of."""
    if expression != "rate(1 hour)":
        raise ValueError(expression)
    return 24 * DAYS


def _paid(kind: str, amount: float) -> float:
    return max(amount - FREE.get(kind, 0), 0) * PRICES[kind]


def _computed(seconds: float, memory: float, calls: float) -> float:
    return seconds * memory * PRICES["lambda GB-s"] + calls / 1e6 * PRICES["lambda million"]


def at_reads(stack: Stack, reads: float) -> dict[str, float]:
    """What reads cost at the service itself."""
    return {
        "EFS reads": _paid("efs read GB", reads * READ),
        "Lambda, reads": _computed(reads * READ_SECONDS, stack.read, reads),
        "HTTP API, reads": _paid("http api million", reads / 1e6),
        "transfer out": _paid("transfer GB", reads * READ),
        "logs of reads": _paid("logs GB", reads * LINE),
    }


def lines(stack: Stack, given: Scenario) -> Iterator[tuple[str, str, float]]:
    """(what, how it is computed, dollars) of everything but the CDN."""
    stored, parts = given.images * IMAGE, given.uploads * IN_PARTS
    yield (
        "EFS storage",
        f"{1 - COLD:.1f} at $0.30, {COLD} at $0.025 a GB",
        stored * ((1 - COLD) * PRICES["efs standard GB"] + COLD * PRICES["efs infrequent GB"]),
    )
    yield "backup", "$0.05 a GB", _paid("backup GB", stored)
    yield "EFS writes", "$0.06 a GB: uploads", _paid("efs write GB", given.uploads * IMAGE)
    yield "moving to infrequent access", "$0.01 a GB", _paid("efs infrequent access GB", given.uploads * IMAGE)
    seconds = given.uploads * UPLOAD_SECONDS + parts * PARTS * PART_SECONDS
    yield (
        "Lambda, uploads",
        f"{stack.upload:.3f} GB, {UPLOAD_SECONDS} s each",
        _computed(seconds, stack.upload, given.uploads + parts * PARTS),
    )
    units = given.uploads * -(-IMAGE // METERED) + parts * PARTS
    yield "HTTP API, uploads", "$1.00 a million, each 512 KB counts", _paid("http api million", units / 1e6)
    how = {
        "EFS reads": "$0.03 a GB: reads x 50 KB",
        "Lambda, reads": f"{stack.read:.1f} GB, {READ_SECONDS} s each",
        "HTTP API, reads": "$1.00 a million",
        "transfer out": "$0.09 a GB over 100 GB",
        "logs of reads": "$0.50 a GB: 1 KB a request",
    }
    for name, dollars in at_reads(stack, given.reads).items():
        yield name, how[name], dollars
    yield "sweep", "names and indexes daily, lengths and files by turns", sweep(stack, given)
    yield (
        "alarms, secret",
        f"{stack.alarm_metrics} metrics at $0.10, $0.40",
        (stack.alarm_metrics * PRICES["alarm metric"] + stack.secrets * PRICES["secret"]),
    )


def sweep(stack: Stack, given: Scenario) -> float:
    """The scheduled sweep: its calls, what EFS meters for it, and the files that it brings back to Standard."""
    own = Settings()
    walked = _computed(
        DAYS * SWEEP_SECONDS * given.images / 1e6 + stack.calls * HOURLY_SECONDS, stack.sweep, stack.calls
    )
    read = DAYS * given.images * (4 * NAME + ENTRY + 4 * LOOK / own.sweep_lengths)
    opened = DAYS / own.sweep_contents * given.images * IMAGE * COLD  # GB a month that come to Standard for 30 days
    dearer = PRICES["efs standard GB"] - PRICES["efs infrequent GB"] + 2 * PRICES["efs infrequent access GB"]
    return walked + _paid("efs read GB", read) + opened * dearer


def with_cdn(stack: Stack, given: Scenario) -> tuple[float, float]:
    """(what CloudFront asks, what the service asks less) when it answers HITS of the reads."""
    asked = _paid("cloudfront million", given.reads / 1e6) + _paid("cloudfront GB", given.reads * READ)
    rest = at_reads(stack, given.reads * (1 - HITS)) | {"transfer out": 0.0}  # to CloudFront it is free
    return asked + PRICES["secret"], sum(at_reads(stack, given.reads).values()) - sum(rest.values())


def table(stack: Stack) -> str:
    """The table of docs/deploy.md."""
    columns = [list(lines(stack, given)) for given in SCENARIOS]
    sums = [sum(dollars for *_, dollars in column) for column in columns]
    cdn = [with_cdn(stack, given) for given in SCENARIOS]
    rows = [
        ("", f"prices of {DATE}", *(given.name for given in SCENARIOS)),
        ("---",) * 5,
        ("images stored", "", *(f"{g.images:,} ({g.images * IMAGE:,.0f} GB)" for g in SCENARIOS)),
        ("uploads, reads a month", "", *(f"{g.uploads:,}, {g.reads:,}" for g in SCENARIOS)),
        *(
            (name, how, *(f"{column[place][2]:.2f}" for column in columns))
            for place, (name, how, _) in enumerate(columns[0])
        ),
        ("**sum**", "", *(f"**${total:,.2f}**" for total in sums)),
        (
            "CloudFront in front",
            "$1.00 a million over 10, $0.085 a GB over 1 TB",
            *(f"{asked:.2f}" for asked, _ in cdn),
        ),
        ("and less at the service", f"{HITS} of the reads", *(f"-{less:.2f}" for _, less in cdn)),
        (
            "**sum with the CDN**",
            "",
            *(f"**${total + asked - less:,.2f}**" for total, (asked, less) in zip(sums, cdn, strict=True)),
        ),
    ]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows).replace("|  |", "| |")


def main() -> None:
    made = table(Stack())
    if "--write" not in sys.argv[1:]:
        print(made, end="")
        return
    path = ROOT / "docs" / "deploy.md"
    before, _, rest = path.read_text().partition(BEGIN)
    path.write_text(before + BEGIN + made + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
