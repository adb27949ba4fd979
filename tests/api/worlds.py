"""Whole agencies for the API's tests, with real reviews: every kind of record, every kind of person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db import connection

from accounts.models import Division, Role, User
from projects.models import Bid, Certificate, Challenge, ChallengeList, Objection, Project, RuleSet
from projects.rules import Rules
from review.models import Assignment, Expert, ReviewRound
from tests import delivery_factories as made
from tests.delivery_factories import World, on
from tests.wording import comment_of
from workflows.assignment import AssignmentFlow
from workflows.bid import BidFlow
from workflows.certificate import CertificateFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI
from workflows.engine import perform, start
from workflows.formal_check import FormalCheckFlow
from workflows.objection import ObjectionFlow, file_objection
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow
from workflows.state import SYSTEM
from workflows.sweeps import sweep_all

CHECKED, DRAWN, READ, SCORED = date(2026, 4, 29), date(2026, 5, 11), date(2026, 5, 19), date(2026, 5, 20)
SEATS = {"TECHNICAL": 4, "INDUSTRY": 2, "FINANCE": 2}
COMMENT = (
    "方案总体可行，指标与榜题一致，团队基础较好，进度安排合理，风险分析充分，经费预算合理，应用前景明确，建议支持。"
)


@dataclass
class Reviewed:
    """A world whose list has been reviewed by a panel."""

    w: World
    secretary: User
    experts: list[User] = field(default_factory=list)
    drafts: list[Any] = field(default_factory=list)

    @property
    def round(self) -> ReviewRound:
        return ReviewRound.objects.get(challenge__challenge_list=self.w.challenge_list)

    @property
    def bids(self) -> list[Bid]:
        return list(Bid.objects.filter(challenge__challenge_list=self.w.challenge_list).order_by("pk"))


def submitted(bids: int = 3, *, rules: Rules | None = None) -> Reviewed:
    """A published list with complete bids, and an expert pool."""
    w = made.world()
    if rules is not None:
        w.rule_set = RuleSet.objects.create(
            agency=w.agency, code="own", name="匹配分工", mode=rules.mode, data=rules.to_data(),
            published_at=datetime(2026, 1, 5, tzinfo=SHANGHAI),
        )  # fmt: skip
    found = Reviewed(w, made.person("秘书", Role.SEC, agency=w.agency))
    challenge = made.published_list(w).challenges.get()
    for _ in range(bids):
        made.submitted_bid(w, challenge)
    for seat_type, number in SEATS.items():
        for _ in range(number):
            own = made.organisation("专家单位")
            user = made.person("评审专家", Role.EXP, org=own, agency=w.agency)
            Expert.objects.create(
                agency=w.agency, user=user, organisation=own, seat_type=seat_type, title="研究员",
                fields=["SOFTWARE"],
            )  # fmt: skip
            found.experts.append(user)
    return found


def checked(r: Reviewed) -> Reviewed:
    """Closed, every bid formally checked by two people, the list under review."""
    w = r.w
    with on(made.REC_CLOSE, 16):
        perform(ChallengeListFlow, w.challenge_list, "close", by=SYSTEM)
    with on(CHECKED):
        for bid in r.bids:
            perform(BidFlow, bid, "begin_formal_check", by=w.officer)
            inputs = {"result": "PASS", "reason_codes": [], "opinion": "材料齐全，符合要求"}
            perform(FormalCheckFlow, bid.formal_check, "check", by=w.officer, **inputs)
            perform(FormalCheckFlow, bid.formal_check, "confirm", by=w.second_officer)
        perform(ChallengeListFlow, w.challenge_list, "begin_review", by=w.officer)
    return r


def seated(r: Reviewed) -> Reviewed:
    """A panel was drawn, has pledged and reads."""
    w = r.w
    with on(DRAWN):
        challenge = w.challenge_list.challenges.get()
        row = ReviewRound(challenge=challenge, secretary=r.secretary, criteria=[])
        start(ReviewRoundFlow, row, by=w.officer)
        perform(ReviewRoundFlow, row, "begin_draw", by=w.officer, witness=w.supervisor.pk)
        perform(ReviewRoundFlow, row, "draw", by=w.supervisor)
        for seat in row.assignments.select_related("expert__user"):
            perform(AssignmentFlow, seat, "accept", by=seat.expert.user)
            perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, confidentiality=True, integrity=True)
        chair = row.assignments.filter(seat_type="TECHNICAL").first()
        assert chair is not None
        perform(ReviewRoundFlow, row, "name_chair", by=r.secretary, chair=chair.pk)
        perform(ReviewRoundFlow, row, "open_preview", by=r.secretary)
    with on(READ):
        until = datetime.combine(SCORED, time(18), SHANGHAI)
        perform(ReviewRoundFlow, row, "open_scoring", by=r.secretary, scoring_until=until)
    return r


def points(rank: int, comment: str = "") -> dict[str, Any]:
    """A full sheet; the higher the rank's number, the fewer points."""
    scores = {"goal": 18, "route": 22, "milestones": 13, "team": 17, "budget": 8, "benefit": 8}
    opinion = {"recommendation": "RECOMMEND", "comment": comment or COMMENT}
    return {**{f"score_{name}": value - rank for name, value in scores.items()}, **opinion}


def score_seat(seat: Assignment, *, hand_in: bool = True) -> None:
    expert = seat.expert.user
    with on(SCORED):
        for rank, sheet in enumerate(seat.sheets.order_by("bid_id")):
            perform(ScoreSheetFlow, sheet, "submit", by=expert, **points(rank, comment_of(seat.alias, rank)))
        if hand_in:
            perform(AssignmentFlow, seat, "submit_all", by=expert)


def judged(r: Reviewed) -> Reviewed:
    """Every expert has scored, the chair has signed, the decision is proposed."""
    for seat in r.round.assignments.filter(state="PLEDGED").order_by("pk"):
        score_seat(seat)
    with on(SCORED, 16):
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
        opinion = "评审组一致同意上述评审结果，无不同意见，特此签署。"
        made.close_round(r.round, seen_by=r.w.supervisor, opinion=opinion)
    with on(made.DECIDING):
        perform(ChallengeListFlow, r.w.challenge_list, "begin_decision", by=r.w.officer)
    return r


def delivered(r: Reviewed) -> Project:
    """Noticed (with one objection that was refused), issued, signed, delivered, accepted, certified."""
    w = r.w
    made.noticed_decision(w)
    with on(made.NOTICED, 11):
        objection = object_to(w, w.teams[2].pi)
        reason = "所述理由属于学术评价的不同看法"
        perform(ObjectionFlow, objection, "reject_form", by=w.officer, reason=reason)
    with on(date(2026, 6, 6), 1):
        sweep_all()
    with on(made.ISSUED):
        made.carried_out(w, "ISSUE", document_no="鲁科字〔2026〕29号")
    project = made.sign(w, w.projects[0])
    made.passed_milestone(w, project.milestones.get(no=1), day=date(2027, 6, 1))
    day = made.accepted(w, project, day=date(2028, 6, 1))
    with on(day):
        for certificate in Certificate.objects.filter(project=project).order_by("pk"):
            if certificate.state == Certificate.State.PREPARED:
                perform(CertificateFlow, certificate, "issue", by=w.lead)
    project.refresh_from_db()
    return project


def object_to(w: World, by: User) -> Objection:
    return file_objection(
        w.notice, by=by, author_name="实名异议人甲", author_contact="13800001111",
        grounds="公示第一项的指标与事实不符，请核查。",
    )  # fmt: skip


def drafts(w: World) -> list[Any]:
    """What no stranger may know of: a list and a challenge being prepared, and a bid being written."""
    with on(date(2026, 2, 3)):
        n = ChallengeList.objects.count()
        hidden = ChallengeList(
            agency=w.agency, division=Division.objects.filter(agency=w.agency).first() or
            Division.objects.create(agency=w.agency, name="处"), rule_set=w.rule_set,
            number=f"DRAFT-{w.agency.code}-{n}", title="尚未发布的榜单", year=2026,
        )  # fmt: skip
        start(ChallengeListFlow, hidden, by=w.officer)
        challenge = Challenge(
            challenge_list=hidden, number=f"{hidden.number}-01", title="尚未发布的榜题", field="AI",
            demander=w.demander, background="保密的背景", content="保密的内容", months=12, cap_yuan=1,
        )  # fmt: skip
        start(ChallengeFlow, challenge, by=w.officer)
    return [hidden, challenge]


def draft_bid(w: World, challenge: Challenge) -> Bid:
    t = made.team(w)
    with on(date(2026, 4, 2)):
        bid = Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, title="尚未提交的申报")
        return start(BidFlow, bid, by=t.pi)


def let_the_planner_know() -> None:
    """Count the rows of a transaction that autovacuum cannot see: a planner that takes every table for
    empty joins organisations to users to bids crosswise, and a list of five projects takes ten seconds."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
