"""Editing a bid before it is handed in: who may, until when, and the change itself.

The one home of draft edits. The bid's form page and `PATCH /api/v1/bids/<uuid>/` both ask
`may_edit_bid` whether to offer it, and both write through `apply_bid_changes`, which asks again
under the row's lock: an edit either is in the snapshot that `hand_in` freezes, or is refused.
`may_change_files` is the same question for attachments, which may change once more in a correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation, User
from projects.closing import bid_close_of, is_open_for
from projects.models import Bid, BidAvoidance, BidPartner, Indicator, IndicatorResponse
from projects.promises import answer_faults
from workflows import clock
from workflows.refused import Refused
from workflows.wording import of_field

#: What a bid is filled in by, and what a correction may be limited to.
SECTIONS = {
    "basic": gettext_lazy("基本信息"),
    "responses": gettext_lazy("逐条响应"),
    "partners": gettext_lazy("联合单位"),
    "money": gettext_lazy("经费"),
    "avoidances": gettext_lazy("回避申请"),
    "files": gettext_lazy("附件"),
}
#: Columns of a bid that its PI fills in.
CONTENT = (
    "title", "summary", "route", "route_tag", "team", "requested_yuan", "matching_yuan", "recommender",
)  # fmt: skip


@dataclass(frozen=True)
class PartnerLine:
    organisation: Organisation
    task: str
    budget_yuan: int = 0


@dataclass(frozen=True)
class ResponseLine:
    indicator: Indicator
    promised: Decimal
    present_level: str = ""
    proof: str = ""
    #: The upper end, for a range only.
    promised_high: Decimal | None = None


@dataclass(frozen=True)
class AvoidanceLine:
    """One name on the bid's avoid list, at its place (1–3)."""

    place: int
    person_name: str
    unit_name: str
    reason: str


@dataclass(frozen=True)
class BidChanges:
    """What is to change: `fields` by name of `CONTENT`; a list that is not None replaces the stored one."""

    fields: dict[str, Any] = field(default_factory=dict)
    partners: Sequence[PartnerLine] | None = None
    responses: Sequence[ResponseLine] | None = None
    avoidances: Sequence[AvoidanceLine] | None = None


def may_write_in(user: Any, bid: Bid) -> bool:
    """The PI, and whom he has invited to fill in with him."""
    if not isinstance(user, User) or not user.is_active:
        return False
    return bid.pi_id == user.pk or bid.editors.filter(user=user).exists()


def why_not_editable(user: Any, bid: Bid) -> Refused | None:
    """The refusal an edit by `user` would meet now, or None. Reads `bid.challenge.challenge_list`."""
    if not may_write_in(user, bid):
        return Refused(
            "not_permitted", [_("只有项目负责人和其邀请的共同填写人可以填写申报内容；如需共同填写，请项目负责人邀请。")]
        )
    if bid.state != Bid.State.DRAFT:
        return Refused("wrong_state", [_("申请已提交，不能再修改；如需修改请由单位退回。")])
    now = clock.now()
    close = bid_close_of(bid, now)
    if close is None or now >= close or not is_open_for(bid, now):
        return Refused(
            "wrong_state", [_("揭榜已截止，不能再修改；因故未能提交的，请在截止后第一个工作日内申请个别延期。")]
        )
    return None


def may_edit_bid(user: Any, bid: Bid) -> bool:
    return why_not_editable(user, bid) is None


def editable_sections(user: Any, bid: Bid) -> list[str]:
    """Names of `SECTIONS` that `user` may change now: all of a draft, the named ones in a correction (domain 2.3)."""
    if bid.state != Bid.State.CORRECTION:
        return list(SECTIONS) if may_edit_bid(user, bid) else []
    check = bid.formal_check
    in_time = check.correction_until is not None and clock.now() < check.correction_until
    if not in_time or not may_write_in(user, bid):
        return []
    return [name for name in SECTIONS if name in check.correction_sections]


def may_change_files(user: Any, bid: Bid) -> bool:
    """While the bid may be edited, and in a correction that names them, until its deadline (domain 2.0, 2.3)."""
    return "files" in editable_sections(user, bid)


def apply_bid_changes(bid: Bid, changes: BidChanges, *, by: User) -> Bid:
    """Store the changes in one transaction; return the fresh bid. Raises `Refused`, nothing is changed then.

    What was typed into the form for the same parts gives way; its history stays.
    """
    with transaction.atomic():
        row = locked_draft(bid, by)
        write_changes(row, changes)
        typed = Q(path__in=list(changes.fields))
        if changes.partners is not None:
            typed |= Q(path__startswith="partner-")
        if changes.responses is not None:
            typed |= Q(path__regex=r"^i[0-9]+-")
        if changes.avoidances is not None:
            typed |= Q(path__startswith="avoid-")
        row.cells.filter(typed).delete()
    return row


def locked_bid(bid: Bid) -> Bid:
    """Locked for an edit, with its list's rules."""
    found: Bid = (
        Bid.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge__challenge_list__rule_set")
        .get(pk=bid.pk)
    )
    return found


def locked_draft(bid: Bid, by: User) -> Bid:
    """Raises `Refused` when the whole of it may not be edited by `by` now."""
    row = locked_bid(bid)
    refusal = why_not_editable(by, row)
    if refusal is not None:
        raise refusal
    return row


def write_changes(row: Bid, changes: BidChanges) -> None:
    """Into a locked draft. Raises `Refused`."""
    _write_fields(row, changes.fields)
    if changes.partners is not None:
        _replace_partners(row, changes.partners)
    if changes.responses is not None:
        _replace_responses(row, changes.responses)
    if changes.avoidances is not None:
        _replace_avoidances(row, changes.avoidances)


def _write_fields(row: Bid, values: dict[str, Any]) -> None:
    unknown = sorted(set(values) - set(CONTENT))
    if unknown:
        raise _refusal({name: [_("没有这个字段，请对照接口文档删去或改正。")] for name in unknown})
    recommender = values.get("recommender")
    if recommender is not None and not recommender.is_recommender:
        raise _refusal({"recommender": [_("该单位不是推荐单位；请从推荐单位中选择。")]})
    for name, value in values.items():
        setattr(row, name, value)
    _check(row, "", exclude={f.name for f in row._meta.get_fields()} - set(values))
    if values:
        row.save(update_fields=list(values))


def _replace_partners(row: Bid, lines: Sequence[PartnerLine]) -> None:
    units = [line.organisation.pk for line in lines]
    if len(set(units)) < len(units):
        raise _refusal({"partners": [_("同一联合单位不能重复填写；请删去重复的一行。")]})
    if row.organisation_id in units:
        raise _refusal({"partners": [_("牵头单位不能同时作为联合单位；请删去或改选其他单位。")]})
    row.partners.all().delete()
    for place, line in enumerate(lines):
        partner = BidPartner(bid=row, organisation=line.organisation, task=line.task, budget_yuan=line.budget_yuan)
        _check(partner, f"partners.{place}", exclude={"bid", "organisation"})
        partner.save(force_insert=True)


def _replace_responses(row: Bid, lines: Sequence[ResponseLine]) -> None:
    if any(line.indicator.challenge_id != row.challenge_id for line in lines):
        raise _refusal({"responses": [_("只能响应本榜题的指标；请删去其他榜题的指标。")]})
    if len({line.indicator.pk for line in lines}) < len(lines):
        raise _refusal({"responses": [_("同一指标不能重复响应；请每项指标只保留一条。")]})
    row.responses.all().delete()
    for place, line in enumerate(lines):
        response = IndicatorResponse(
            bid=row, indicator=line.indicator, promised=line.promised, promised_high=line.promised_high,
            present_level=line.present_level, proof=line.proof,
        )  # fmt: skip
        _check(response, f"responses.{place}", exclude={"bid", "indicator"})
        if found := answer_faults(line.indicator, line.promised, line.promised_high):
            raise _refusal({f"responses.{place}.{name}": [sentence] for name, sentence in found.items()})
        response.save(force_insert=True)


def _replace_avoidances(row: Bid, lines: Sequence[AvoidanceLine]) -> None:
    """What was decided in the meantime (during a correction) stays as it was decided."""
    row.avoidances.filter(decision="").delete()
    decided = set(row.avoidances.values_list("place", flat=True))
    for line in lines:
        if line.place in decided:
            continue
        wanted = BidAvoidance(
            bid=row, place=line.place, person_name=line.person_name, unit_name=line.unit_name, reason=line.reason
        )
        _check(wanted, f"avoidances.{line.place}", exclude={"bid"})
        wanted.save(force_insert=True)


def _check(row: Model, path: str, exclude: set[str]) -> None:
    """Let the model's own field rules speak (lengths, ranges), under the name the caller used."""
    try:
        row.clean_fields(exclude=exclude)
    except ValidationError as error:
        found = {".".join(filter(None, [path, name])): said for name, said in error.message_dict.items()}
        raise _refusal(found) from error


def _refusal(fields: dict[str, list[str]]) -> Refused:
    return Refused("invalid_input", [of_field(name, said) for name, said in fields.items()], fields)
