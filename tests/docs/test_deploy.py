"""docs/deploy.md: every parameter of the template is in it, and its costs are those that docs/costs.py computes."""

import re
from dataclasses import replace
from pathlib import Path

from docs import costs
from stack import cloudformation

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "deploy.md").read_text()


def test_every_parameter_is_documented_and_no_other() -> None:
    rows = TEXT.partition("| parameter | default | |\n")[2].partition("\n\n")[0]
    documented = {name for row in rows.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert documented == set(cloudformation.read(ROOT / "template.yaml")["Parameters"])


def test_costs_are_those_of_the_script() -> None:
    assert costs.BEGIN + costs.table(costs.Stack()) + costs.END in TEXT, "make docs"


def test_costs_follow_the_template(tmp_path: Path) -> None:
    text = (ROOT / "template.yaml").read_text()
    (tmp_path / "template.yaml").write_text(text.replace("MemorySize: 1024", "MemorySize: 2048"))
    usual, dearer = costs.Stack(), costs.Stack(tmp_path / "template.yaml")
    large = costs.SCENARIOS[-1]
    seconds = large.reads * costs.READ_SECONDS * costs.PRICES["lambda GB-s"]
    more = costs.at_reads(dearer, large.reads)["Lambda, reads"] - costs.at_reads(usual, large.reads)["Lambda, reads"]
    assert abs(more - seconds) < 1e-9
    assert sum(line[2] for line in costs.lines(usual, replace(large, uploads=0, reads=0, images=0))) < 2
