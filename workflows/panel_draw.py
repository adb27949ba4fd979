"""Between the pool and `review.draw`: who is eligible, what is committed, who is invited.

Rules: domain 3.4, 3.5. The commitment (seed and candidate snapshot) is on record in the audit chain
before the draw; the draw mixes in the digest of the sealed bids, which nobody controls by then.
"""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from projects.models import Bid
from projects.rules import Rules
from review.conflicts import conflicted_experts
from review.credit import GRADES, LOWEST_DRAWN
from review.draw import (
    Candidate,
    DrawResult,
    NotEnoughCandidates,
    SeatPlan,
    draw,
    redraw_seat,
    snapshot_digest,
)
from review.models import Assignment, DrawRecord, Expert, ReviewRound, ScoreSheet
from review.panel_fit import can_fill
from review.pool.standing import on_leave, with_credit
from review.pseudonyms import blinded, under_pseudonyms
from workflows.canonical import sha256_of
from workflows.clock import SHANGHAI
from workflows.conflict_matrix import keep_findings
from workflows.days import day_of
from workflows.engine import Flow, perform
from workflows.models import AuditEntry
from workflows.state import SYSTEM


def rules_of_round(row: ReviewRound) -> Rules:
    found: Rules = row.challenge.challenge_list.rule_set.rules
    return found


def bids_of(row: ReviewRound) -> list[Bid]:
    """The bids this round judges; before its draw those it is going to judge."""
    states = [Bid.State.IN_ROUND, Bid.State.RECOMMENDED, Bid.State.RESERVE, Bid.State.NOT_RECOMMENDED]
    if row.state == ReviewRound.State.PLANNED:
        states.append(Bid.State.ACCEPTED)
    return list(row.challenge.bids.filter(state__in=states).select_related("challenge").order_by("pk"))


def plan_of(row: ReviewRound) -> SeatPlan:
    rules = rules_of_round(row)
    return SeatPlan(rules.panel_seats, rules.standby_per_seat_type)


#: How long a panel scores after its preview, where no close of the scoring is set yet.
SCORING_DAYS = 10


def days_of(row: ReviewRound, now: datetime) -> tuple[date, date]:
    """First and last day on which the round needs its experts, both included."""
    preview = row.preview_until or now + timedelta(days=rules_of_round(row).preview_days)
    last = row.scoring_until or max(preview, now) + timedelta(days=SCORING_DAYS)
    return day_of(now), day_of(max(last, now))


def eligible(row: ReviewRound, now: datetime) -> tuple[list[Candidate], dict[str, int]]:
    """Candidates after all filters, and how many each filter took out."""
    year_ago = now - timedelta(days=365)
    recent = Count("assignments", filter=Q(assignments__created_at__gte=year_ago, assignments__state="LOCKED"))
    seats = rules_of_round(row).panel_seats
    first, last = days_of(row, now)
    of_agency = Expert.objects.filter(agency=row.challenge.challenge_list.agency_id, seat_type__in=seats)
    pool = list(
        with_credit(of_agency, first)
        .annotate(recent_panels=recent, is_away=on_leave(first, last))
        .defer("achievements")
        .order_by("pk")
    )
    bids = bids_of(row)
    rules = rules_of_round(row)
    # Where bids are shared out, who may judge one of them can be drawn; his blocked ones go to others.
    conflicted = conflicted_experts(pool, bids, first, rules.conflict_lookback_years, with_all=rules.is_matched)
    share = 0 if rules.is_matched else len(bids)
    counts: Counter[str] = Counter()
    candidates = []
    for expert in pool:
        out = _sorted_out(expert, row, conflicted, first) or _overburdened(expert, share)
        if out:
            counts[out] += 1
        else:
            candidates.append(Candidate(str(expert.pk), expert.seat_type, str(expert.organisation_id)))
    return candidates, dict(counts)


def note_conflicts(row: ReviewRound, now: datetime) -> dict[str, Any]:
    """The matrix of the whole pool and the round's bids, on record before anybody is invited (domain 3.5)."""
    pool = list(Expert.objects.filter(agency=row.challenge.challenge_list.agency_id).order_by("pk"))
    return keep_findings(pool, bids_of(row), now, rules_of_round(row).conflict_lookback_years)


def _sorted_out(expert: Any, row: ReviewRound, conflicted: dict[int, str], today: date) -> str:
    """The filter that takes an expert out, or '' (domain 3.4, 3.5)."""
    if not expert.is_active:
        return "INACTIVE"
    if expert.valid_until < today:
        return "EXPIRED"
    if expert.is_away:
        return "ON_LEAVE"
    if expert.credit < GRADES[LOWEST_DRAWN]:
        return "CREDIT"
    if expert.pk in conflicted:
        return conflicted[expert.pk]
    if expert.seat_type == Expert.SeatType.TECHNICAL and row.challenge.field not in expert.fields:
        return "FIELD"
    return ""


def _overburdened(expert: Any, bids: int) -> str:
    """His own caps: panels in a year, and bids in one round, of which a panel member judges every one.

    Where bids are shared out (`bids` 0), the cap limits his share instead.
    """
    if expert.recent_panels >= expert.max_panels_per_year:
        return "YEARLY_CAP"
    return "ROUND_CAP" if bids > expert.max_bids_per_round else ""


def shortage(candidates: list[Candidate], plan: SeatPlan) -> list[str]:
    """Per seat type, how many experts are missing for seats and standbys."""
    have = Counter(c.seat_type for c in candidates)
    labels = dict(Expert.SeatType.choices)
    found = []
    for seat_type, seats in plan.seats.items():
        needed = seats + plan.standby_per_type
        if have[seat_type] < needed:
            found.append(_("%(type)s席缺 %(n)s 人") % {"type": labels[seat_type], "n": needed - have[seat_type]})
    supply = Counter((c.seat_type, c.unit) for c in candidates)
    if not found and not can_fill(plan.seats, supply, {c.unit: 1 for c in candidates}):
        found.append(_("每单位至多 1 人时无法凑齐席位"))
    return found


def new_seed() -> bytes:
    return secrets.token_bytes(32)


def public_entropy(row: ReviewRound, called_out: str = "") -> str:
    """Digest over the digests of all sealed bids: fixed, public afterwards, chosen by nobody.

    It is known when the seed is made; what the witness calls out afterwards is not (decision 0006).
    """
    sealed = sha256_of(sorted(bid.snapshot_sha256 for bid in bids_of(row)))
    return f"{sealed}|{called_out}" if called_out else sealed


def candidates_as_drawn(row: ReviewRound, now: datetime) -> tuple[list[Candidate], dict[str, int], dict[str, int]]:
    """The eligible under pseudonyms; how many each filter took out; pseudonym → the expert's key.

    The salt follows from the site's secret. After the draw only the kept link counts, so that a secret
    that was changed meanwhile can stop a draw under way but not make an old record unreadable.
    """
    candidates, filters = eligible(row, now)
    salt = salted_hmac("review.draw", f"round {row.pk}", algorithm="sha256").digest()
    linked = under_pseudonyms(candidates, salt)
    return blinded(linked, salt), filters, {name: int(c.id) for name, c in linked.items()}


def hold_draw(flow: Flow, seed: bytes, called_out: str = "") -> DrawResult:
    """Draw, keep the record, invite the panel. Raises Refused when the candidates are not the committed ones."""
    flow.evidence["conflicts"] = note_conflicts(flow.object, flow.now)
    candidates, filters, experts = candidates_as_drawn(flow.object, flow.now)
    if snapshot_digest(candidates) != _committed_digest(flow.object):
        flow.refuse_input(
            "__all__", _("承诺之后专家库或回避情形有变动，候选名单与已公布的摘要不符；请中止本轮，另行启动抽取。")
        )
    try:
        entropy = public_entropy(flow.object, called_out)
        result = draw(candidates, plan_of(flow.object), seed, entropy, filters=filters)
    except NotEnoughCandidates as error:
        flow.refuse_input("__all__", str(error))
    _keep(flow, result, seed, experts)
    seats = list(result.seats)
    # The alias must tell neither lot nor seat: shuffle with randomness of its own.
    secrets.SystemRandom().shuffle(seats)
    for number, candidate in enumerate(seats, start=1):
        _invite(flow, candidate, experts, f"E{number:02d}")
    return result


def invite_standby(flow: Flow, vacated: Assignment) -> None:
    """The round fills the seat, on record under its own name: the expert's entry names him and stays inside."""
    from workflows.review_round import ReviewRoundFlow

    perform(ReviewRoundFlow, vacated.round_id, "redraw", by=SYSTEM, cause=flow, vacated=vacated.pk)


def redraw(flow: Flow, vacated: Assignment) -> None:
    """Fill one vacated seat from the standbys, then the pool; nobody else moves."""
    from workflows.defence_booking import booked_elsewhere

    row = flow.object
    last = row.draws.order_by("-pk").first()
    if last is None:
        return
    seed, experts = bytes.fromhex(last.seed_hex), last.experts()
    names = {expert: name for name, expert in experts.items()}
    gone = row.assignments.exclude(state__in=Assignment.SEATED).exclude(pk=vacated.pk)
    fit = {int(candidate.id) for candidate in eligible(row, flow.now)[0]}  # today, not on the day of the draw
    unavailable = {names[pk] for pk in gone.values_list("expert_id", flat=True)}
    unavailable |= {name for name, expert in experts.items() if expert not in fit}
    unavailable |= {names[expert] for expert in booked_elsewhere(row) if expert in names}
    unavailable -= _seated(last.record)
    try:
        result = redraw_seat(last.record, seed, names[vacated.expert_id], unavailable=unavailable)
    except NotEnoughCandidates as error:
        flow.notify("N06", [row.secretary], _("无专家可递补：%s") % row, str(error))
        _share_among_the_others(flow)
        return
    _keep(flow, result, seed, experts)
    flow.evidence["redraw"] = result.record["redraws"][-1]
    chosen = next(c for c in result.seats if c.id == flow.evidence["redraw"]["replacement"])
    _invite(flow, chosen, experts, f"E{row.assignments.count() + 1:02d}")


def _share_among_the_others(flow: Flow) -> None:
    """Nobody steps in: where bids are shared out, those of the others who have room take over."""
    from workflows.round_match import match_again

    if rules_of_round(flow.object).is_matched and flow.object.matches.exists():
        match_again(flow)


def _seated(record: dict[str, Any]) -> set[str]:
    """Ids that hold a seat by the record, those included for whom nobody could step in."""
    seats = set(record["seats"])
    for step in record["redraws"]:
        seats = seats - {step["missing"]} | {step["replacement"]}
    return seats


def _committed_digest(row: ReviewRound) -> str | None:
    """What `begin_draw` put on record in the chain."""
    entries = AuditEntry.objects.filter(
        object_type=row._meta.label_lower, object_id=str(row.pk), transition="begin_draw"
    )
    entry = entries.order_by("-seq").first()
    return None if entry is None else str(entry.payload["candidate_digest"])


def open_sheets(flow: Flow, assignment: Assignment) -> None:
    """An empty sheet for every bid of the round; where bids are shared out, for those of the seat's share."""
    from workflows.round_match import ask_again
    from workflows.score_sheet import ScoreSheetFlow

    if rules_of_round(assignment.round).is_matched:
        ask_again(assignment.round_id, flow)
        return
    for bid in bids_of(assignment.round):
        flow.start(ScoreSheetFlow, ScoreSheet(assignment=assignment, bid=bid))


def _keep(flow: Flow, result: DrawResult, seed: bytes, experts: dict[str, int]) -> None:
    """The digest is that of the record as it is handed out: the link to the experts is not part of it."""
    DrawRecord.objects.create(  # type: ignore[misc]
        round=flow.object,
        seed_commitment=result.record["seed_commitment"],
        seed_hex=seed.hex(),
        record={**result.record, DrawRecord.EXPERTS: experts},
        witness=flow.object.witness,
        created_at=flow.now,
    )
    flow.evidence["draw_digest"] = sha256_of(result.record)


def _invite(flow: Flow, candidate: Candidate, experts: dict[str, int], alias: str) -> None:
    """N05 names field and time only, no bidder (domain 2.18)."""
    from workflows.assignment import AssignmentFlow

    row = flow.object
    expert = Expert.objects.select_related("user").get(pk=experts[candidate.id])
    until = flow.now + timedelta(hours=rules_of_round(row).invitation_hours)
    seat = Assignment(round=row, expert=expert, seat_type=candidate.seat_type, alias=alias, respond_by=until)
    flow.start(AssignmentFlow, seat)
    body = _("请在 %s 前答复；逾期未复的，由备选专家递补。") % f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    flow.notify("N05", [expert.user], _("评审邀请：%s领域") % row.challenge.get_field_display(), body, about=seat)
