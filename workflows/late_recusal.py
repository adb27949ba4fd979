"""A conflict that comes to light after the collation: the bidders do not pay for it (domain 3.5).

Who is blocked leaves with his scores, nobody steps in, and the chair drafts the opinion anew over the scores
that are left. Where those who stay are too few, or an even number, or have nobody to chair them, the round
concludes nothing: it is aborted, and only for that.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Role
from review.conflicts import blocked_pairs
from review.conflicts.guard import blocked_aliases
from review.models import Assignment, ReviewRound, ScoreSheet
from workflows.days import day_of
from workflows.engine import Flow, perform
from workflows.panel_draw import bids_of, rules_of_round
from workflows.permissions import people_with
from workflows.round_match import short_of_reviews
from workflows.state import SYSTEM, State, holds
from workflows.wording import listed, some_of

R = ReviewRound.State


def go_on_without(flow: Flow, vacated: Assignment) -> None:
    """The round goes on without the seat, on record under its own name."""
    from workflows.review_round import ReviewRoundFlow

    perform(ReviewRoundFlow, vacated.round_id, "go_on_without", by=SYSTEM, cause=flow, vacated=vacated.pk)


def take_back_the_opinion(flow: Flow, vacated: Assignment) -> None:
    """What was drafted rests on scores that no longer count: the text stays as a draft, nobody has signed it."""
    row: ReviewRound = flow.object
    row.sign_until = None
    lost_chair = row.chair_id == vacated.pk
    left = row.assignments.filter(state__in=Assignment.SEATED).count()
    flow.evidence |= {"vacated": vacated.alias, "was_chair": lost_chair, "members_left": left}
    told = [row.secretary, *people_with(Role.SUP, agency=row.challenge.challenge_list.agency_id)]
    if row.chair is not None and not lost_chair:
        told.append(row.chair.expert.user)
    body = _("评审组现有 %s 人；评审组意见须由组长重新起草，各成员重新签署，监督员重新阅看。") % left
    if lost_chair:
        body += _("退出的是组长，请先另行指定。")
    if broken := what_keeps_the_panel_from_concluding(row):
        body += broken
    subject = _("%(round)s：%(alias)s 汇总后须回避，已退出，所打的分作废")
    flow.notify("N06", told, subject % {"round": row, "alias": vacated.alias}, body)


def what_keeps_the_panel_from_concluding(row: ReviewRound) -> str:
    """Why those who are left can conclude nothing, with the cure, or ''."""
    seats = row.assignments.filter(state__in=Assignment.SEATED)
    have, rules = seats.count(), rules_of_round(row)
    if rules.is_matched:
        short = short_of_reviews(row)
        sentence = _("评审不再齐全：%s；请中止本轮，补充专家库后另行抽取评审组。")
        return sentence % some_of(short) if short else _without_a_chair(seats)
    if have < rules.needed_seats:
        return _("评审法定人数为 %(needed)s 人，现有 %(have)s 人；请中止本轮，补充专家库后另行抽取评审组。") % {
            "needed": rules.needed_seats,
            "have": have,
        }
    if rules.odd_panel and have % 2 == 0:
        return _("评审组现有 %s 人，须为单数，汇总后不能再增减成员；请中止本轮，另行抽取评审组。") % have
    return _without_a_chair(seats)


def _without_a_chair(seats: QuerySet[Assignment]) -> str:
    has_one = seats.filter(seat_type="TECHNICAL").exists()
    return "" if has_one else _("评审组已无技术专家可任组长；请中止本轮，补充专家库后另行抽取评审组。")


def the_panel_can_conclude(flow: Any) -> State.CONDITION:
    why = what_keeps_the_panel_from_concluding(flow.object)
    return holds(not why, why)


def only_a_broken_panel_is_aborted_after_the_collation(flow: Any) -> State.CONDITION:
    """An unwelcome result is no reason to draw another panel."""
    is_early = flow.object.state != R.COLLATING
    sentence = _("评分已经汇总：只有因回避达不到法定人数、不成单数或无人可任组长时，才能中止本轮；请继续办理。")
    return holds(is_early or what_keeps_the_panel_from_concluding(flow.object), sentence)


def the_chair_has_left(flow: Any) -> State.CONDITION:
    """Once the scores are on the table another chair is named only when there is none."""
    row = flow.object
    is_there = row.chair is not None and row.chair.state in Assignment.SEATED
    return holds(
        row.state != R.COLLATING or not is_there, _("汇总之后，组长在任的，不能另行指定；请由现任组长继续办理。")
    )


def nobody_who_scored_is_blocked(flow: Any) -> State.CONDITION:
    """By what is on record and by what the database sees for itself. One query, for pages ask this too."""
    blocked = blocked_aliases(flow.object.pk)
    return holds(not blocked, _check_them(blocked))


def refuse_who_is_blocked(flow: Flow) -> None:
    """The same by every rule and as the facts stand now, whoever changed them without a word to the round (domain 3.5)."""
    row: ReviewRound = flow.object
    seats = list(row.assignments.filter(state__in=Assignment.SEATED).select_related("expert__user").order_by("alias"))
    experts = [seat.expert for seat in seats]
    found = blocked_pairs(experts, bids_of(row), day_of(flow.now), rules_of_round(row).conflict_lookback_years)
    blocked = {one.expert_id for one in found}
    if rules_of_round(row).is_matched:
        judged = ScoreSheet.objects.filter(assignment__in=[seat.pk for seat in seats], state__in=ScoreSheet.COUNTED)
        pairs = set(judged.values_list("assignment__expert", "bid"))
        blocked = {one.expert_id for one in found if (one.expert_id, one.bid_id) in pairs}
    if blocked:
        aliases = [seat.alias for seat in seats if seat.expert_id in blocked]
        flow.refuse_input("__all__", _check_them(aliases))


def _check_them(aliases: list[str]) -> str:
    return _("%s 应当回避；请评审秘书“核对回避”，使其退出，所打的分作废。") % listed(aliases)
