"""What a demand says, as canonical data: its digest goes into the audit chain with every submission."""

from __future__ import annotations

from typing import Any

from projects.models import Demand

_FACTS = (
    "number", "title", "field", "problem", "goal", "scenario", "expected_yuan", "own_yuan", "solver_cash_yuan",
    "months", "bidder_conditions", "ip_terms", "contact_name", "contact_phone", "demander_is_hidden", "demander_id",
    "recommender_id",
)  # fmt: skip


def content_of(demand: Demand) -> dict[str, Any]:
    """Facts and indicator rows, in their order. One query."""
    rows = demand.indicators.order_by("no").values(
        "no", "name", "comparator", "target", "target_high", "unit", "is_must", "check_method", "evidence"
    )
    shown = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return {**{name: getattr(demand, name) for name in _FACTS}, "indicators": shown}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool | int) else str(value)
