"""Where the random stories start: one agency in each phase of the trade, made through the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from accounts.models import Division, Role, User
from projects.duplicates import compare
from projects.models import Challenge, ChallengeList
from projects.presets import PRESETS
from review.models import Expert, ExpertTie, ScoreSheet
from tests import defence_factories as defence
from tests import delivery_factories as f
from tests import demand_factories as d
from tests import extension_factories as longer
from tests import pool_factories as p
from tests import reconsideration_factories as again
from tests import review_factories as r
from workflows.bid import BidFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI
from workflows.decision_batch import propose_batch
from workflows.defence import DefenceSessionFlow
from workflows.demand import DemandFlow
from workflows.demand_merge import merge_demands
from workflows.engine import perform, start
from workflows.expert_tie import declare
from workflows.extension import ask_extension
from workflows.formal_check import FormalCheckFlow
from workflows.objection import file_objection
from workflows.race import RaceFlow
from workflows.saved_scenarios import keep_scenario
from workflows.score_books import records_of
from workflows.score_sheet import ScoreSheetFlow
from workflows.state import SYSTEM, Actor

#: Three experts for each bid out of a panel of five.
SHARED = replace(
    PRESETS["OPEN_CHALLENGE"], aggregation="mean", assignment="matched", panel_seats={"TECHNICAL": 3, "FINANCE": 2},
    bid_seats={"TECHNICAL": 2, "FINANCE": 1}, bids_per_expert=(1, 3),
)  # fmt: skip


@dataclass
class Stage:
    """One agency, the instant at which its story goes on, and everybody who has to do with it."""

    name: str
    w: f.World
    now: datetime
    secretary: User
    spare: f.Team
    experts: list[User] = field(default_factory=list)

    @property
    def people(self) -> list[User]:
        w = self.w
        staff = [w.officer, w.second_officer, w.lead, w.finance, w.supervisor, self.secretary]
        around = [w.rec_user, w.dem_user, *(user for t in w.teams for user in (t.pi, t.admin))]
        return list({user.pk: user for user in [*staff, *around, *self.experts]}.values())

    @property
    def faces(self) -> list[User]:
        """One of each kind, and a second one where they must not see each other."""
        w = self.w
        staff = [w.officer, w.finance, w.supervisor, self.secretary, w.rec_user, w.dem_user]
        return [*staff, w.teams[0].admin, *(t.pi for t in w.teams[:2]), self.experts[0]]

    @property
    def cast(self) -> list[Actor]:
        return [*self.people, SYSTEM]


def at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), SHANGHAI)


def stage(name: str, w: f.World, now: datetime) -> Stage:
    """Completes a world: a secretary, a team that has not bid yet, and who sits in its pool."""
    secretary = f.person("秘书", Role.SEC, agency=w.agency)
    if Expert.objects.filter(agency=w.agency).count() < 3:
        f.experts(w)
    experts = [row.user for row in Expert.objects.filter(agency=w.agency).select_related("user").order_by("pk")]
    return Stage(name, w, now, secretary, f.team(w), experts)


def drafting() -> Stage:
    """A list that nobody outside may know of, with one complete challenge."""
    w = f.world()
    with f.on(date(2026, 2, 2)):
        row = start(
            ChallengeListFlow,
            ChallengeList(
                agency=w.agency, division=Division.objects.create(agency=w.agency, name="高新处"),
                rule_set=w.rule_set, number=f"DR-{w.agency.pk}", title="未发布的榜单", year=2026, contact="0531-0001",
                bid_close_at=at(f.BID_CLOSE, 17), rec_close_at=at(f.REC_CLOSE, 15),
            ),
            by=w.officer,
        )  # fmt: skip
        challenge = start(
            ChallengeFlow,
            Challenge(
                challenge_list=row, number=f"{row.number}-001", title="未发布的榜题", field="SOFTWARE",
                demander=w.demander, background="背景", content="内容", months=24, cap_yuan=9_000_000,
                ip_terms="归揭榜方所有",
            ),
            by=w.officer,
        )  # fmt: skip
        f.add_indicators(challenge)
    return stage("drafting", w, at(date(2026, 2, 3)))


def collecting() -> Stage:
    """A list calls for demands: one with its recommender, one returned, one still a draft."""
    w = d.collecting_world()
    d.submitted(w)
    returned = d.submitted(w)
    with f.on(d.ENDORSED):
        perform(DemandFlow, returned, "send_back", by=w.rec_user, reason="指标不可考核，请补充测试条件后重新提交")
    d.draft(w)
    return stage("collecting", w, at(d.ENDORSED, 14))


def appraising() -> Stage:
    """The panel has scored one demand; another has passed, with a draft challenge to go into."""
    w = d.collecting_world()
    judged, passed, merged = d.endorsed(w), d.endorsed(w), d.endorsed(w)
    d.appraised(w, passed)
    d.scored(w, judged)
    d.appraised(w, merged)
    with f.on(d.APPRAISED, 15):
        merge_demands([merged], by=w.officer)
    return stage("appraising", w, at(d.APPRAISED, 16))


def bidding() -> Stage:
    """A published list: one bid handed in, one before its unit, one still a draft whose team asks for longer."""
    w = f.world()
    challenge = f.published_list(w).challenges.get()
    f.submitted_bid(w, challenge)
    with f.on(date(2026, 4, 11)):
        waiting = f.complete_draft(w, challenge, f.team(w))
        perform(BidFlow, waiting, "hand_in", by=waiting.pi, pledge=True)
        draft = f.complete_draft(w, challenge, f.team(w))
        ask_extension(draft, by=draft.pi, grounds=longer.GROUNDS)
    return stage("bidding", w, at(date(2026, 4, 12)))


def checking() -> Stage:
    """Closed: one bid accepted, one sent back for a correction, one under check, one untouched, one refused whose
    team asks for reconsideration."""
    w = f.world(quota=2)
    challenge_list = f.published_list(w)
    challenge = challenge_list.challenges.get()
    bids = [f.submitted_bid(w, challenge) for _ in range(5)]
    with f.on(f.REC_CLOSE, 16):
        perform(ChallengeListFlow, challenge_list, "close", by=SYSTEM)
    with f.on(date(2026, 4, 23)):
        f.checked(w, bids[0])
        perform(BidFlow, bids[1], "begin_formal_check", by=w.officer)
        opinion = {"result": "CORRECT", "reason_codes": ["F02"], "opinion": "请补齐联合申报协议后重新提交"}
        perform(FormalCheckFlow, bids[1].formal_check, "check", by=w.officer, **opinion)
        perform(FormalCheckFlow, bids[1].formal_check, "confirm", by=w.second_officer)
        perform(BidFlow, bids[2], "begin_formal_check", by=w.officer)
    compare(bids[0].pk)
    again.refused(w, bids[4], date(2026, 4, 23))
    again.sealed(w, bids[4], date(2026, 4, 23))
    return stage("checking", w, at(date(2026, 4, 24)))


def judging() -> Stage:
    """Scoring has begun; all experts but one are done, and one standby may still be called."""
    found = r.planned(r.under_review(r.closed(2)))
    declare_ties(found)
    r.scoring(r.in_preview(r.pledged(r.drawn(found))))
    seats = found.seats("PLEDGED")
    with f.on(r.SCORED, 9):
        for seat in seats[:-1]:
            r.score(seat)
        records = records_of([found.round])
        keep_scenario(found.round, records, records.published, by=found.secretary)
    made = stage("judging", found.w, at(r.SCORED, 10))
    made.secretary = found.secretary
    upload_experts(made)
    return made


def declare_ties(found: r.Review) -> None:
    """Two members of the pool wrote papers with a team's leader: doubts on which the secretary has to rule."""
    pool = Expert.objects.filter(agency=found.w.agency, seat_type="FINANCE").select_related("user").order_by("pk")
    with f.on(r.DRAWN, 9):
        for expert in pool[:2]:
            declare(ExpertTie(expert=expert, kind="COAUTHOR", person=found.bids[0].pi, note="合作论文"), by=expert.user)


def upload_experts(made: Stage) -> None:
    """A table with a row of each fate waits for the secretary."""
    entry = Expert.objects.filter(agency=made.w.agency).select_related("user", "organisation").order_by("pk")[0]
    with f.on(made.now.date(), 9):
        p.Pool(made.w, made.secretary, entry.organisation).upload_some(entry)


def sharing() -> Stage:
    """Bids are shared out and read: a bid may be given up, a seat left, a doubt confirmed, and all is matched anew."""
    found = r.planned(r.under_review(r.closed(3, rules=SHARED, pool={"TECHNICAL": 5, "FINANCE": 4})))
    declare_ties(found)
    r.scoring(r.in_preview(r.pledged(r.drawn(found))))
    with f.on(r.SCORED, 9):
        r.score(found.seats("PLEDGED")[0])
    made = stage("sharing", found.w, at(r.SCORED, 10))
    made.secretary = found.secretary
    return made


def defending() -> Stage:
    """The morning of a defence: the questions are answered in part, the first team is due."""
    found = r.in_preview(r.pledged(r.drawn(r.planned(r.under_review(r.closed(2, rules=defence.RULES))))))
    session = defence.announced(found)
    for seat in found.seats()[:2]:
        defence.question(seat, found.bids[0])
    with f.on(defence.PLANNED, 14):
        perform(DefenceSessionFlow, session, "send_questions", by=found.secretary)
    made = stage("defending", found.w, at(defence.HELD, 8))
    made.secretary = found.secretary
    return made


def concluding() -> Stage:
    """All is locked: one outlier is asked about, the panel's opinion waits for its chair, and of one member a doubt
    has come up on which the secretary has to rule."""
    rows = [("88", "80"), ("90", "80"), ("85", "80"), ("99", "80"), ("60", "80")]
    found = r.collated(r.scoring(r.in_preview(r.pledged(r.drawn(r.planned(r.under_review(r.closed(2))))))), *rows)
    sheet = ScoreSheet.objects.get(assignment__round=found.round, total=60)
    with f.on(r.SCORED, 13):
        perform(ScoreSheetFlow, sheet, "query", by=found.secretary, flags=["D2"], reason=f.REASON)
        expert = found.seats()[0].expert
        declare(ExpertTie(expert=expert, kind="COAUTHOR", person=found.bids[0].pi, note="合作论文"), by=expert.user)
    made = stage("concluding", found.w, at(r.SCORED, 14))
    made.secretary = found.secretary
    return made


def deciding() -> Stage:
    """Proposed awards are public; a loser has objected."""
    w = f.world()
    f.noticed_decision(w, scores=("92", "85", "80"))
    with f.on(f.NOTICED, 14):
        loser = w.teams[2].pi
        grounds = "获选方案的写入吞吐数据与公开测试报告不符"
        file_objection(w.notice, by=loser, author_name=loser.name, author_contact="0531-0002", grounds=grounds)
    made = stage("deciding", w, at(date(2026, 6, 2)))
    upload_experts(made)
    return made


def issuing() -> Stage:
    """The notice has ended clean; the officer has proposed to issue, and a second person must look."""
    w = f.world()
    f.cleared_decision(w, scores=("92", "85", "60"))
    with f.on(f.ISSUED, 9):
        propose_batch(w.decision, "ISSUE", by=w.officer, document_no="鲁科字〔2026〕29号")
    return stage("issuing", w, at(f.ISSUED))


def contracting() -> Stage:
    """Awards are issued: two projects to be signed, a reserve, certificates to be issued."""
    w = f.world(quota=2)
    f.issued_decision(w, scores=("92", "88", "85"))
    return stage("contracting", w, at(f.ISSUED, 14))


def delivering() -> Stage:
    """Under contract: the first payment may be asked for, the milestone's evidence is there."""
    w = f.world()
    project = f.active_project(w)
    f.store_file(project.milestones.get(), "TEST_REPORT", project.pi)
    return stage("delivering", w, at(date(2027, 5, 20)))


def accepting() -> Stage:
    """The panel has signed; the leader has to approve."""
    w = f.world()
    project = f.active_project(w)
    f.passed_milestone(w, project.milestones.get(), day=date(2027, 6, 1))
    f.signed_acceptance(w, project, day=date(2027, 7, 1))
    return stage("accepting", w, at(date(2027, 7, 1), 15))


def racing() -> Stage:
    """A race of two lanes: the first leg is being checked, one lane has its score."""
    w = f.world(f.RACE_21)
    race = f.running_race(w, 2)
    for lane in race.lanes.order_by("no"):
        f.report(w, lane.project.milestones.get(no=1), 40, 20, day=date(2027, 7, 2))
    with f.on(date(2027, 7, 2)):
        perform(RaceFlow, race, "begin_check", by=w.officer)
        perform(RaceFlow, race, "record_result", by=w.officer, lane=race.lanes.get(no=1).pk, score="88")
    return stage("racing", w, at(date(2027, 7, 2), 11))


STAGES: dict[str, Callable[[], Stage]] = {
    build.__name__: build
    for build in (
        drafting, collecting, appraising, bidding, checking, judging, sharing, defending, concluding, deciding, issuing, contracting, delivering,
        accepting, racing,
    )
}  # fmt: skip
