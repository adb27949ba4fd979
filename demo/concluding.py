"""A panel settles its flags, drafts its opinion, signs it, and the chair closes with the supervisor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from demo import figures
from demo.cast import Office
from demo.stage import Stage
from review.models import Assignment, ReviewRound, ScoreSheet
from workflows import clock
from workflows.assignment import AssignmentFlow
from workflows.engine import perform
from workflows.review_flags import flags_of, unsettled_flags
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow

OPINION = "评审组逐项讨论了各申报的指标响应、技术路线与经费，同意本轮评分与排序。"
NOTE = "评审组逐条讨论了该项分歧：双方对样机成熟度的估计不同，均有依据，评分予以保留。"
DISSENT = "排名第一的申报里程碑过于集中，前期投入偏大，本人认为应要求调整经费节奏后再予推荐。"


def settle(stage: Stage, office: Office, row: ReviewRound, publish: date, late: int) -> Iterator[datetime]:
    """Outliers are asked about: every other expert mends his score, the rest stand by theirs."""
    yield stage.after(publish, 58 + late, 11)
    asked = []
    for flag in unsettled_flags(row):
        if flag.bid is None or flag.expert is None:
            continue  # a split panel is discussed
        sheets = ScoreSheet.objects.filter(assignment__round=row, assignment__alias=flag.expert, bid=int(flag.bid))
        for sheet in sheets.filter(query_flags="").select_related("assignment__expert__user"):
            reason = "与其他专家差距较大，请核对各分项是否有误，并说明理由"
            perform(ScoreSheetFlow, sheet, "query", by=office.secretary, flags=[flag.code], reason=reason)
            asked.append(sheet)
    yield stage.after(publish, 58 + late, 16)
    for n, sheet in enumerate(asked):
        expert = sheet.assignment.expert.user
        if n % 2:
            reason = "复核后发现技术路线一项漏看了第三方测试报告，予以更正"
            points = figures.points(row.criteria, 76, stage.random)
            perform(
                ScoreSheetFlow, sheet, "amend", by=expert, reason=reason, recommendation="RESERVE",
                comment=figures.comment(stage.random, n), **points,
            )  # fmt: skip
        else:
            perform(
                ScoreSheetFlow, sheet, "confirm", by=expert, reason="已重新核对，现有证明不足以支撑承诺值，维持原分"
            )


def conclude(stage: Stage, office: Office, row: ReviewRound, *, dissents: bool) -> None:
    assert row.chair_id is not None  # named before the preview
    chair = Assignment.objects.select_related("expert__user").get(pk=row.chair_id)
    by = chair.expert.user
    for flag in unsettled_flags(row):
        perform(ReviewRoundFlow, row, "discuss_flag", by=by, flag=flag.key, note=NOTE)
    until = clock.now() + timedelta(days=1)
    perform(ReviewRoundFlow, row, "draft_opinion", by=by, panel_opinion=OPINION, sign_until=until)
    members = row.assignments.filter(state="LOCKED").exclude(pk=chair.pk).select_related("expert__user")
    for n, seat in enumerate(members.order_by("alias")):
        if dissents and n == 1:
            perform(AssignmentFlow, seat, "dissent", by=seat.expert.user, dissent=DISSENT)
        else:
            perform(AssignmentFlow, seat, "sign_opinion", by=seat.expert.user)
    perform(ReviewRoundFlow, row, "see_opinion", by=office.supervisor)
    considered: dict[str, Any] = {"flags_considered": True} if flags_of(row) else {}
    bids = row.challenge.bids.exclude(number=None).order_by("requested_yuan", "number")
    perform(ReviewRoundFlow, row, "close", by=by, ballot="，".join(bid.number or "" for bid in bids), **considered)
