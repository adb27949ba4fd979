"""A challenge's panel is drawn, pledges, scores and closes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from demo import figures
from demo.cast import Office
from demo.stage import Stage
from projects.models import Challenge
from review.models import Assignment, ReviewRound
from workflows.assignment import AssignmentFlow
from workflows.engine import perform, start
from workflows.review_round import ReviewRoundFlow, flags_of
from workflows.score_sheet import ScoreSheetFlow


def review(
    stage: Stage, office: Office, challenges: list[Challenge], publish: date, hard: set[int]
) -> Iterator[datetime]:
    """One round per challenge, all in the same weeks. `hard`: challenges whose bids all fall short."""
    yield stage.after(publish, 41)
    rounds = []
    for challenge in challenges:
        challenge.refresh_from_db()
        if challenge.state == Challenge.State.UNDER_REVIEW:
            row = ReviewRound(challenge=challenge, secretary=office.secretary, criteria=[])
            rounds.append(start(ReviewRoundFlow, row, by=office.officer))
    for row in rounds:
        perform(ReviewRoundFlow, row, "begin_draw", by=office.officer, witness=office.supervisor.pk)
    yield stage.after(publish, 42)
    for row in rounds:
        perform(ReviewRoundFlow, row, "draw", by=office.supervisor)
    yield stage.after(publish, 43, 20)
    for row in rounds:
        _answer(row)
    yield stage.after(publish, 45)
    for row in rounds:
        chair = row.assignments.filter(seat_type="TECHNICAL", state="PLEDGED").order_by("alias")[0]
        perform(ReviewRoundFlow, row, "name_chair", by=office.secretary, chair=chair.pk)
        perform(ReviewRoundFlow, row, "open_preview", by=office.secretary)
    yield stage.after(publish, 50, 10, 1)
    for row in rounds:
        perform(ReviewRoundFlow, row, "open_scoring", by=office.secretary, scoring_until=stage.after(publish, 57, 17))
    quality = {pk: level for row in rounds for pk, level in _quality(stage, row, hard).items()}
    for day in range(52, 57):
        yield stage.after(publish, day, 19)
        for row in rounds:
            _score(stage, row, day - 52, quality)
    yield stage.after(publish, 58)
    for row in rounds:
        perform(ReviewRoundFlow, row, "collate", by=office.secretary)
        _close(row)


def _quality(stage: Stage, row: ReviewRound, hard: set[int]) -> dict[int, int]:
    """How good each bid is, in per cent: a few strong ones, then a slope."""
    bids = list(row.challenge.bids.order_by("pk"))
    levels = [90, 86, 83, 79, 74, 68, 65, 62][: len(bids)]
    stage.random.shuffle(levels)
    off = 20 if row.challenge_id in hard else 0
    return {bid.pk: level - off for bid, level in zip(bids, levels, strict=True)}


def _answer(row: ReviewRound) -> None:
    """The first invited expert declines, so a standby steps in; all others pledge."""
    invited = list(row.assignments.filter(state="INVITED").select_related("expert__user").order_by("alias"))
    first = invited[0]
    perform(AssignmentFlow, first, "decline", by=first.expert.user, decline_reason="评审期间因公出国，无法参加")
    seats = row.assignments.filter(state=Assignment.State.INVITED).select_related("expert__user").order_by("alias")
    for seat in seats:
        perform(AssignmentFlow, seat, "accept", by=seat.expert.user)
        perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, confidentiality=True, integrity=True)


def _score(stage: Stage, row: ReviewRound, turn: int, quality: dict[int, int]) -> None:
    """One expert a day works through his sheets."""
    seats = list(row.assignments.filter(state="PLEDGED").select_related("expert__user").order_by("alias"))
    if not seats:
        return
    seat = seats[0]
    for sheet in seat.sheets.order_by("pk"):
        level = quality[sheet.bid_id] + stage.random.randint(-4, 4)
        perform(
            ScoreSheetFlow, sheet, "submit", by=seat.expert.user, recommendation=figures.recommendation(level),
            comment=figures.comment(stage.random), **figures.points(row.criteria, level, stage.random),
        )  # fmt: skip
    perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user)


def _close(row: ReviewRound) -> None:
    chair = row.chair
    assert chair is not None  # named before the preview
    considered: dict[str, Any] = {"flags_considered": True} if flags_of(row) else {}
    bids = row.challenge.bids.exclude(number=None).order_by("requested_yuan", "number")
    perform(
        ReviewRoundFlow, row, "close", by=chair.expert.user,
        panel_opinion="评审组逐项讨论了各申报的指标响应、技术路线与经费，一致同意本轮评分与排序。",
        ballot="，".join(bid.number or "" for bid in bids), **considered,
    )  # fmt: skip
