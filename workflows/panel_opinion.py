"""The panel's opinion: what exactly is signed, who has signed it, who dissents (实施条例 53 条)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from projects.models import ChallengeList
from review.models import Assignment, PanelSignature, ReviewRound, ScoreSheet
from workflows import clock
from workflows.canonical import sha256_of


@dataclass(frozen=True)
class Word:
    """One member's word on the opinion as it stands; `kind` AGREE, DISSENT, or '' for none yet."""

    alias: str
    kind: str
    label: str
    dissent: str = ""


def opinion_digest(row: ReviewRound) -> str:
    """Over the text and every score it rests on: when either changes, everybody signs anew."""
    if row.opinion_digest:
        return row.opinion_digest
    counted = ScoreSheet.objects.filter(assignment__round=row, state__in=["LOCKED", "QUERIED"])
    scores = counted.order_by("assignment__alias", "bid_id").values_list(
        "assignment__alias", "bid_id", "total", "recommendation", "is_vetoed", "comment"
    )
    return sha256_of({"opinion": row.panel_opinion, "scores": [list(score) for score in scores]})


def words_on(row: ReviewRound) -> list[Word]:
    """Every member's word, by alias. Silence until the set instant is agreement, and is called so."""
    if not row.panel_opinion or row.sign_until is None:  # closed before opinions were signed one by one
        return []
    given = {s.assignment_id: s for s in row.signatures.filter(digest=opinion_digest(row)) if s.assignment_id}
    over = row.state == ReviewRound.State.CLOSED or (row.sign_until is not None and clock.now() >= row.sign_until)
    silent = _("逾期未签署也未书面说明，视为同意") if over else _("待签署")
    found = []
    for seat in row.assignments.filter(state=Assignment.State.LOCKED).order_by("alias"):
        signed = given.get(seat.pk)
        label = signed.get_kind_display() if signed else silent
        found.append(Word(seat.alias, signed.kind if signed else "", str(label), signed.dissent if signed else ""))
    return found


def marks_on(row: ReviewRound) -> QuerySet[PanelSignature]:
    """Who of the supervisors has seen the opinion as it stands."""
    found = row.signatures.filter(kind=PanelSignature.Kind.SEEN, digest=opinion_digest(row))
    return found.select_related("supervisor")


def members_who_owe(row: ReviewRound) -> list[str]:
    """Aliases of members who have neither signed nor dissented."""
    signed = row.signatures.filter(digest=opinion_digest(row), assignment__isnull=False).values("assignment")
    seats = row.assignments.filter(state=Assignment.State.LOCKED).exclude(pk__in=signed)
    return list(seats.order_by("alias").values_list("alias", flat=True))


def dissents_of(row: ReviewRound) -> list[Word]:
    """Written dissents on the opinion as it stands, by alias: for the record and for those who decide."""
    return [word for word in words_on(row) if word.kind == PanelSignature.Kind.DISSENT]


def dissents_in(challenge_list: ChallengeList) -> QuerySet[PanelSignature]:
    """Dissents on what the list's rounds closed on, for those who decide; joins the alias and the challenge."""
    found = PanelSignature.objects.filter(
        round__challenge__challenge_list=challenge_list,
        digest=F("round__opinion_digest"),
        kind=PanelSignature.Kind.DISSENT,
    )
    return found.select_related("assignment", "round__challenge").order_by(
        "round__challenge__number", "assignment__alias"
    )
