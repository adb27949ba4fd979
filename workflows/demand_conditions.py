"""Conditions of the demand's flow (domain 2.2): each says what is missing and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import IntegrityRecord
from projects.models import ChallengeList, Demand
from projects.rules import Rules
from projects.thresholds import thresholds_in
from review.conflicts.employment import employed_by
from review.models import DemandScore
from workflows import clock
from workflows.clock import SHANGHAI
from workflows.days import add_months, day_of
from workflows.state import State, holds
from workflows.wording import listed, told

if TYPE_CHECKING:
    from workflows.demand import DemandFlow

REQUIRED = (
    "title", "problem", "goal", "expected_yuan", "bidder_conditions", "ip_terms", "contact_name", "contact_phone",
    "recommender",
)  # fmt: skip


def _rules(flow: DemandFlow) -> Rules:
    rules: Rules = flow.object.challenge_list.rule_set.rules
    return rules


def list_collects_demands(flow: DemandFlow) -> State.CONDITION:
    row = flow.object.challenge_list
    collects = row.state == ChallengeList.State.COLLECTING and row.rule_set.rules.collects_demands
    return holds(collects, _("该榜单不在需求征集期内，请改投正在征集的榜单。"))


def before_demand_close(flow: DemandFlow) -> State.CONDITION:
    """Decided by the server's instant of receipt (domain 2.0)."""
    close = flow.object.challenge_list.demand_close_at
    shown = f"{close.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if close else ""
    return holds(close and flow.now < close, _("需求征集已于 %s 截止，请改投正在征集的榜单。") % shown)


def demand_is_complete(flow: DemandFlow) -> State.CONDITION:
    """Technical goal, time limit, IP ownership, money and bidder conditions are stated."""
    missing = missing_fields(flow.object)
    return holds(not missing, _("尚未填写：%s。请补填。") % listed(missing))


def missing_fields(demand: Demand) -> list[str]:
    """Labels of required fields that are empty. Used by the demand's page, too."""
    return [str(demand._meta.get_field(n).verbose_name) for n in REQUIRED if not getattr(demand, n)]  # type: ignore[union-attr]


def has_assessable_indicators(flow: DemandFlow) -> State.CONDITION:
    return holds(
        flow.object.indicators.filter(is_must=True).exists(), _("还没有必达的考核指标，请至少填写一项并勾选“必达”。")
    )


def time_limit_is_kept(flow: DemandFlow) -> State.CONDITION:
    """Normally at most three years."""
    most = _rules(flow).demand_max_months
    return holds(flow.object.months <= most, _("实施期限不得超过 %s 个月，请缩短期限或拆分需求。") % most)


def demander_pays_its_share(flow: DemandFlow) -> State.CONDITION:
    """Own money, in per cent of the money asked for, as the rule set says."""
    demand, percent = flow.object, _rules(flow).demand_match_percent
    needed = demand.expected_yuan * percent / 100
    return holds(
        demand.own_yuan * 100 >= demand.expected_yuan * percent,
        _("自有投入不得少于期望榜金的 %(percent)s%%，即 %(wan).2f 万元，请调高。")
        % {"percent": percent, "wan": needed / 10000},
    )


def solver_is_paid_in_cash(flow: DemandFlow) -> State.CONDITION:
    """Paid to the solver in cash, not in assets, products or services."""
    demand, percent = flow.object, _rules(flow).demand_cash_percent
    needed = demand.expected_yuan * percent / 100
    return holds(
        demand.solver_cash_yuan * 100 >= demand.expected_yuan * percent,
        _(
            "以现金支付揭榜方的金额不得少于期望榜金的 %(percent)s%%，即 %(wan).2f 万元，请调高；设备、产品、服务折价不计入。"
        )
        % {"percent": percent, "wan": needed / 10000},
    )


def sets_no_thresholds(flow: DemandFlow) -> State.CONDITION:
    found = thresholds_in(flow.object.bidder_conditions)
    return holds(not found, _("揭榜条件不得设年龄、学历、职称、奖项、注册年限等门槛，请删去：%s") % told(found))


def demander_is_in_good_standing(flow: DemandFlow) -> State.CONDITION:
    """No bar was in force against the unit within the last three years."""
    years, today = _rules(flow).demander_clean_years, flow.now.astimezone(SHANGHAI).date()
    since = add_months(today, -12 * years)
    bars = IntegrityRecord.objects.filter(
        Q(in_force_to__isnull=True) | Q(in_force_to__gte=since),
        organisation=flow.object.demander_id,
        in_force_from__lte=today,
    )
    numbers = list(bars.values_list("decision_no", flat=True))
    return holds(
        not numbers,
        _("需求单位近 %(years)s 年有失信记录（%(numbers)s），不得提出需求，请在期满后再提。")
        % {"years": years, "numbers": listed(numbers)},
    )


def list_still_screens(flow: DemandFlow) -> State.CONDITION:
    """The recommender may decide until the panel's results are fixed with the list."""
    screens = [ChallengeList.State.COLLECTING, ChallengeList.State.APPRAISING]
    return holds(
        flow.object.challenge_list.state in screens, _("榜单已过论证阶段，不再受理推荐，请需求单位改投以后的榜单。")
    )


def list_is_appraising(flow: DemandFlow) -> State.CONDITION:
    now = flow.object.challenge_list.state == ChallengeList.State.APPRAISING
    return holds(now, _("榜单不在论证阶段；请先由经办人将榜单转入论证。"))


def panel_is_large_and_odd(flow: DemandFlow) -> State.CONDITION:
    least, members = _rules(flow).appraisal_panel, flow.object.scores.count()
    return holds(
        members >= least and members % 2 == 1,
        _("论证组须为不少于 %(least)s 人的单数，现有 %(members)s 人评分；请先填写论证得分表。")
        % {"least": least, "members": members},
    )


def nobody_on_the_panel_is_concerned(flow: DemandFlow) -> State.CONDITION:
    """Members of the demander or of its recommender stand aside."""
    names = [score.expert.user.name for score in concerned(flow.object)]
    return holds(not names, _("与需求单位或推荐单位有关联的专家须回避，请更换：%s") % listed(names))


def concerned(demand: Demand) -> list[DemandScore]:
    """Scores by people who work, or worked in the last three years, for one of the parties."""
    parties = [demand.demander_id, demand.recommender_id]
    works_there = (
        Q(expert__organisation__in=parties)
        | Q(expert__user__organisation__in=parties)
        | Q(expert__in=employed_by(parties, day_of(clock.now())).values("expert"))
    )
    found = DemandScore.objects.filter(works_there, demand=demand).select_related("expert__user")
    return list(found.order_by("pk").distinct())
