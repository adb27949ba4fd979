"""The letters of a decision: composed for the preview and for the teams by the same function, told, kept.

Rules: domain 2.0 (written reasons, opinions offered), 2.18 N09, 3.6; 基金条例 18、19 条.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from accounts.models import Organisation, Role, UnitAlias, User
from projects.anonymity import Names
from projects.documents.result_letter import ResultLetter
from projects.models import AwardDecision, Bid, BidPartner, DecisionLetter, DecisionRow, LetterRecipient
from review.models import Expert, ExpertTie, ScoreSheet
from workflows.days import day_of
from workflows.delivery_plan import HORSE_RACE
from workflows.engine import Flow
from workflows.permissions import people_of_organisations
from workflows.pinned_rules import rules_of
from workflows.refusals import FILE_DAYS

Kind, Capacity = DecisionLetter.Kind, LetterRecipient.Capacity
#: Bids that still wait for their result; one that was disqualified has heard already.
OPEN_STATES = (Bid.State.RECOMMENDED, Bid.State.RESERVE, Bid.State.NOT_RECOMMENDED)
DRAW = "projects.tasks.draw_decision_letters"


@dataclass(frozen=True)
class Comment:
    """One expert's comment as the team would read it. `named`: what in it tells of somebody."""

    sheet: ScoreSheet
    text: str
    is_edited: bool
    named: tuple[str, ...]


def comments_on(decision: AwardDecision, bids: Iterable[int] | None = None) -> dict[int, list[Comment]]:
    """Bid → its locked comments in the letter's version, in an order that says nothing. Five queries."""
    sheets = ScoreSheet.objects.filter(state="LOCKED", bid__decision_row__decision=decision).exclude(comment="")
    if bids is not None:
        sheets = sheets.filter(bid__in=list(bids))
    names = _names_of_pool(decision)
    own = _own_names(decision)
    found: dict[int, list[Comment]] = {}
    for sheet in sheets.select_related("letter_opinion", "bid__organisation", "bid__pi", "bid__challenge").order_by(
        "pk"
    ):
        edited = getattr(sheet, "letter_opinion", None)
        text = edited.text if edited else sheet.comment
        spare = {sheet.bid.organisation.name, sheet.bid.pi.name, *own.get(sheet.bid_id, ())}
        named = () if edited and edited.names_nobody else tuple(names.in_text(text, spare))
        found.setdefault(sheet.bid_id, []).append(Comment(sheet, text, edited is not None, named))
    for comments in found.values():
        comments.sort(key=lambda comment: hashlib.sha256(comment.text.encode()).digest())
    return found


def _names_of_pool(decision: AwardDecision) -> Names:
    """People and units of the agency's whole pool: a hit must not tell who sat on the panel."""
    experts = Expert.objects.filter(agency=decision.challenge_list.agency_id)
    pool = experts.values("pk")
    employers = ExpertTie.objects.filter(expert__in=pool, kind=ExpertTie.Kind.EMPLOYED).values("organisation")
    units = Organisation.objects.filter(Q(expert__in=pool) | Q(pk__in=employers))
    also = UnitAlias.objects.filter(unit__in=units).order_by("pk").values_list("name", flat=True)
    people = experts.values_list("user__name", flat=True)
    return Names([*people.order_by("pk"), *units.order_by("pk").values_list("name", flat=True).distinct(), *also])


def _own_names(decision: AwardDecision) -> dict[int, set[str]]:
    """Bid → its partners' names: an opinion may speak of the team."""
    partners = BidPartner.objects.filter(bid__decision_row__decision=decision)
    own: dict[int, set[str]] = {}
    for bid, name in partners.values_list("bid_id", "organisation__name"):
        own.setdefault(bid, set()).add(name)
    return own


def compose(
    decision: AwardDecision, rows: Iterable[DecisionRow], document_no: str, comments: dict[int, list[Comment]]
) -> list[ResultLetter]:
    """The letters to the teams of `rows`, in their order, without days. Rows as of `award_conditions.rows_of`."""
    challenge_list = decision.challenge_list
    issuer = challenge_list.agency.organisation.name
    contact = challenge_list.contact or challenge_list.agency.contact
    is_race = rules_of(decision).mode == HORSE_RACE
    return [
        ResultLetter(
            kind=row.outcome, bid_id=row.bid_id, issuer=issuer, document_no=document_no,
            addressee=row.bid.organisation.name, list_number=challenge_list.number, list_title=challenge_list.title,
            challenge=row.bid.challenge.title, bid_number=row.bid.number or "", bid_title=row.bid.title,
            pi=row.bid.pi.name, score=str(row.score), award_yuan=row.award_yuan, is_race=is_race, reason=row.reason,
            opinions=tuple(comment.text for comment in comments.get(row.bid_id, [])), contact=contact,
        )
        for row in rows
        if row.bid.state in OPEN_STATES
    ]  # fmt: skip


def tell(flow: Flow, decision: AwardDecision, letters: Iterable[ResultLetter]) -> list[DecisionLetter]:
    """Keep the letters as of today with who was told, and have their papers drawn after commit."""
    day = day_of(flow.now)
    until = day + timedelta(days=FILE_DAYS)
    told = DecisionLetter.objects.bulk_create(
        DecisionLetter(
            decision=decision, bid_id=letter.bid_id, kind=letter.kind, told_at=flow.now,
            content=letter.told(day, until).to_data(),
        )
        for letter in letters
    )  # fmt: skip
    if told:
        LetterRecipient.objects.bulk_create(_recipients(told))
        flow.after_commit(DRAW, decision.pk)
    return told


def _recipients(letters: list[DecisionLetter]) -> list[LetterRecipient]:
    """PI, unit and recommender (domain 2.3), each person once."""
    bids = Bid.objects.filter(pk__in=[letter.bid_id for letter in letters]).select_related("pi").in_bulk()
    units = people_of_organisations(Role.ORG, {bid.organisation_id for bid in bids.values()})
    recommending = people_of_organisations(Role.REC, {b.recommender_id for b in bids.values() if b.recommender_id})
    found = []
    for letter in letters:
        bid = bids[letter.bid_id]
        people: dict[User, str] = {bid.pi: Capacity.PI}
        for person in units.get(bid.organisation_id, []):
            people.setdefault(person, Capacity.ORG)
        for person in recommending.get(bid.recommender_id or 0, []):
            people.setdefault(person, Capacity.REC)
        found += [LetterRecipient(letter=letter, user=who, capacity=capacity) for who, capacity in people.items()]
    return found
