"""docs/workflows.md shows the machines as they are."""

from pathlib import Path

from django.conf import settings

from workflows.charts import document, edges
from workflows.engine import FLOWS


def test_the_charts_are_not_stale() -> None:
    committed = (Path(settings.BASE_DIR) / "docs" / "workflows.md").read_text()
    assert committed == document(), "run `make docs` and commit docs/workflows.md"


def test_every_machine_has_a_chart_with_arrows() -> None:
    assert len(FLOWS) >= 18
    assert all(edges(flow) for flow in FLOWS.values())
