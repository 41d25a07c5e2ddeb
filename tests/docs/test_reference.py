"""The documentation held to the code: every setting and every route is told, and every link leads somewhere."""

import dataclasses
import re
from pathlib import Path

import pytest

from core.settings import Settings
from stack import template

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/decisions/*.md")])


def test_every_setting_is_told():
    told = set(re.findall(r"^\| `(IMGSRV_\w+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert told == {f"IMGSRV_{field.name.upper()}" for field in dataclasses.fields(Settings)}


def test_every_route_is_told():
    text = (ROOT / "docs" / "api.md").read_text()
    served = template.load(ROOT / "template.yaml", {"Public": "yes", "Bucket": "no"}).served
    for route in {route for function in served for route in function.routes}:
        if route.method != "HEAD" and "/uploads" not in route.path:
            assert f"{route.method} {route.path}" in text, route.key


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        path = target.partition("#")[0]
        if path and "://" not in path:
            assert (page.parent / path).exists(), target


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 120


def test_the_index_of_decisions_is_whole():
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^- \[\d{4}\]\((\S+)\) \S", (folder / "README.md").read_text(), re.MULTILINE)
    assert listed == sorted(path.name for path in folder.glob("0*.md"))
