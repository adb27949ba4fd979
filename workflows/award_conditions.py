"""Conditions of the award decision's flow (domain 2.6, 2.10, 3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.roles import bars_among
from projects.models import Bid, Challenge, DecisionRow, Objection
from workflows.days import day_of
from workflows.objection import UNSETTLED
from workflows.pinned_rules import rules_of
from workflows.standings import ties_across_a_cut
from workflows.state import State, holds
from workflows.wording import listed

if TYPE_CHECKING:
    from workflows.award import AwardDecisionFlow

Outcome = DecisionRow.Outcome
#: A lane alone is no race (domain 2.8).
FEWEST_LANES = 2


def rows_of(flow: AwardDecisionFlow) -> list[DecisionRow]:
    """All rows, with bid and challenge, challenge by challenge in rank order. One query."""
    rows = flow.object.rows.select_related("bid__challenge", "bid__organisation", "bid__pi", "bid__project")
    return list(rows.order_by("bid__challenge__number", "rank", "pk"))


def awarded_rows(flow: AwardDecisionFlow) -> list[DecisionRow]:
    return [row for row in rows_of(flow) if row.outcome == Outcome.AWARD]


def by_challenge(rows: Iterable[DecisionRow]) -> dict[Challenge, list[DecisionRow]]:
    found: dict[Challenge, list[DecisionRow]] = {}
    for row in rows:
        found.setdefault(row.bid.challenge, []).append(row)
    return found


def money_fits_the_cap(flow: AwardDecisionFlow) -> State.CONDITION:
    """Awards of an open challenge sum to its cap at most; a race's stages are checked when it begins."""
    if rules_of(flow.object).mode == "HORSE_RACE":
        return holds(True, "")
    over = [
        challenge.number
        for challenge, rows in by_challenge(awarded_rows(flow)).items()
        if sum(row.award_yuan for row in rows) > challenge.cap_yuan
    ]
    return holds(not over, _("拟支持经费超过榜金的榜题：%s。请调低金额。") % listed(over))


def every_race_has_lanes(flow: AwardDecisionFlow) -> State.CONDITION:
    if rules_of(flow.object).mode != "HORSE_RACE":
        return holds(True, "")
    lone = [
        challenge.number for challenge, rows in by_challenge(awarded_rows(flow)).items() if len(rows) < FEWEST_LANES
    ]
    return holds(not lone, _("赛马至少要有 2 条赛道，以下榜题只有 1 项拟立项，请调整：%s") % listed(lone))


def awarded_bids_still_stand(flow: AwardDecisionFlow) -> State.CONDITION:
    fallen = [
        row.bid.title for row in awarded_rows(flow) if row.bid.state not in (Bid.State.RECOMMENDED, Bid.State.RESERVE)
    ]
    return holds(not fallen, _("以下拟立项申报已失去资格，请先更改其结论：%s") % listed(fallen))


def integrity_is_clean(flow: AwardDecisionFlow) -> State.CONDITION:
    """Looked up again on the very day the decision is issued (基金条例 18 条)."""
    barred = [f"{row.bid.title}（{listed(numbers)}）" for row, numbers in barred_rows(flow)]
    return holds(not barred, _("科研诚信限制期内不得立项：%s。请更改结论，或待限制期满。") % listed(barred))


def barred_rows(flow: AwardDecisionFlow) -> list[tuple[DecisionRow, list[str]]]:
    """Awarded rows whose PI or unit is barred today, with the numbers of the bars. Two queries."""
    rows = awarded_rows(flow)
    bars = bars_among(
        day_of(flow.now), users=[r.bid.pi_id for r in rows], organisations=[r.bid.organisation_id for r in rows]
    )
    found = [
        (
            row,
            [b.decision_no for b in bars if row.bid.pi_id == b.user_id or row.bid.organisation_id == b.organisation_id],
        )
        for row in rows
    ]
    return [(row, numbers) for row, numbers in found if numbers]


def no_tie_lies_across_a_cut(flow: AwardDecisionFlow) -> State.CONDITION:
    """What nothing sets apart is not set apart by whoever is listed first (domain 3.3.1)."""
    tied = [listed(row.bid.number or row.bid.title for row in group) for group in ties_across_a_cut(rows_of(flow))]
    sentence = _("以下申报各项比较均相同而结论不同：%s。请由评审组长主持抽签并记入纪要，或由会议按规定的依据更改结论。")
    return holds(not tied, sentence % "；".join(tied))


def no_open_objection(flow: AwardDecisionFlow) -> State.CONDITION:
    left = Objection.objects.filter(notice__decision=flow.object, state__in=UNSETTLED)
    numbers = listed(left.order_by("pk").values_list("number", flat=True))
    return holds(not numbers, _("异议尚未办结，不能下达：%s。请先办结异议。") % numbers)


def upheld_objections_are_heeded(flow: AwardDecisionFlow) -> State.CONDITION:
    """No bid against which an objection was upheld is awarded."""
    upheld = Objection.objects.filter(notice__decision=flow.object, verdict=Objection.Verdict.UPHELD, bid__isnull=False)
    bids = set(upheld.exclude(notice__state="WITHDRAWN").values_list("bid", flat=True))
    left = [row.bid.title for row in awarded_rows(flow) if row.bid_id in bids]
    return holds(not left, _("异议成立，请先更改结论：%s") % listed(left))
