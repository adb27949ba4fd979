"""A what-if as it is asked for and answered on the page: the form, who crosses the line, the scenario it was reopened from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from review.calibration.scenario import Scenario
from review.calibration.standings import Fate
from review.calibration.trials import Move, WhatIf, what_if
from review.models import SavedScenario
from review.scenario_forms import WhatIfForm
from review.views.analysis_matter import Matter
from workflows.saved_scenarios import result_digest
from workflows.score_books import Judged, Records

#: As the decision calls it; the last one is what a chair would have to settle.
FATES = {
    Fate.AWARD: (gettext_lazy("拟立项"), "good"),
    Fate.RESERVE: (gettext_lazy("备选"), "wait"),
    Fate.REJECT: (gettext_lazy("不予立项"), "plain"),
    Fate.BALLOT: (gettext_lazy("须抽签"), "bad"),
}
#: Of ten thousand bids that many lines are read; the export holds them all.
MOST_LINES = 200


@dataclass(frozen=True)
class Line:
    """One bid under the published rules and under those that are tried."""

    bid: Judged
    move: Move

    @property
    def before(self) -> tuple[Any, str]:
        return FATES[self.move.fate_before]

    @property
    def after(self) -> tuple[Any, str]:
        return FATES[self.move.fate_after]

    @property
    def changes(self) -> bool:
        return self.move.fate_before is not self.move.fate_after

    @property
    def falls(self) -> int:
        return -self.move.climbs


@dataclass(frozen=True)
class Trial:
    """`found` is None where nothing was asked for, or something that cannot be computed."""

    form: WhatIfForm
    records: Records
    found: WhatIf | None = None
    saved: SavedScenario | None = None

    @property
    def is_published(self) -> bool:
        return self.found is not None and replace(self.found.after, name="") == replace(self.found.before, name="")

    @cached_property
    def lines(self) -> list[Line]:
        """Of a round every bid by rank; of a large list those whose fate changes."""
        if self.found is None:
            return []
        moves = self.found.moves if len(self.found.moves) <= MOST_LINES else self.changes[:MOST_LINES]
        lines = [Line(self.records.bids[move.bid], move) for move in moves]
        return sorted(lines, key=lambda line: (line.bid.contest, line.move.rank_after, line.bid.key))

    @cached_property
    def changes(self) -> list[Move]:
        return [m for m in self.found.moves if m.fate_before is not m.fate_after] if self.found else []

    @property
    def changed(self) -> int:
        return len(self.changes)

    @property
    def same_as_saved(self) -> bool:
        """Whether the figures are those that were there when it was kept."""
        return (
            self.saved is not None and self.found is not None and self.saved.result_digest == result_digest(self.found)
        )


def trial_of(matter: Matter, records: Records, asked: Any) -> Trial:
    """`asked`: the request's parameters. `saved` reopens a kept scenario; fields beside it change it."""
    saved = _saved(matter, asked.get("saved", ""))
    start = records.published if saved is None else Scenario.from_json(saved.scenario)
    data = asked if "rule" in asked or saved is not None else None
    form = WhatIfForm(data, start=start, book=records.book)
    if not form.is_valid():
        return Trial(form, records)
    scenario = form.scenario(start.name if saved else _("推演方案"))
    try:
        found = what_if(records.book, records.published, scenario)
    except ValueError as fault:
        form.add_error(None, str(fault))
        return Trial(form, records)
    is_reopened = saved is not None and saved.digest == scenario.digest
    return Trial(form, records, found, saved if is_reopened else None)


def _saved(matter: Matter, given: str) -> SavedScenario | None:
    if not given:
        return None
    found: SavedScenario = get_object_or_404(
        matter.row.scenarios.select_related("by"), pk=int(given) if given.isdecimal() and len(given) < 18 else 0
    )
    return found
