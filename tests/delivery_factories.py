"""What tests of award and delivery start from: an agency with its people, teams, a concluded list.

Days follow the worked timeline of domain 2.17. Everything is made through the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from accounts.models import Agency, Division, Organisation, Role, RoleGrant, User
from accounts.uscc import generate_uscc
from attachments.models import Attachment
from projects.models import (
    Acceptance,
    AwardDecision,
    Bid,
    Challenge,
    ChallengeList,
    Indicator,
    IndicatorResponse,
    Milestone,
    Project,
    PublicNotice,
    Race,
    RuleSet,
)
from projects.presets import PRESETS
from projects.rules import Rules, StageRule
from review.models import Assignment, Expert, ReviewRound
from tests.wording import comment_of
from workflows import clock
from workflows.acceptance import AcceptanceFlow
from workflows.assignment import AssignmentFlow
from workflows.award import AwardDecisionFlow
from workflows.bid import BidFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI, travel
from workflows.decision_batch import DecisionBatchFlow, propose_batch
from workflows.engine import perform, start
from workflows.formal_check import FormalCheckFlow
from workflows.milestone import MilestoneFlow
from workflows.notice import NoticeFlow
from workflows.panel_opinion import members_who_owe
from workflows.project import ProjectFlow
from workflows.race import RaceFlow
from workflows.review_flags import flags_of, unsettled_flags
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow
from workflows.state import SYSTEM
from workflows.sweeps import sweep_all

_serial = count(1)
PUBLISHED = date(2026, 3, 2)
BID_CLOSE, REC_CLOSE = date(2026, 4, 21), date(2026, 4, 22)
DECIDING, NOTICED, ISSUED, SIGNED = date(2026, 5, 25), date(2026, 6, 1), date(2026, 6, 10), date(2026, 6, 12)
COMMENT = (
    "目标明确，路线可行，团队与条件具备，里程碑设置合理，经费与任务匹配，预期效益较好，风险总体可控，建议按程序推进。"
)
REASON = "依据会议纪要和核查事实作出本决定"
AGREE = {"agree": True}


@contextmanager
def on(day: date, hour: int = 10) -> Iterator[None]:
    """The clock stands at an hour of a day in Shanghai."""
    with travel(datetime.combine(day, time(hour), SHANGHAI)):
        yield


def organisation(name: str, **kwargs: Any) -> Organisation:
    n = next(_serial)
    profile = {"legal_person": "法人", "contact_phone": "0531-0001", **kwargs}
    return Organisation.objects.create(
        uscc=generate_uscc(f"MA{n:07d}"), name=f"{name}{n}", kind=Organisation.Kind.ENTERPRISE, **profile
    )


def person(name: str, *roles: Role, org: Organisation | None = None, agency: Agency | None = None) -> User:
    """A user with roles in one scope."""
    n = next(_serial)
    user = User.objects.create(username=f"u{n}", name=f"{name}{n}", organisation=org, phone="13800000000")
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, agency=agency, organisation=org if agency is None else None)
    return user


@dataclass
class Team:
    organisation: Organisation
    admin: User
    pi: User


@dataclass
class World:
    """One agency with its people and one list."""

    agency: Agency
    officer: User
    second_officer: User
    lead: User
    finance: User
    supervisor: User
    recommender: Organisation
    rec_user: User
    demander: Organisation
    dem_user: User
    rule_set: RuleSet
    teams: list[Team] = field(default_factory=list)

    @property
    def challenge_list(self) -> ChallengeList:
        return self.agency.challenge_lists.get()

    @property
    def challenge(self) -> Challenge:
        return self.challenge_list.challenges.get()

    @property
    def race(self) -> Race:
        return Race.objects.get(challenge__challenge_list__agency=self.agency)

    @property
    def decision(self) -> AwardDecision:
        return AwardDecision.objects.get(challenge_list__agency=self.agency)

    @property
    def notice(self) -> PublicNotice:
        found = self.agency.notices.order_by("-pk").first()
        assert found is not None
        return found

    @property
    def projects(self) -> list[Project]:
        return list(self.agency.projects.order_by("number"))


def world(rules: Rules | None = None, *, quota: int | None = None) -> World:
    """With a panel of three, whose mean is the score: a test says which score a bid gets."""
    rules = rules or PRESETS["OPEN_CHALLENGE"]
    rules = replace(
        rules, panel_seats={"TECHNICAL": 3}, standby_per_seat_type=0, aggregation="mean", preview_days=0,
        quota_per_challenge=quota or rules.quota_per_challenge,
    )  # fmt: skip
    n = next(_serial)
    agency = Agency.objects.create(
        code=f"ag{n}", organisation=organisation("科技厅"), short_name="省厅", document_mark=f"鲁{n}科字"
    )
    recommender, demander = organisation("市科技局", is_recommender=True), organisation("需求企业")
    rule_set = RuleSet.objects.create(
        agency=agency, code=f"r{n}", name=rules.programme, mode=rules.mode, data=rules.to_data(),
        published_at=datetime(2026, 1, 5, tzinfo=SHANGHAI),
    )  # fmt: skip
    return World(
        agency=agency,
        officer=person("经办", Role.OFF, agency=agency),
        second_officer=person("复核", Role.OFF, agency=agency),
        lead=person("厅长", Role.LEAD, agency=agency),
        finance=person("财务", Role.FIN, agency=agency),
        supervisor=person("监督", Role.SUP, agency=agency),
        recommender=recommender,
        rec_user=person("推荐", Role.REC, org=recommender),
        demander=demander,
        dem_user=person("需求", Role.DEM, org=demander),
        rule_set=rule_set,
    )


def fresh(w: World) -> World:
    """The same world for one more test: what the last one added to it in memory is forgotten."""
    return replace(w, teams=list(w.teams))


def race_rules(*stages: tuple[int, int, int], rule: str = "TOP_K", publicity_wd: int = 5) -> Rules:
    """(lanes, lane_yuan, keep) of each stage, twelve months each."""
    return replace(
        PRESETS["HORSE_RACE"],
        publicity_wd=publicity_wd,
        race_stages=tuple(StageRule(12, lanes, yuan, rule, keep) for lanes, yuan, keep in stages),
    )


RACE_321 = race_rules((3, 1_000_000, 2), (2, 1_500_000, 1), (1, 4_000_000, 1))
RACE_21 = race_rules((2, 1_200_000, 1), (1, 3_600_000, 1))


def team(w: World) -> Team:
    org = organisation("揭榜单位")
    found = Team(org, person("管理员", Role.ORG, org=org), person("负责人", org=org))
    w.teams.append(found)
    return found


def published_list(w: World, **kwargs: Any) -> ChallengeList:
    """An open call."""
    found = appraised_list(w, **kwargs)
    with on(date(2026, 2, 2)):
        perform(ChallengeListFlow, found, "approve", by=w.lead)
    with on(PUBLISHED):
        perform(ChallengeListFlow, found, "publish", by=w.lead)
    return found


def appraised_list(w: World, *, challenges: int = 1, cap_yuan: int = 10_000_000, lanes: int = 1) -> ChallengeList:
    """A list with complete challenges: throughput ≥ (must), latency ≤ (must), model delivered (optional)."""
    n = next(_serial)
    with on(date(2026, 2, 2)):
        found = start(
            ChallengeListFlow,
            ChallengeList(
                agency=w.agency, division=Division.objects.create(agency=w.agency, name=f"高新处{n}"),
                rule_set=w.rule_set, number=f"SD-2026-{n}", title="数字经济揭榜挂帅", year=2026,
                contact="0531-0000",
                bid_close_at=datetime.combine(BID_CLOSE, time(17), SHANGHAI),
                rec_close_at=datetime.combine(REC_CLOSE, time(15), SHANGHAI),
            ),
            by=w.officer,
        )  # fmt: skip
        for i in range(1, challenges + 1):
            challenge = start(
                ChallengeFlow,
                Challenge(
                    challenge_list=found, number=f"{found.number}-{i:03d}", title=f"存储引擎攻关{i}",
                    field="SOFTWARE",
                    demander=w.demander, background="背景", content="内容", months=24, cap_yuan=cap_yuan,
                    ip_terms="归揭榜方所有", lanes=lanes,
                ),
                by=w.officer,
            )  # fmt: skip
            add_indicators(challenge)
        for step in ("open_collection", "appraise"):
            perform(ChallengeListFlow, found, step, by=w.officer)
    return found


def add_indicators(challenge: Challenge) -> None:
    rows: list[dict[str, Any]] = [
        {
            "name": "单节点写入吞吐",
            "comparator": ">=",
            "target": 100,
            "unit": "万次/秒",
            "milestone_values": {"1": "30"},
        },
        {
            "name": "写入延迟",
            "comparator": "<=",
            "target": 10,
            "unit": "毫秒",
            "milestone_values": {"1": "30"},
        },
        {"name": "示范应用", "comparator": "bool", "target": 1, "is_must": False},
    ]
    for no, row in enumerate(rows, start=1):
        Indicator.objects.create(challenge=challenge, no=no, check_method="第三方测试", **row)


def store_file(holder: Any, slot: str, by: User) -> Attachment:
    n = next(_serial)
    return Attachment.objects.create(
        holder_type=ContentType.objects.get_for_model(holder), holder_id=holder.pk, slot=slot,
        file_name=f"{slot}.pdf", content_type="application/pdf", size=1000, sha256=f"{n:064x}",
        object_key=f"k{n}", status=Attachment.Status.STORED, uploaded_by=by,
    )  # fmt: skip


def complete_draft(w: World, challenge: Challenge, t: Team, *, title: str = "尚未提交的申请", **more: Any) -> Bid:
    """A bid that only has to be handed in."""
    fields: dict[str, Any] = {"requested_yuan": 1_500_000, "summary": "摘要", "route": "路线", "team": "团队", **more}
    bid = start(
        BidFlow,
        Bid(
            challenge=challenge, organisation=t.organisation, pi=t.pi, recommender=w.recommender, title=title, **fields
        ),
        by=t.pi,
    )
    for indicator in challenge.indicators.all():
        IndicatorResponse.objects.create(bid=bid, indicator=indicator, promised=indicator.target)
    for slot in ("PROPOSAL", "PLEDGE"):
        store_file(bid, slot, t.pi)
    return bid


def hand_over(w: World, bid: Bid, t: Team) -> None:
    """From the draft as far as the rules ask: unit and recommender."""
    perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)
    perform(BidFlow, bid, "unit_endorse", by=t.admin, matching_confirmed=True)
    if bid.state == Bid.State.REC_REVIEW:
        perform(BidFlow, bid, "recommend", by=w.rec_user, endorsement="同意推荐")


def submitted_bid(w: World, challenge: Challenge, *, title: str = "", **fields: Any) -> Bid:
    """A complete bid of a new team, endorsed by unit and recommender before the close."""
    t = team(w)
    with on(date(2026, 4, 10)):
        bid = complete_draft(
            w, challenge, t, title=title or f"高吞吐存储引擎{len(w.teams)}",
            **{"requested_yuan": 2_000_000, "route_tag": f"路线{len(w.teams)}", **fields},
        )  # fmt: skip
        hand_over(w, bid, t)
    return bid


def experts(w: World) -> list[User]:
    """Three technical experts of a third unit, as many as the panel has seats."""
    found = []
    for _ in range(3):
        unit = organisation("评审大学")
        user = person("专家", org=unit)
        Expert.objects.create(
            agency=w.agency,
            user=user,
            organisation=unit,
            seat_type="TECHNICAL",
            title="教授",
            fields=["SOFTWARE"],
        )
        found.append(user)
    return found


def checked(w: World, bid: Bid) -> None:
    """The formal check, by two people."""
    perform(BidFlow, bid, "begin_formal_check", by=w.officer)
    perform(FormalCheckFlow, bid.formal_check, "check", by=w.officer, result="PASS")
    perform(FormalCheckFlow, bid.formal_check, "confirm", by=w.second_officer)


def points(w: World, total: Decimal) -> dict[str, Decimal]:
    """Points per criterion, in half-point steps, that sum to `total`."""
    left, found = total, {}
    for criterion in w.rule_set.rules.criteria:
        if not criterion.veto:
            found[f"score_{criterion.code.lower()}"] = given = min(left, Decimal(criterion.max_score))
            left -= given
    return found


def reviewed(w: World, challenge: Challenge, scores: dict[int, Decimal], comment: str = "") -> None:
    """One closed round: every expert gives each bid (by id) its score; `comment`: what all of them write."""
    people = {user.pk: user for user in experts(w)}
    row = ReviewRound(challenge=challenge, criteria=[], secretary=person("秘书", Role.SEC, agency=w.agency))
    start(ReviewRoundFlow, row, by=w.officer)
    perform(ReviewRoundFlow, row, "begin_draw", by=w.officer, witness=w.supervisor.pk)
    perform(ReviewRoundFlow, row, "draw", by=w.supervisor)
    seats = list(row.assignments.order_by("alias"))
    for seat in seats:
        perform(AssignmentFlow, seat, "accept", by=people[seat.expert.user_id])
        perform(
            AssignmentFlow,
            seat,
            "pledge",
            by=people[seat.expert.user_id],
            confidentiality=True,
            integrity=True,
        )
    perform(ReviewRoundFlow, row, "name_chair", by=row.secretary, chair=seats[0].pk)
    perform(ReviewRoundFlow, row, "open_preview", by=row.secretary)
    perform(ReviewRoundFlow, row, "open_scoring", by=row.secretary, scoring_until="2026-05-24 17:00")
    for seat in seats:
        by = people[seat.expert.user_id]
        for n, sheet in enumerate(seat.sheets.order_by("pk")):
            words = comment or comment_of(seat.alias, n)
            opinion = {"recommendation": "RECOMMEND", "comment": words, "veto": False}
            perform(ScoreSheetFlow, sheet, "submit", by=by, **points(w, scores[sheet.bid_id]), **opinion)
        perform(AssignmentFlow, seat, "submit_all", by=by)
    perform(ReviewRoundFlow, row, "collate", by=row.secretary)
    close_round(row, seen_by=w.supervisor, opinion=comment or COMMENT)


def settle_flags(row: ReviewRound, by: User) -> None:
    """The panel discusses every outlier and split that nobody was asked about."""
    for flag in unsettled_flags(row):
        note = "评审组逐条讨论了该分歧，认为系专家侧重不同，各自评分予以保留。"
        perform(ReviewRoundFlow, row, "discuss_flag", by=by, flag=flag.key, note=note)


def chair_of(row: ReviewRound) -> User:
    return Assignment.objects.select_related("expert__user").get(pk=row.chair_id).expert.user


def sign_round(row: ReviewRound, *, seen_by: User, opinion: str) -> None:
    """The chair drafts, all members sign, the supervisor has seen it."""
    until = clock.now() + timedelta(days=1)
    perform(ReviewRoundFlow, row, "draft_opinion", by=chair_of(row), panel_opinion=opinion, sign_until=until)
    members = row.assignments.filter(alias__in=members_who_owe(row)).select_related("expert__user")
    for seat in members.order_by("alias"):
        perform(AssignmentFlow, seat, "sign_opinion", by=seat.expert.user)
    perform(ReviewRoundFlow, row, "see_opinion", by=seen_by)


def close_round(row: ReviewRound, *, seen_by: User, opinion: str, **inputs: Any) -> ReviewRound:
    """Flags are settled, the opinion is signed, the chair closes."""
    settle_flags(row, chair_of(row))
    sign_round(row, seen_by=seen_by, opinion=opinion)
    considered = {"flags_considered": True} if flags_of(row) else {}
    return perform(ReviewRoundFlow, row, "close", by=chair_of(row), **{**considered, **inputs})


def proposed_decision(
    w: World, *, scores: tuple[str, ...] = ("90",), cap_yuan: int = 10_000_000, lanes: int = 1,
    requested_yuan: int = 2_000_000, comment: str = "", **bid: Any,
) -> AwardDecision:  # fmt: skip
    """One challenge with a bid for every score; the list goes into decision on `DECIDING`.

    Outcomes follow from the rules: the first `quota` bids from 75 points on are recommended, the next
    one is the reserve, all others are not recommended.
    """
    challenge_list = published_list(w, cap_yuan=cap_yuan, lanes=lanes)
    challenge = challenge_list.challenges.get()
    bids = [submitted_bid(w, challenge, requested_yuan=requested_yuan, **bid) for _ in scores]
    with on(REC_CLOSE, 16):
        perform(ChallengeListFlow, challenge_list, "close", by=SYSTEM)
    with on(date(2026, 4, 29)):
        for bid in bids:
            checked(w, bid)
        perform(ChallengeListFlow, challenge_list, "begin_review", by=w.officer)
    with on(date(2026, 5, 20)):
        challenge.refresh_from_db()
        points_of = {bid.pk: Decimal(score) for bid, score in zip(bids, scores, strict=True)}
        reviewed(w, challenge, points_of, comment)
    with on(DECIDING):
        perform(ChallengeListFlow, challenge_list, "begin_decision", by=w.officer)
    return w.decision


def race_decision(w: World, lanes: int, *, cap_yuan: int = 10_000_000) -> AwardDecision:
    scores = tuple(str(95 - i) for i in range(lanes))
    return proposed_decision(w, scores=scores, cap_yuan=cap_yuan, lanes=lanes)


def carried_out(w: World, kind: str, **words: Any) -> AwardDecision:
    """A batch step of the decision: the officer proposes it, the leader carries it out."""
    batch = propose_batch(w.decision, kind, by=w.officer, **words)
    perform(DecisionBatchFlow, batch, "approve", by=w.lead)
    return w.decision


def noticed_decision(w: World, **kwargs: Any) -> AwardDecision:
    """Through the meetings; the notice runs 2026-06-01 … 06-05."""
    decision = w.decision if AwardDecision.objects.filter(challenge_list__agency=w.agency).exists() else None
    decision = decision or proposed_decision(w, **kwargs)
    with on(DECIDING):
        perform(AwardDecisionFlow, decision, "submit_to_joint_meeting", by=w.officer)
        perform(AwardDecisionFlow, decision, "submit_to_office_meeting", by=w.officer, minutes="联席会一致同意")
    with on(NOTICED, 9):
        carried_out(w, "PUBLICISE", minutes="办公会审议通过")
        perform(NoticeFlow, w.notice, "publish", by=w.officer)
    return w.decision


def cleared_decision(w: World, **kwargs: Any) -> AwardDecision:
    noticed_decision(w, **kwargs)
    with on(date(2026, 6, 6), 1):
        sweep_all()
    return w.decision


def issued_decision(w: World, **kwargs: Any) -> AwardDecision:
    cleared_decision(w, **kwargs)
    with on(ISSUED):
        carried_out(w, "ISSUE", document_no="鲁科字〔2026〕29号")
    return w.decision


def sign(w: World, project: Project, day: date = SIGNED) -> Project:
    """All signatures, in their order."""
    admin = next(t.admin for t in w.teams if t.pi.pk == project.pi_id)
    with on(day):
        perform(ProjectFlow, project, "sign_by_pi", by=project.pi, **AGREE)
        perform(ProjectFlow, project, "sign_by_unit", by=admin, **AGREE)
        if w.rule_set.rules.recommender_endorses:
            perform(ProjectFlow, project, "sign_by_recommender", by=w.rec_user, **AGREE)
        perform(ProjectFlow, project, "sign_by_agency", by=w.officer, **AGREE)
    return project


def active_project(w: World, **kwargs: Any) -> Project:
    issued_decision(w, **kwargs)
    return sign(w, w.projects[0])


def report_inputs(record: Milestone | Acceptance, values: tuple[object, ...]) -> dict[str, Any]:
    if isinstance(record, Milestone):
        numbers = record.indicators.order_by("indicator__no").values_list("indicator__no", flat=True)
        named = {f"actual_{no}": value for no, value in zip(numbers, values, strict=False)}
        return {
            "report": "本阶段工作按计划完成，测试数据见附件",
            "spent_yuan": 300000,
            "test_body": "省软件评测中心",
            **named,
        }
    numbers = [row["no"] for row in record.project.task_books.first().indicators]
    named = {f"measured_{no}": value for no, value in zip(numbers, values, strict=True)}
    return {"report": "任务书各项指标均已完成，详见总结报告", "spent_yuan": 1900000, **named}


def report(w: World, milestone: Milestone, *values: object, day: date) -> Milestone:
    """Hand in a milestone's report with measured values in the order of its indicators."""
    pi = milestone.project.pi
    with on(day):
        store_file(milestone, "TEST_REPORT", pi)
        perform(MilestoneFlow, milestone, "report", by=pi, **report_inputs(milestone, values))
    return milestone


def passed_milestone(w: World, milestone: Milestone, *, day: date, score: str = "85") -> Milestone:
    report(w, milestone, 40, 20, day=day)
    with on(day, 15):
        perform(MilestoneFlow, milestone, "begin_check", by=w.officer)
        perform(MilestoneFlow, milestone, "pass_check", by=w.lead, score=score, opinion="指标达到节点要求")
    return milestone


PANEL = [{"name": f"专家{name}", "unit": f"第{name}大学"} for name in "甲乙丙丁戊"]


def signed_acceptance(
    w: World, project: Project, *values: object, day: date, result: str = "PASSED", score: str = "88"
) -> Acceptance:
    """From the application to the panel's opinion, all on one day."""
    with on(day):
        if project.state == Project.State.ACTIVE:
            perform(ProjectFlow, project, "begin_closing", by=project.pi)
        acceptance = project.acceptance
        store_file(acceptance, "ACCEPTANCE", project.pi)
        inputs = report_inputs(acceptance, values or (120, 8, 1))
        perform(AcceptanceFlow, acceptance, "apply", by=project.pi, **inputs)
        perform(AcceptanceFlow, acceptance, "check_material", by=w.officer)
        perform(AcceptanceFlow, acceptance, "schedule", by=w.officer, meeting_on=day, panel=PANEL)
        perform(AcceptanceFlow, acceptance, "test", by=w.officer)
        perform(AcceptanceFlow, acceptance, "hold_panel", by=w.officer)
        perform(
            AcceptanceFlow, acceptance, "sign_opinion", by=w.officer, score=score, result=result,
            opinion="资料齐全，逐项测试，同意验收结论",
        )  # fmt: skip
    return acceptance


def commit_sql(sql: str, *params: object) -> None:
    """Execute a statement past the engine, and judge the deferred triggers as COMMIT would."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def run_notice(w: World, day: date) -> date:
    """Publish the latest notice on a day, let it end, and return the day after."""
    with on(day):
        perform(NoticeFlow, w.notice, "publish", by=w.officer)
    after = w.notice.ends_on + timedelta(days=1)  # type: ignore[operator]
    with on(after, 1):
        sweep_all()
    return after


def accepted(w: World, project: Project, *values: object, day: date) -> date:
    """Acceptance passed and its notice over; returns the day after."""
    acceptance = signed_acceptance(w, project, *values, day=day)
    with on(day, 16):
        perform(AcceptanceFlow, acceptance, "approve", by=w.lead)
    return run_notice(w, day)


def running_race(w: World, lanes: int, *, cap_yuan: int = 10_000_000, day: date = date(2026, 7, 1)) -> Race:
    """Decided, signed by every lane, and begun."""
    race_decision(w, lanes, cap_yuan=cap_yuan)
    issued_decision(w)
    for project in w.projects:
        sign(w, project)
    race = w.race
    with on(day):
        perform(RaceFlow, race, "begin", by=w.lead)
    return race


def check_stage(
    w: World, race: Race, values: dict[int, tuple[object, ...]], scores: dict[int, str], *, day: date
) -> None:
    """Report the measured values of each lane, score and decide the stage on one day."""
    for no, measured in values.items():
        lane = race.lanes.get(no=no)
        report(w, lane.project.milestones.get(no=race.stage_no), *measured, day=day)
    with on(day, 14):
        perform(RaceFlow, race, "begin_check", by=w.officer)
        for no, score in scores.items():
            perform(RaceFlow, race, "record_result", by=w.officer, lane=race.lanes.get(no=no).pk, score=score)
        perform(RaceFlow, race, "decide", by=w.lead)
