"""Conditions of the bid's flow (domain 2.2, 2.3): each says what is missing and how to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.roles import bars_in_force
from attachments.models import Attachment
from projects.closing import bid_close_of, is_open_for, rec_close_of
from projects.demanders import demanders_of
from projects.indicators import not_weaker, parse_target
from projects.models import Bid, ChallengeList, IndicatorResponse
from projects.profiles import missing_facts
from projects.promises import keeps_requirement
from workflows.clock import SHANGHAI
from workflows.state import State, holds
from workflows.wording import listed, told

if TYPE_CHECKING:
    from workflows.bid import BidFlow

LIVE = [s for s in Bid.State if s not in (Bid.State.WITHDRAWN, Bid.State.VOID)]


def challenge_is_open(flow: BidFlow) -> State.CONDITION:
    return holds(is_open_for(flow.object, flow.now), _("该榜题不在揭榜期内，请在榜题页查看开放和截止时间。"))


def before_bid_close(flow: BidFlow) -> State.CONDITION:
    """Decided by the server's instant of receipt (domain 2.0)."""
    close = bid_close_of(flow.object, flow.now)
    shown = f"{close.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if close else ""
    return holds(
        close and flow.now < close,
        _("揭榜已于 %s 截止。因故未能提交的，请在截止后第一个工作日内申请个别延期。") % shown,
    )


def after_bid_close(flow: BidFlow) -> State.CONDITION:
    close = bid_close_of(flow.object, flow.now)
    return holds(close and flow.now >= close, _("揭榜尚未截止，负责人和单位可以自行撤回；请由其自行办理。"))


def before_rec_close(flow: BidFlow) -> State.CONDITION:
    close = rec_close_of(flow.object, flow.now)
    shown = f"{close.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if close else ""
    return holds(
        close and flow.now < close, _("推荐已于 %s 截止。因故未能推荐的，请申报单位及时申请个别延期。") % shown
    )


def list_is_closed(flow: BidFlow) -> State.CONDITION:
    closed = flow.object.challenge.challenge_list.state == ChallengeList.State.CLOSED
    return holds(closed, _("榜单尚未截止，截止后才能开展形式审查；请待推荐截止后办理。"))


def lead_is_not_demander(flow: BidFlow) -> State.CONDITION:
    """`bid.lead ≠ challenge.demander`, a hard block (domain 2.2); nor any unit whose demand was merged into it."""
    bid = flow.object
    return holds(
        bid.organisation_id not in demanders_of(bid.challenge), _("发榜需求单位不得牵头揭自己的榜；请由其他单位牵头。")
    )


def pi_belongs_to_lead(flow: BidFlow) -> State.CONDITION:
    bid = flow.object
    return holds(bid.pi.organisation_id == bid.organisation_id, _("项目负责人须为牵头单位人员，请先在单位内完成登记。"))


def pi_is_within_quota(flow: BidFlow) -> State.CONDITION:
    """One lead bid per PI per list by default (domain 2.3)."""
    bid = flow.object
    limit = bid.challenge.challenge_list.rule_set.rules.lead_bids_per_pi_per_list
    others = Bid.objects.filter(
        pi=bid.pi_id, challenge__challenge_list=bid.challenge.challenge_list_id, state__in=LIVE
    ).exclude(pk=bid.pk)
    return holds(
        others.count() < limit, _("同一负责人在一批榜单中限牵头 %s 项，请先撤回另一份，或由其他人员负责。") % limit
    )


def nobody_is_barred(flow: BidFlow) -> State.CONDITION:
    """Integrity look-up at submission (domain 2.15)."""
    bid = flow.object
    day = flow.now.astimezone(SHANGHAI).date()
    bars = bars_in_force(day, user=bid.pi, organisation=bid.organisation)
    return holds(
        not bars, _("科研诚信限制期内不得申报（%s），请更换负责人或牵头单位。") % listed(b.decision_no for b in bars)
    )


def form_is_complete(flow: BidFlow) -> State.CONDITION:
    missing = missing_fields(flow.object)
    return holds(not missing, _("尚未填写：%s。请补填。") % listed(missing))


def somebody_is_invited(flow: BidFlow) -> State.CONDITION:
    return holds(flow.object.editors.exists(), _("没有共同填写人，请先邀请。"))


def profiles_are_complete(flow: BidFlow) -> State.CONDITION:
    """Told once in the profiles of unit and PI, never in the form (domain 9)."""
    missing = missing_facts(flow.object.organisation, flow.object.pi)
    return holds(not missing, _("资料尚未填写：%s。请在“个人与单位资料”补全。") % listed(missing))


def partners_add_up(flow: BidFlow) -> State.CONDITION:
    """What the partners get is part of what is asked for, and no more (domain 2.4 sum of budgets)."""
    bid = flow.object
    given = sum(partner.budget_yuan for partner in flow.content.partners)
    total = bid.requested_yuan + bid.matching_yuan
    sentence = _("联合单位经费合计 %(given).2f 万元，超过申请与自筹合计 %(total).2f 万元，请调整。")
    return holds(given <= total, sentence % {"given": given / 10000, "total": total / 10000})


def nothing_typed_is_invalid(flow: BidFlow) -> State.CONDITION:
    """What was typed and could not be taken over must not be missing from the snapshot unnoticed."""
    faulty = [f"{cell.label}（{cell.fault}）" for cell in flow.object.cells.exclude(fault="").order_by("pk")]
    return holds(not faulty, _("以下内容填写有误，请改正：%s") % told(faulty))


def missing_fields(bid: Bid) -> list[str]:
    """Labels of required fields that are empty. Used by the overview page too."""
    names = ["title", "summary", "route", "team", "requested_yuan"]
    if bid.challenge.challenge_list.rule_set.rules.recommender_endorses:
        names.append("recommender")
    return [str(bid._meta.get_field(n).verbose_name) for n in names if not getattr(bid, n)]  # type: ignore[union-attr]


def every_indicator_is_answered(flow: BidFlow) -> State.CONDITION:
    """整体申报，须覆盖全部考核指标 (domain 2.3)."""
    answered = {r.indicator_id for r in flow.content.responses}
    missing = [i.name for i in flow.object.challenge.indicators.all() if i.pk not in answered]
    return holds(not missing, _("以下指标尚未响应：%s。请在“逐条响应”页填写承诺值。") % listed(missing))


def no_promise_is_weaker(flow: BidFlow) -> State.CONDITION:
    """申报书不得降低考核指标 (domain 2.3)."""
    weak = [r.indicator.name for r in flow.content.responses if not keeps_requirement(r)]
    return holds(not weak, _("承诺值低于榜题要求：%s。请改为不弱于要求的值。") % listed(weak))


def promises_are_kept(flow: BidFlow) -> State.CONDITION:
    """A correction never lowers what was promised when the bid was handed in (domain 2.3: 不得降低)."""
    handed_in = {answer["no"]: answer for answer in (flow.object.snapshot or {}).get("responses", [])}
    weaker = [r.indicator.name for r in flow.content.responses if _is_lowered(r, handed_in)]
    return holds(not weaker, _("补正不得降低已承诺的指标：%s。请改回不弱于原承诺的值。") % listed(weaker))


def _is_lowered(response: IndicatorResponse, handed_in: dict[int, dict[str, Any]]) -> bool:
    before = handed_in.get(response.indicator.no)
    if before is None:
        return False
    low, high = parse_target(before["promised"])
    return not not_weaker(response.indicator.comparator, low, response.promised, high, response.promised_high)


def files_are_stored(flow: BidFlow) -> State.CONDITION:
    required = flow.rules.required_slots
    have = {f.slot for f in flow.content.files}
    missing = [str(Attachment.Slot(s).label) for s in required if s not in have]
    if flow.content.partners and Attachment.Slot.AGREEMENT not in have:
        missing.append(str(Attachment.Slot.AGREEMENT.label))
    return holds(not missing, _("尚未上传：%s。请在申请页的“材料”处上传。") % listed(missing))


def money_is_within_cap(flow: BidFlow) -> State.CONDITION:
    bid, rules = flow.object, flow.rules
    if bid.requested_yuan > bid.challenge.cap_yuan:
        return holds(False, _("申请经费超过榜金 %.2f 万元，请调低。") % (bid.challenge.cap_yuan / 10000))
    needed = bid.requested_yuan * rules.matching_ratio_percent // 100
    return holds(
        bid.matching_yuan >= needed, _("自筹经费不得少于 %.2f 万元，请调高自筹或调低申请经费。") % (needed / 10000)
    )


def partners_are_few_enough(flow: BidFlow) -> State.CONDITION:
    limit = flow.rules.max_partners
    return holds(len(flow.content.partners) <= limit, _("联合单位不得超过 %s 家，请减少。") % limit)


def recommender_is_named(flow: BidFlow) -> State.CONDITION:
    return holds(flow.object.recommender_id or not flow.rules.recommender_endorses, _("请先选择推荐单位。"))


def recommender_has_quota(flow: BidFlow) -> State.CONDITION:
    """Recommender's quota for one challenge list (domain 2.3)."""
    bid = flow.object
    quota = bid.challenge.challenge_list.rule_set.rules.recommender_quota
    used = Bid.objects.filter(
        recommender=bid.recommender_id,
        challenge__challenge_list=bid.challenge.challenge_list_id,
        state__in=Bid.HANDED_IN,
    ).count()
    return holds(used < quota, _("推荐名额（%s 项）已用完，请退回，由申报单位改选推荐单位。") % quota)


def within_correction_period(flow: BidFlow) -> State.CONDITION:
    until = flow.object.formal_check.correction_until
    return holds(until and flow.now < until, _("补正期限已过，不能再提交；收到不予受理通知后，请在 15 日内申请复审。"))


def correction_period_is_over(flow: BidFlow) -> State.CONDITION:
    until = flow.object.formal_check.correction_until
    return holds(until and flow.now >= until, _("补正期限未到；请待补正提交或期满后办理。"))
