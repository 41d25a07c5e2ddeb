"""The threat model held to the tests: each line names some, and each of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "security.md").read_text().partition("## Threats")[2].partition("\n\nWhat remains")[0]
LINES = [line for line in TABLE.splitlines() if line.startswith("| ")][2:]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split(" | ")[1][:40])
def test_each_threat_names_tests_that_exist(line):
    who, tries, stops, tests = line.strip("| ").split(" | ")
    assert who
    assert tries
    assert stops
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", tests)
    assert named
    assert len(named) == tests.count("`") / 2
    for file, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), name


def test_the_list_is_one():
    assert len(LINES) > 20
