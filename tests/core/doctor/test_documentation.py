"""docs/reliability.md names every finding and says of each what repair does."""

from pathlib import Path

import pytest

from core.doctor.findings import Kind

TEXT = (Path(__file__).parents[3] / "docs" / "reliability.md").read_text()


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.slug)
def test_finding_is_documented_with_its_remedy(kind: Kind) -> None:
    assert f"| `{kind.slug}` | {kind.value} |" in TEXT
