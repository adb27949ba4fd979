"""What a list that collects demands asks of its steps (domain 2.1): a window, one endorsed demand, a result for each."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from projects.models import Demand
from workflows.clock import SHANGHAI
from workflows.state import State, holds
from workflows.wording import listed

if TYPE_CHECKING:
    from workflows.challenge_list import ChallengeListFlow

S = Demand.State
#: Passed the recommender's screening, whatever became of them since.
SCREENED = [S.REC_ENDORSED, S.APPRAISED_PASS, S.APPRAISED_FAIL, S.MERGED]


def collection_is_long_enough(flow: ChallengeListFlow) -> State.CONDITION:
    """The window's end is set before it opens, and leaves the days that the rules promise."""
    row, rules = flow.object, flow.object.rule_set.rules
    if not rules.collects_demands:
        return holds(True, "")
    earliest = flow.now + timedelta(days=rules.min_collection_days)
    shown = earliest.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return holds(
        row.demand_close_at and row.demand_close_at >= earliest,
        _("按规则集需求至少征集 %(days)s 天，请先将需求征集截止设为 %(day)s 以后。")
        % {"days": rules.min_collection_days, "day": shown},
    )


def collection_is_over(flow: ChallengeListFlow) -> State.CONDITION:
    row = flow.object
    if not row.rule_set.rules.collects_demands or row.demand_close_at is None:
        return holds(True, "")
    shown = row.demand_close_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return holds(flow.now >= row.demand_close_at, _("需求征集到 %s 截止，届时才能转入论证；请届时办理。") % shown)


def has_something_to_appraise(flow: ChallengeListFlow) -> State.CONDITION:
    """At least one demand has passed the recommenders' screening; without collection, one challenge."""
    row = flow.object
    if not row.rule_set.rules.collects_demands:
        return holds(row.challenges.exists(), _("榜单里还没有榜题，请先新建榜题。"))
    return holds(
        row.demands.filter(state__in=SCREENED).exists(), _("还没有经推荐单位推荐的需求，请催办推荐或延后论证。")
    )


def every_demand_has_a_result(flow: ChallengeListFlow) -> State.CONDITION:
    """The panel has judged each endorsed demand; nothing waits at a recommender."""
    left = flow.object.demands.filter(state__in=[S.SUBMITTED, S.REC_ENDORSED]).order_by("number")
    numbers = list(left.values_list("number", flat=True))
    return holds(not numbers, _("以下需求还没有论证结论，请完成论证或归档：%s") % listed(numbers))
