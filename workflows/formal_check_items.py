"""The automatic items of the 形式审查表 (domain 2.3 F01–F12, 2.4): what a program can decide."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.roles import bars_in_force
from accounts.uscc import validate_uscc
from attachments.models import Attachment
from attachments.queries import stored_slots
from projects.closing import rec_close_of
from projects.demanders import demanders_of
from projects.models import Bid, FormalCheckItem
from projects.promises import keeps_requirement
from projects.sentences import sentence
from workflows import formal_check_notes as notes
from workflows.official import official

LABELS = {
    "F01": _("申报主体不符合条件"),
    "F02": _("材料不符合榜单要求"),
    "F03": _("负责人或单位在科研诚信限制期内"),
    "F04": _("超过限项"),
    "F05": _("逾期提交"),
    "F06": _("缺少推荐意见"),
    "F07": _("未覆盖全部考核指标"),
    "F08": _("需求单位牵头揭自己的榜"),
    "F09": _("与已立项项目重复"),
    "F10": _("缺少联合申报协议或承诺书"),
    "F11": _("含涉密内容"),
    "F12": _("自筹经费比例不足"),
}
#: F09 and F11 need a person's judgement.
AUTOMATIC = ["F01", "F02", "F03", "F04", "F05", "F06", "F07", "F08", "F10", "F12"]

#: What new files can mend; during a correction nothing but files may change (domain 2.3).
CURABLE = {"F02", "F06", "F10"}


def automatic_items(bid: Bid, on: date) -> list[FormalCheckItem]:
    """Unsaved items, one per automatic code, each with what was found."""
    return [FormalCheckItem(code=code, passed=not note, note=note) for code, note in _findings(bid, on).items()]


def _findings(bid: Bid, on: date) -> dict[str, str]:
    """Code → what is wrong, empty when the item passes."""
    rules = bid.challenge.challenge_list.rule_set.rules
    slots = stored_slots(bid)
    wrong = _material_problems(bid, [s for s in rules.required_slots if s not in slots])
    bars = bars_in_force(on, user=bid.pi, organisation=bid.organisation)
    for partner in bid.partners.select_related("organisation"):  # participants too (domain 2.15)
        bars += bars_in_force(on, organisation=partner.organisation)
    close = rec_close_of(bid, bid.submitted_at) if bid.submitted_at else None
    matching = bid.requested_yuan * rules.matching_ratio_percent // 100
    return {
        "F01": _uscc_problem(bid),
        "F02": notes.AND.join(wrong),
        "F03": "、".join(bar.decision_no for bar in bars),
        "F04": notes.OVER_QUOTA if _lead_bids(bid) > rules.lead_bids_per_pi_per_list else "",
        "F05": "" if close and bid.submitted_at and bid.submitted_at < close else notes.TOO_LATE,
        "F06": notes.NO_RECOMMENDER if rules.recommender_endorses and bid.recommender_id is None else "",
        "F07": _uncovered(bid),
        "F08": notes.LED_BY_DEMANDER if bid.organisation_id in demanders_of(bid.challenge) else "",
        "F10": _pledge_problem(bid, slots, rules.max_partners),
        "F12": "" if bid.matching_yuan >= matching else sentence(notes.TOO_LITTLE_MATCHING, least=matching),
    }


def _material_problems(bid: Bid, missing: list[str]) -> list[str]:
    """Papers that are not there, money above the cap, partners who get more than there is (domain 2.4)."""
    labels = [official(Attachment.Slot(slot).label) for slot in missing]
    found: list[str] = [sentence(notes.MISSING, slots=labels)] if missing else []
    if bid.requested_yuan > bid.challenge.cap_yuan:
        found.append(sentence(notes.ABOVE_CAP, cap=bid.challenge.cap_yuan))
    given = sum(bid.partners.values_list("budget_yuan", flat=True))
    if given > bid.requested_yuan + bid.matching_yuan:
        found.append(sentence(notes.PARTNERS_GET_MORE, given=given))
    return found


def _uscc_problem(bid: Bid) -> str:
    try:
        validate_uscc(bid.organisation.uscc)
    except ValidationError as error:
        return notes.AND.join(error.messages)
    return ""


def _lead_bids(bid: Bid) -> int:
    return Bid.objects.filter(
        pi=bid.pi_id, challenge__challenge_list=bid.challenge.challenge_list_id, state__in=Bid.HANDED_IN
    ).count()


def _uncovered(bid: Bid) -> str:
    answers = {r.indicator_id: r for r in bid.responses.select_related("indicator")}
    wrong = [
        i.name for i in bid.challenge.indicators.all() if i.pk not in answers or not keeps_requirement(answers[i.pk])
    ]
    return sentence(notes.UNCOVERED, names=wrong) if wrong else ""


def _pledge_problem(bid: Bid, slots: set[str], max_partners: int) -> str:
    partners = bid.partners.count()
    if bid.pledge_signed_at is None:
        return notes.NO_PLEDGE
    if partners > max_partners:
        return sentence(notes.TOO_MANY_PARTNERS, most=max_partners)
    if partners and Attachment.Slot.AGREEMENT not in slots:
        return notes.NO_AGREEMENT
    return ""
