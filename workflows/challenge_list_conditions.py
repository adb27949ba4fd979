"""What must hold before a list goes on (domain 2.1, 2.10)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from projects.closing import awaited
from projects.models import Bid, Challenge, ChallengeList
from review.models import ReviewRound
from workflows.clock import SHANGHAI
from workflows.days import day_of
from workflows.models import AuditEntry
from workflows.refusals import last_day_to_file, may_come_back
from workflows.state import State, holds
from workflows.wording import listed, told, worded
from workflows.working_days import add_working_days

if TYPE_CHECKING:
    from workflows.challenge_list import ChallengeListFlow


def rule_set_is_sound(flow: ChallengeListFlow) -> State.CONDITION:
    rule_set = flow.object.rule_set
    problems = [worded(problem) for problem in rule_set.rules.problems()]
    if rule_set.published_at is None:
        problems.append(_("规则集尚未发布"))
    return holds(not problems, _("请先修订并发布规则集：%s") % told(problems))


def has_a_challenge(flow: ChallengeListFlow) -> State.CONDITION:
    return holds(flow.object.challenges.exists(), _("榜单里还没有榜题，请先新建榜题。"))


def every_challenge_is_complete(flow: ChallengeListFlow) -> State.CONDITION:
    """Each challenge has indicators, time limit, cap, IP terms (domain 2.1 APPROVED → PUBLISHED)."""
    missing = []
    for challenge in flow.object.challenges.prefetch_related("indicators"):
        if challenge.state == Challenge.State.WITHDRAWN:
            continue
        if not any(i.is_must for i in challenge.indicators.all()):
            missing.append(_("%s 没有必达指标，请补充") % challenge.number)
        if not challenge.cap_yuan:
            missing.append(_("%s 没有榜金，请填写") % challenge.number)
        if not challenge.ip_terms:
            missing.append(_("%s 没有知识产权约定，请填写") % challenge.number)
    return holds(not missing, told(missing))


def contact_is_given(flow: ChallengeListFlow) -> State.CONDITION:
    return holds(flow.object.contact, _("请填写榜单的联系方式。"))


def last_day_shown(row: ChallengeList) -> date | None:
    """Until when the draft list lies open for comment; None unless it does (domain 2.1: both ends counted)."""
    if row.state != ChallengeList.State.DEMAND_NOTICE:
        return None
    steps = AuditEntry.objects.filter(object_type=row._meta.label_lower, object_id=str(row.pk), transition="show_draft")
    shown_at = steps.order_by("-seq").values_list("at", flat=True).first()
    if shown_at is None:
        return None
    return add_working_days(day_of(shown_at), row.rule_set.rules.publicity_wd, count_start=True)


def publicity_has_ended(flow: ChallengeListFlow) -> State.CONDITION:
    """A list that was shown for comment is approved only after the period (domain 2.1 DEMAND_NOTICE → APPROVED)."""
    last = last_day_shown(flow.object)
    return holds(last is None or day_of(flow.now) > last, _("榜单公示到 %s 届满，届满后才能批准；请届时办理。") % last)


def closing_is_far_enough(flow: ChallengeListFlow) -> State.CONDITION:
    """`bid_close_at` ≥ now + `min_open_days` (domain 2.0 lead time)."""
    row, rules = flow.object, flow.object.rule_set.rules
    if row.bid_close_at is None or row.rec_close_at is None:
        return holds(False, _("请先设定揭榜截止和推荐截止时间。"))
    earliest = flow.now + timedelta(days=rules.min_open_days)
    return holds(
        row.bid_close_at >= earliest,
        _("按规则集至少开放 %(days)s 天，请将揭榜截止设在 %(day)s 或以后。")
        % {"days": rules.min_open_days, "day": shown(earliest)},
    )


def recommender_close_has_come(flow: ChallengeListFlow) -> State.CONDITION:
    close = flow.object.rec_close_at
    return holds(close and flow.now >= close, _("推荐截止时间未到，届时自动截止；请等待，无须操作。"))


def before_bid_close(flow: ChallengeListFlow) -> State.CONDITION:
    close = flow.object.bid_close_at
    return holds(close and flow.now < close, _("揭榜已经截止，不能再延期；流榜的榜题请重新发榜。"))


def formal_checks_are_done(flow: ChallengeListFlow) -> State.CONDITION:
    left = Bid.objects.filter(
        challenge__challenge_list=flow.object, state__in=["SUBMITTED", "FORMAL_CHECK", "CORRECTION"]
    ).count()
    return holds(not left, _("还有 %s 份揭榜申请没有完成形式审查，请先完成。") % left)


def nobody_is_awaited(flow: ChallengeListFlow) -> State.CONDITION:
    """A bid whose close was moved for it alone, or may yet be, comes before the review."""
    bids = Bid.objects.filter(challenge__challenge_list=flow.object)
    left = awaited(bids, flow.now).values_list("extensions__number", flat=True).order_by("extensions__number")
    return holds(not left, _("还有个别延期未办结或未到期，请办结或待其到期：%s") % listed(left))


def no_lapse_can_be_undone(flow: ChallengeListFlow) -> State.CONDITION:
    """A challenge whose only bids may still be accepted after all does not lapse (domain 2.10)."""
    without = flow.object.challenges.filter(state=Challenge.State.CLOSED).exclude(bids__state=Bid.State.ACCEPTED)
    back = may_come_back(flow.object.pk, flow.now).filter(challenge__in=without)
    sentence = _("榜题没有已受理的申请，而以下不予受理的申请还可以申请复审或复审尚未办结：%s。请待复审期满或办结。")
    return holds(not back, sentence % listed(str(bid.number) for bid in back))


def every_round_is_closed(flow: ChallengeListFlow) -> State.CONDITION:
    """At least one round has closed and none is under way, for each challenge."""
    reviewed = flow.object.challenges.filter(state=Challenge.State.UNDER_REVIEW)
    done = reviewed.filter(rounds__state="CLOSED").values("pk")
    running = reviewed.filter(rounds__in=ReviewRound.objects.exclude(state__in=["CLOSED", "ABORTED"])).values("pk")
    left = reviewed.filter(~Q(pk__in=done) | Q(pk__in=running)).order_by("pk")
    return holds(not left, _("评审未结束的榜题：%s。请先结束评审。") % listed(challenge.number for challenge in left))


def every_bid_was_reviewed(flow: ChallengeListFlow) -> State.CONDITION:
    """One that came back after a reconsideration needs a check and a round of its own."""
    challenges = flow.object.challenges.filter(state=Challenge.State.UNDER_REVIEW)
    under_way = [Bid.State.FORMAL_CHECK, Bid.State.CORRECTION, Bid.State.ACCEPTED]
    left = Bid.objects.filter(challenge__in=challenges, state__in=under_way).order_by("pk")
    return holds(not left, _("还没有评审的申请：%s。请先组织评审。") % listed(str(bid.number) for bid in left))


def nobody_may_come_back(flow: ChallengeListFlow) -> State.CONDITION:
    """Once ranks are before the meeting, no refusal of the list can be revoked any more (domain 2.10)."""
    back = may_come_back(flow.object.pk, flow.now)
    named = listed(
        _("%(bid)s（截至 %(day)s）") % {"bid": bid.number, "day": last_day_to_file(bid.refused_at)} for bid in back
    )
    return holds(not back, _("以下不予受理的申请还可以申请复审，或复审尚未办结：%s。请待复审期满或办结。") % named)


def shown(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
