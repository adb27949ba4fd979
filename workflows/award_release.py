"""What follows when the result of a decision is told: bids, letters, projects, challenges, the list.

Nothing of this happens while a decision is held. Rules: domain 2.6 ISSUED, 2.18 N09, 3.3.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from projects.models import Bid, Challenge, DecisionRow, Project
from workflows import award_conditions as c
from workflows import award_rows as rows_
from workflows.bid import BidFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_end import close_list
from workflows.challenge_list import ChallengeListFlow
from workflows.days import day_of
from workflows.decision_letters import OPEN_STATES, comments_on, compose, tell
from workflows.decision_plan import Plan
from workflows.delivery_plan import start_project
from workflows.pinned_rules import rules_of

if TYPE_CHECKING:
    from workflows.award import AwardDecisionFlow

Outcome = DecisionRow.Outcome
ENDED = "备选已失效：同一榜题的任务书均已签订，或者备选期已满。"


def tell_results(flow: AwardDecisionFlow, plan: Plan) -> None:
    """Carry out the plan: teams are told, challenges are awarded or lapse, projects begin."""
    decision, challenge_list = flow.object, flow.object.challenge_list
    decision.issued_at = flow.now
    flow.evidence["integrity_checked_on"] = day_of(flow.now)
    tell(flow, decision, plan.letters)
    flow.cascade(ChallengeListFlow, challenge_list, "award")
    for row in plan.rows:
        if row.outcome == Outcome.AWARD:
            flow.cascade(BidFlow, row.bid, "award")
            start_awarded(flow, row)
    for challenge in challenge_list.challenges.filter(state=Challenge.State.UNDER_REVIEW).order_by("pk"):
        awarded = any(r.outcome == Outcome.AWARD and r.bid.challenge_id == challenge.pk for r in plan.rows)
        flow.cascade(ChallengeFlow, challenge, "award" if awarded else "lapse")
    # Read anew: which reserves are kept depends on the projects that have just begun.
    kept = {row.pk for row in rows_.kept_reserves(c.rows_of(flow))}
    for row in plan.rows:
        if row.outcome != Outcome.AWARD and row.bid.state in OPEN_STATES:
            flow.cascade(BidFlow, row.bid, "tell_reserve" if row.pk in kept else "decline")
    if not any(row.outcome == Outcome.AWARD for row in plan.rows):
        close_list(flow, challenge_list)


def start_awarded(flow: AwardDecisionFlow, row: DecisionRow) -> None:
    """The project's number follows the list's, in the order of the awards."""
    challenge_list = flow.object.challenge_list
    serial = Project.objects.filter(bid__challenge__challenge_list=challenge_list).count() + 1
    start_project(flow, row, f"{challenge_list.number}-P{serial:03d}", rules_of(flow.object))


def tell_rows(flow: AwardDecisionFlow, rows: Iterable[DecisionRow]) -> None:
    """A letter after the batch: to a reserve that is promoted, or that has waited in vain."""
    decision, rows = flow.object, list(rows)
    comments = comments_on(decision, [row.bid_id for row in rows])
    tell(flow, decision, compose(decision, rows, decision.document_no, comments))


def end_reserves(flow: AwardDecisionFlow, rows: Iterable[DecisionRow]) -> None:
    """Declined for the reason that they are no longer needed."""
    decision, rows = flow.object, list(rows)
    comments = comments_on(decision, [row.bid_id for row in rows])
    letters = compose(decision, rows, decision.document_no, comments)
    tell(flow, decision, [replace(letter, kind=str(Outcome.REJECT), reason=ENDED) for letter in letters])
    for row in rows:
        if row.bid.state == Bid.State.RESERVE:
            flow.cascade(BidFlow, row.bid, "decline")
