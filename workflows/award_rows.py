"""The rows of an award decision: proposed from the ranking, changed on recorded grounds, published.

Rules: domain 3.3.2 (outcomes), 3.3.3 (reserves), 3.3.5 (grounds for deviating), 2.12 (columns).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import AwardDecision, Bid, DecisionRow, Objection, Project, Race
from projects.rules import Rules
from workflows import award_conditions as c
from workflows.delivery_plan import HORSE_RACE, lane_total_yuan
from workflows.official import official
from workflows.pinned_rules import rules_of
from workflows.standings import Standing, standings

if TYPE_CHECKING:
    from workflows.award import AwardDecisionFlow

Outcome = DecisionRow.Outcome

_OUTCOME_OF = {
    Bid.State.RECOMMENDED: Outcome.AWARD,
    Bid.State.RESERVE: Outcome.RESERVE,
    Bid.State.NOT_RECOMMENDED: Outcome.REJECT,
}


class Ground(models.TextChoices):
    """Why a meeting may deviate from the experts (domain 3.3.5); an upheld objection binds it."""

    POLICY = "POLICY", gettext_lazy("政策原因")
    BUDGET = "BUDGET", gettext_lazy("预算原因")
    INTEGRITY = "INTEGRITY", gettext_lazy("科研诚信原因")
    DUPLICATION = "DUPLICATION", gettext_lazy("重复支持")
    OBJECTION = "OBJECTION", gettext_lazy("异议成立")


def proposed_rows(decision: AwardDecision, rules: Rules) -> list[DecisionRow]:
    """One row per concluded bid, ranked within its challenge by the steps of domain 3.3.1, with the outcome
    that the panel's round gave it. Not saved."""
    bids = Bid.objects.filter(challenge__challenge_list=decision.challenge_list, state__in=list(_OUTCOME_OF))
    found = standings(bids.select_related("challenge"))
    awards = Counter(s.bid.challenge_id for s in found if s.bid.state == Bid.State.RECOMMENDED)
    return [_proposed(decision, standing, awards[standing.bid.challenge_id], rules) for standing in found]


def _proposed(decision: AwardDecision, standing: Standing, awards: int, rules: Rules) -> DecisionRow:
    bid = standing.bid
    outcome = _OUTCOME_OF[Bid.State(bid.state)]
    return DecisionRow(
        decision=decision,
        bid=bid,
        rank=standing.rank,
        score=bid.score or 0,
        decided_by=standing.decided_by,
        outcome=outcome,
        award_yuan=proposed_yuan(bid, awards, rules) if outcome == Outcome.AWARD else 0,
        reason=_reason(standing, outcome, rules),
    )


def _reason(standing: Standing, outcome: DecisionRow.Outcome, rules: Rules) -> str:
    """Why a bid is not proposed, in writing (基金条例 18 条); what is awarded needs no excuse."""
    if outcome == Outcome.AWARD:
        return ""
    if standing.is_vetoed:
        return "触发一票否决事项，不予立项。"
    got = f"综合得分 {standing.bid.score or 0}，在本榜题申报中排名第 {standing.rank}"
    if outcome == Outcome.RESERVE:
        return f"{got}，达到合格线，立项名额已满，列为备选。"
    if (standing.bid.score or 0) < rules.pass_score:
        return f"{got}，未达到合格线 {rules.pass_score} 分。"
    return f"{got}，达到合格线，但立项与备选名额已满。"


def proposed_yuan(bid: Bid, awards: int, rules: Rules) -> int:
    """What was asked for, at most an equal share of the cap; a race pays by its stages alone."""
    if rules.mode == HORSE_RACE:
        return lane_total_yuan(rules)
    share = bid.challenge.cap_yuan // max(bid.challenge.lanes, awards, 1)
    return min(bid.requested_yuan, share)


def published_rows(rows: Iterable[DecisionRow], rules: Rules) -> list[dict[str, Any]]:
    """Awards and reserves in whitelisted columns. A lane's money is the first stage's: the rest has
    to be earned by advancing."""
    return [
        {
            "number": row.bid.number,
            "title": row.bid.title,
            "unit": row.bid.organisation.name,
            "pi": row.bid.pi.name,
            "yuan": rules.race_stages[0].lane_yuan
            if rules.mode == HORSE_RACE and row.outcome == Outcome.AWARD
            else row.award_yuan,
            "period": f"{row.bid.challenge.months}个月",
            "outcome": official(Outcome(row.outcome).label),
        }
        for row in rows
        if row.outcome != Outcome.REJECT
    ]


def change_inputs(flow: AwardDecisionFlow) -> dict[str, forms.Field]:
    rows = DecisionRow.objects.filter(decision=flow.object.pk).select_related("bid__challenge")
    return {
        "row": forms.ModelChoiceField(rows, label=gettext_lazy("申报")),
        "outcome": forms.ChoiceField(label=gettext_lazy("结论"), choices=Outcome.choices),
        "award_yuan": forms.IntegerField(
            label=gettext_lazy("拟支持经费（元）"), min_value=0, required=False,
            help_text=gettext_lazy("仅拟立项填写；赛马经费按规则集的阶段经费，不必填写。"),
        ),
        "ground": forms.ChoiceField(label=gettext_lazy("依据"), choices=Ground.choices),
    }  # fmt: skip


def check_change(flow: AwardDecisionFlow, row: DecisionRow, outcome: str, award_yuan: int | None, ground: str) -> int:
    """The row's new money in yuan, or a refusal that names the input to mend."""
    if (
        ground == Ground.OBJECTION
        and not Objection.objects.filter(bid=row.bid, verdict=Objection.Verdict.UPHELD).exists()
    ):
        flow.refuse_input("ground", _("没有针对该申报的成立异议；请先办结异议，或改选所涉申报。"))
    if outcome != Outcome.REJECT:
        if flow.state_before == AwardDecision.State.NOTICE:
            flow.refuse_input("outcome", _("公示期间只能改为不予立项；其他更改请先撤回重新审定。"))
        if row.bid.state not in (Bid.State.RECOMMENDED, Bid.State.RESERVE):
            flow.refuse_input("row", _("专家评审未推荐（或已失去资格）的申报不能改为立项或备选；请选择“不予立项”。"))
    if outcome != Outcome.AWARD:
        if award_yuan:
            flow.refuse_input("award_yuan", _("只有拟立项才填写经费；请清空经费。"))
        return 0
    rules = rules_of(flow.object)
    if rules.mode == HORSE_RACE:
        if award_yuan not in (None, total := lane_total_yuan(rules)):
            flow.refuse_input("award_yuan", _("赛马经费由规则集的阶段经费确定，请留空。"))
        return total
    if not award_yuan or award_yuan > row.bid.requested_yuan:
        flow.refuse_input("award_yuan", _("请填写经费，且不超过申请经费 %s 元。") % row.bid.requested_yuan)
    others = [
        r.award_yuan for r in c.awarded_rows(flow) if r.pk != row.pk and r.bid.challenge_id == row.bid.challenge_id
    ]
    left = row.bid.challenge.cap_yuan - sum(others)
    if award_yuan > left:
        flow.refuse_input("award_yuan", _("超过榜金：该榜题还可支持 %s 元；请调低金额。") % left)
    return award_yuan


def project_of(row: DecisionRow) -> Project | None:
    return getattr(row.bid, "project", None)


def has_lapsed(row: DecisionRow) -> bool:
    """Ended before it was under contract: the award is vacant."""
    project = project_of(row)
    ended = (Project.State.TERMINATED, Project.State.REVOKED)
    return project is not None and project.state in ended and project.starts_on is None


def waiting_reserves(rows: Iterable[DecisionRow]) -> list[DecisionRow]:
    return [row for row in rows if row.outcome == Outcome.RESERVE and row.bid.state == Bid.State.RESERVE]


def kept_reserves(rows: list[DecisionRow]) -> list[DecisionRow]:
    """Reserves whose challenge has a contract still to be signed, or a vacancy (domain 3.3.3)."""
    open_challenges = {
        row.bid.challenge_id
        for row in rows
        if row.outcome == Outcome.AWARD
        and (project := project_of(row)) is not None
        and (project.state == Project.State.PENDING_CONTRACT or has_lapsed(row))
    }
    return [row for row in waiting_reserves(rows) if row.bid.challenge_id in open_challenges]


def vacancies(rows: Iterable[DecisionRow]) -> list[DecisionRow]:
    return [row for row in rows if row.outcome == Outcome.AWARD and has_lapsed(row)]


def promotable(rows: list[DecisionRow]) -> list[DecisionRow]:
    """Reserves of challenges with a vacancy. Nobody joins a race that has begun (domain 2.8 same start)."""
    begun = Race.objects.exclude(state=Race.State.SETUP).values_list("challenge", flat=True)
    vacant = {row.bid.challenge_id for row in vacancies(rows)}
    vacant -= set(begun.filter(challenge__in=vacant))
    return [row for row in waiting_reserves(rows) if row.bid.challenge_id in vacant]


def promotion_input(flow: AwardDecisionFlow) -> dict[str, forms.Field]:
    rows = DecisionRow.objects.filter(pk__in=[row.pk for row in promotable(c.rows_of(flow))])
    nobody = gettext_lazy("没有可以递补的备选：须有中选者逾期未签约；请待签约期满后再办理。")
    field = forms.ModelChoiceField(
        rows.select_related("bid__challenge"),
        label=gettext_lazy("备选"),
        error_messages={"invalid_choice": nobody},
    )
    return {"row": field}
