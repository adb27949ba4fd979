"""From draft to decision: a list is posted, bid for, checked, reviewed and decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from demo import figures, words
from demo.cast import Bidder, Office
from demo.collecting import collect, judge
from demo.delivery import deliver
from demo.extending import extend, hand_over
from demo.racing import run_race
from demo.reconsidering import reconsider
from demo.reviewing import review
from demo.stage import Stage
from demo.timetable import together
from demo.topics import ListPlan, Topic
from projects.models import Bid, Challenge, ChallengeList, Indicator, IndicatorResponse, Objection, PublicNotice
from workflows.award import AwardDecisionFlow
from workflows.bid import BidFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.formal_check import FormalCheckFlow
from workflows.objection import ObjectionFlow
from workflows.state import SYSTEM

State = ChallengeList.State
IP_TERMS = "项目形成的知识产权归揭榜方所有，需求方在同等条件下享有优先实施权；应用于公共安全的，按国家有关规定执行。"


def list_story(stage: Stage, plan: ListPlan) -> Iterator[datetime]:
    """The whole life of one list; where it stands today follows from its day of publication."""
    office = stage.cast.offices[plan.agency]
    publish = stage.today + timedelta(days=plan.publish_in_days)
    yield stage.after(publish, -45)
    row = _draft(stage, plan, office, publish)
    yield stage.after(publish, -38)
    perform(ChallengeListFlow, row, "open_collection", by=office.officer)
    if plan.collects:
        yield from collect(stage, plan, row, office, publish)
    else:
        yield stage.after(publish, -30)
        for n, topic in enumerate(plan.topics, 1):
            _challenge(stage, plan, row, n, topic, office)
    yield stage.after(publish, -20)
    row.refresh_from_db()
    perform(ChallengeListFlow, row, "appraise", by=office.officer)
    if plan.collects:
        yield from judge(stage, plan, row, office, publish)
    challenges = list(row.challenges.order_by("number"))
    yield stage.after(publish, -12)
    perform(ChallengeListFlow, row, "show_draft", by=office.officer)
    yield stage.after(publish, -3)
    perform(ChallengeListFlow, row, "approve", by=office.lead)
    yield stage.after(publish, 0)
    perform(ChallengeListFlow, row, "publish", by=office.lead)
    yield from _bidding(stage, plan, challenges, publish)
    late = extend(stage, office, row, publish) if plan.has_extension else iter(())
    yield from together([_close(stage, row, publish), late])
    yield from _formal_checks(stage, office, row, publish)
    yield stage.after(publish, 40)
    perform(ChallengeListFlow, row, "begin_review", by=office.officer)
    hard = {c.pk for c, topic in zip(challenges, plan.topics, strict=True) if topic.is_too_hard}
    yield from together([review(stage, office, challenges, publish, hard), reconsider(stage, office, row, publish)])
    yield stage.after(publish, 60)
    perform(ChallengeListFlow, row, "begin_decision", by=office.officer)
    yield from _decide(stage, plan, office, row, publish)
    if plan.mode == "HORSE_RACE":
        yield from run_race(stage, office, challenges[0], publish)
    else:
        yield from deliver(stage, office, row, publish)


def _draft(stage: Stage, plan: ListPlan, office: Office, publish: date) -> ChallengeList:
    return start(
        ChallengeListFlow,
        ChallengeList(
            agency=office.agency, division=office.division, number=plan.code, title=plan.title, year=publish.year,
            rule_set=office.rule_sets[f"{plan.mode}_COLLECTING" if plan.collects else plan.rules or plan.mode],
            demand_close_at=stage.after(publish, -22, 17) if plan.collects else None,
            bid_close_at=stage.after(publish, 30, 17), rec_close_at=stage.after(publish, 31, 15),
            contact=office.agency.contact, quota_target=len(plan.topics),
            introduction="面向产业一线的真实技术需求公开张榜，不设年龄、学历、职称和注册年限门槛，谁有本事谁揭榜。",
        ),
        by=office.officer,
    )  # fmt: skip


def _challenge(stage: Stage, plan: ListPlan, row: ChallengeList, n: int, topic: Topic, office: Office) -> Challenge:
    is_race = plan.mode == "HORSE_RACE"
    challenge = start(
        ChallengeFlow,
        Challenge(
            challenge_list=row, number=f"{plan.code}-{n:03d}", title=topic.title, field=topic.field,
            demander=stage.cast.demanders[topic.demander], months=topic.months, cap_yuan=topic.cap * 10_000,
            background="需求单位在生产一线长期受制于该技术瓶颈，曾组织两轮自主攻关未能突破，现面向全国张榜求解。",
            content="完成总体方案、关键技术攻关、样机研制与真实场景验证，形成可复制推广的成套技术和标准。",
            scenario=topic.scenario, ip_terms=IP_TERMS, lanes=3 if is_race else 1,
            bidder_conditions="中国境内注册的法人单位；牵头 1 家、联合不超过 4 家；须覆盖榜题全部考核指标。",
        ),
        by=office.officer,
    )  # fmt: skip
    shares = ["0.3", "0.7"] if is_race else ["0.5"]
    for no, (name, comparator, target, unit, is_must) in enumerate(topic.indicators, start=1):
        Indicator.objects.create(
            challenge=challenge, no=no, name=name, comparator=comparator, target=Decimal(target), unit=unit, is_must=is_must,
            check_method="第三方测试报告与现场验证",
            milestone_values=figures.milestone_values(comparator, Decimal(target), shares),
        )  # fmt: skip
    return challenge


def _bidding(stage: Stage, plan: ListPlan, challenges: list[Challenge], publish: date) -> Iterator[datetime]:
    """Teams hand in over four weeks; the last of each challenge stays a draft."""
    for challenge in challenges:
        challenge.refresh_from_db()  # open by now
    bidders = iter(stage.random.sample(stage.cast.bidders, len(stage.cast.bidders)))
    turns = [(challenge, n) for n in range(plan.bids) for challenge in challenges]
    topics = {challenge.pk: topic for challenge, topic in zip(challenges, plan.topics, strict=True)}
    for i, (challenge, n) in enumerate(turns):
        yield stage.after(publish, 4 + i * 24 // len(turns), 9, 5 * i)
        topic = topics[challenge.pk]
        is_last = n == plan.bids - 1
        text = _borrowed() if is_last and plan.has_copy else ""
        bid = _open_bid(stage, challenge, next(bidders), topic, topic.routes[n % len(topic.routes)], text)
        if is_last:
            continue
        hand_over(stage, bid)


def _borrowed() -> str:
    """Most of what a funded team wrote: somebody hands in the same work twice."""
    funded = Bid.objects.filter(state=Bid.State.AWARDED).order_by("pk")[0]
    return funded.route.replace("三、验证与风险：", "三、试验安排：").replace("需求单位生产现场", "本单位试验线")


def _close(stage: Stage, row: ChallengeList, publish: date) -> Iterator[datetime]:
    yield stage.after(publish, 31, 15, 1)
    perform(ChallengeListFlow, row, "close", by=SYSTEM)


def _open_bid(stage: Stage, challenge: Challenge, bidder: Bidder, topic: Topic, route: str, text: str = "") -> Bid:
    pi = stage.random.choice(bidder.investigators)
    share = stage.random.choice([70, 80, 85, 90, 100])
    bid = start(
        BidFlow,
        Bid(
            challenge=challenge, organisation=bidder.organisation, pi=pi,
            recommender=stage.random.choice(stage.cast.recommenders)[0],
            title=f"基于{route}的{topic.title}", summary=words.summary(topic.title, route, stage.random), route=text or words.route(route, stage.random),
            route_tag=route, team=words.team(stage.random), requested_yuan=topic.cap * 100 * share,
            matching_yuan=topic.cap * 5000,
        ),
        by=pi,
    )  # fmt: skip
    for indicator in challenge.indicators.all():
        promised = figures.toward(
            indicator.comparator, indicator.target, stage.random.choice(["1", "1", "1.05", "1.1"])
        )
        IndicatorResponse.objects.create(
            bid=bid, indicator=indicator, promised=promised, present_level="实验室样机已达要求值的六成左右",
            proof="自测报告与用户试用证明",
        )  # fmt: skip
    return bid


def _formal_checks(stage: Stage, office: Office, row: ChallengeList, publish: date) -> Iterator[datetime]:
    bids = list(Bid.objects.filter(challenge__challenge_list=row, state=Bid.State.SUBMITTED).order_by("pk"))
    for i, bid in enumerate(bids):
        yield stage.after(publish, 33 + i * 5 // len(bids), 9, 5 * i)
        perform(BidFlow, bid, "begin_formal_check", by=office.officer)
        refused = i == len(bids) - 1 and len(bids) > 6
        if refused:
            perform(FormalCheckFlow, bid.formal_check, "check", by=office.officer, result="REJECT", reason_codes=["F09"],
                    opinion="主要研究内容与已立项的在研项目重复，依据榜单第四条不予受理。")  # fmt: skip
        else:
            perform(
                FormalCheckFlow,
                bid.formal_check,
                "check",
                by=office.officer,
                result="PASS",
                reason_codes=[],
                opinion="",
            )
    yield stage.after(publish, 39)
    for bid in bids:
        perform(FormalCheckFlow, bid.formal_check, "confirm", by=office.second)


def _decide(stage: Stage, plan: ListPlan, office: Office, row: ChallengeList, publish: date) -> Iterator[datetime]:
    decision = row.award_decision
    yield stage.after(publish, 62)
    perform(AwardDecisionFlow, decision, "submit_to_joint_meeting", by=office.officer)
    yield stage.after(publish, 63)
    perform(AwardDecisionFlow, decision, "submit_to_office_meeting", by=office.officer,
            minutes="联席会审议了评审结果和经费建议，一致同意提交办公会。")  # fmt: skip
    yield stage.after(publish, 66)
    perform(AwardDecisionFlow, decision, "publicise", by=office.lead, minutes="办公会同意立项建议，按程序公示。")
    notice = decision.notices.order_by("-pk")[0]
    waiting = stage.run_notice(notice, office, publish + timedelta(days=67))
    yield next(waiting)
    ends = next(waiting)
    if plan.has_objection:
        assert notice.starts_on is not None  # it is running
        yield stage.at(notice.starts_on, 11)
        _object(stage, office, notice)
    yield ends
    next(waiting, None)
    yield max(stage.after(publish, 84), ends + timedelta(hours=9))
    perform(AwardDecisionFlow, decision, "issue", by=office.lead, document_no=_document_no(office, publish, plan))


def _document_no(office: Office, publish: date, plan: ListPlan) -> str:
    return f"{office.agency.document_mark}〔{publish.year}〕{int(plan.code[-2:]) + 20}号"


def _object(stage: Stage, office: Office, notice: PublicNotice) -> None:
    """A bidder that was not proposed objects by name; the case stays open."""
    objection = start(
        ObjectionFlow,
        Objection(
            number=f"{notice.number}-Y1", notice=notice, author_name=stage.cast.citizen.name,
            author_contact="13800000000", author_user=stage.cast.citizen,
            grounds="公示项目之一的联合单位与需求单位存在股权关系，请核查其是否符合揭榜条件。",
        ),
        by=stage.cast.citizen,
    )  # fmt: skip
    perform(ObjectionFlow, objection, "register", by=office.officer, name_is_real=True)
