"""A challenge's panel is drawn, pledges, scores and closes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from demo import figures
from demo.cast import Office
from demo.concluding import conclude, settle
from demo.defending import hear, invite_to_defend
from demo.stage import Stage
from demo.timetable import together
from demo.topics import ListPlan
from projects.models import Challenge
from review.models import Assignment, ReviewRound
from review.sheet_openings import note_opening
from workflows.assignment import AssignmentFlow
from workflows.engine import perform, start
from workflows.familiarity import familiarity_inputs
from workflows.panel_draw import rules_of_round
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow


def review(
    stage: Stage, plan: ListPlan, office: Office, challenges: list[Challenge], publish: date, hard: set[int]
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
    if plan.has_defence:
        yield from together([invite_to_defend(stage, office, row, publish, no) for no, row in enumerate(rounds)])
    yield stage.after(publish, 50, 10, 1)
    for row in rounds:
        perform(
            ReviewRoundFlow,
            row,
            "open_scoring",
            by=office.secretary,
            scoring_until=stage.after(publish, 67 if plan.has_defence else 57, 17),
        )
    late = 0
    if plan.has_defence:
        yield from together([hear(stage, office, row) for row in rounds])
        late = max(0, (_last_day_heard(rounds) - (publish + timedelta(days=51))).days)
    quality = {pk: level for row in rounds for pk, level in _quality(stage, row, hard).items()}
    for day in range(52, 57):
        yield stage.after(publish, day + late, 19)
        for row in rounds:
            _score(stage, row, quality, odd=plan.has_outlier and day == 53)
    yield stage.after(publish, 58 + late)
    for row in rounds:
        perform(ReviewRoundFlow, row, "collate", by=office.secretary)
    yield from together([settle(stage, office, row, publish, late) for row in rounds])
    yield stage.after(publish, 59 + late)
    for row in rounds:
        conclude(stage, office, row, dissents=plan.has_outlier)


def _last_day_heard(rounds: list[ReviewRound]) -> date:
    return max(
        slot.starts_at for row in rounds for session in row.defences.all() for slot in session.slots.all()
    ).date()


def _quality(stage: Stage, row: ReviewRound, hard: set[int]) -> dict[int, int]:
    """How good each bid is, in per cent: a few strong ones, then a slope."""
    bids = list(row.challenge.bids.order_by("pk"))
    levels = [90, 86, 83, 79, 74, 68, 65, 62, 59][: len(bids)]
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
    if rules_of_round(row).is_matched:
        _declare(seats[:4])


def _declare(seats: Iterable[Assignment]) -> None:
    """Some say of a few bids how well they could judge them; the others leave it to what the records say."""
    for n, seat in enumerate(seats):
        fields = list(familiarity_inputs(AssignmentFlow(seat, by=seat.expert.user)))
        levels: dict[str, Any] = {fields[n]: "3", fields[n + 2]: "1", fields[-1 - n]: "0"}
        perform(AssignmentFlow, seat, "declare_levels", by=seat.expert.user, **levels)


def _score(stage: Stage, row: ReviewRound, quality: dict[int, int], *, odd: bool) -> None:
    """One expert a day works through his sheets; an odd one thinks little of the first bid."""
    seats = list(row.assignments.filter(state="PLEDGED").select_related("expert__user").order_by("alias"))
    if not seats:
        return
    seat = seats[0]
    for n, sheet in enumerate(seat.sheets.order_by("pk")):
        note_opening(sheet)
        level = quality[sheet.bid_id] + stage.random.randint(-4, 4) - (34 if odd and n == 0 else 0)
        perform(
            ScoreSheetFlow, sheet, "submit", by=seat.expert.user, recommendation=figures.recommendation(level),
            comment=figures.comment(stage.random, int(seat.alias[1:]) * 8 + n), **figures.points(row.criteria, level, stage.random),
        )  # fmt: skip
    perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user)
