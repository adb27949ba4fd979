"""A decision's rows as those who decide read them: rank, spread, recommendations, ties, where the money ends.

Two queries, whatever the number of rows. What advises (spread) is told to one decimal; what decides is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Min, Q, StdDev
from django.utils.translation import gettext_lazy as _

from projects.cut_line import CutLine, cut_line
from projects.models import AwardDecision, DecisionRow
from review.models import ScoreSheet

Outcome = DecisionRow.Outcome
#: What set a bid apart from the one it equals in score (domain 3.3.1).
STEPS = {
    "score": _("得分"),
    "top_criterion": _("权重最大的指标"),
    "group_mean": _("技术专家均分"),
    "requested_yuan": _("申请经费较少"),
    "ballot": _("组长主持抽签"),
}
_ORDER = list(Outcome.values)


@dataclass(frozen=True)
class Spread:
    """Of the experts' totals for one bid, with how many recommend what."""

    count: int = 0
    lowest: Any = None
    highest: Any = None
    deviation: float | None = None
    recommendations: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One row with its place in the whole list. `running`: the money of it and all before, None without award."""

    row: DecisionRow
    place: int
    spread: Spread
    running: int | None
    fits: bool
    is_first_over: bool
    tie: str
    is_unresolved: bool

    @property
    def tie_step(self) -> Any:
        return STEPS.get(self.tie, "")


@dataclass(frozen=True)
class Table:
    lines: list[Line]
    cut: CutLine
    budget: int | None

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(str(line.row.outcome) for line in self.lines))

    @property
    def money(self) -> int:
        return sum(line.row.award_yuan for line in self.lines)

    @property
    def chart(self) -> dict[str, Any]:
        """Bars of proposed money in the order of the list, the sum, and the budget as a line. In 万元."""
        awards = [line for line in self.lines if line.running is not None]
        return {
            "titles": [f"{line.place}. {line.row.bid.title}" for line in awards],
            "money": [line.row.award_yuan / 10_000 for line in awards],
            "running": [(line.running or 0) / 10_000 for line in awards],
            "fits": [line.fits for line in awards],
            "budget": None if self.budget is None else self.budget / 10_000,
        }


def table_of(decision: AwardDecision) -> Table:
    """All rows: awards, reserves and refusals, each by score over the whole list."""
    query = decision.rows.select_related("bid__challenge", "bid__organisation", "bid__pi")
    rows = sorted(query, key=lambda r: (_ORDER.index(r.outcome), -r.score, r.rank, r.bid.challenge.number, r.pk))
    spreads = _spreads(decision)
    awards = [row.award_yuan for row in rows if row.outcome == Outcome.AWARD]
    cut = cut_line(awards, decision.budget_yuan)
    equal = Counter((row.bid.challenge_id, row.score) for row in rows)
    tied = _unresolved(rows)
    lines = [
        Line(
            row=row,
            place=n + 1,
            spread=spreads.get(row.bid_id, Spread()),
            running=cut.running[n] if n < len(awards) else None,
            fits=n < cut.fits,
            is_first_over=n == cut.fits and n < len(awards),
            tie=row.decided_by if equal[row.bid.challenge_id, row.score] > 1 else "",
            is_unresolved=row.pk in tied,
        )
        for n, row in enumerate(rows)
    ]
    return Table(lines, cut, decision.budget_yuan)


def _unresolved(rows: Iterable[DecisionRow]) -> set[int]:
    """Rows that share their rank with another of the challenge: nothing has set them apart."""
    sharing: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        sharing.setdefault((row.bid.challenge_id, row.rank), []).append(row.pk)
    return {pk for group in sharing.values() if len(group) > 1 for pk in group}


def _spreads(decision: AwardDecision) -> dict[int, Spread]:
    """Bid → how far its experts are apart. One query."""
    opinions = ScoreSheet.Recommendation
    counted = {f"n_{o.value}": Count("pk", filter=Q(recommendation=o)) for o in opinions}
    sheets = ScoreSheet.objects.filter(state="LOCKED", bid__decision_row__decision=decision).order_by()
    found: Iterable[dict[str, Any]] = sheets.values("bid_id").annotate(
        count=Count("total"), low=Min("total"), high=Max("total"), deviation=StdDev("total", sample=True), **counted
    )  # type: ignore[assignment]
    return {
        row["bid_id"]: Spread(
            row["count"], row["low"], row["high"], row["deviation"],
            {str(o.label): n for o in opinions if (n := row[f"n_{o.value}"])},
        )
        for row in found
    }  # fmt: skip
