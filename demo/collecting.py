"""Technical demands of one list: six are written, five come in, some pass the panel, two become one challenge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from accounts.models import Organisation, Role, User
from demo import figures
from demo.cast import Office
from demo.stage import Stage
from demo.topics import ListPlan, Topic
from projects.models import Challenge, ChallengeList, Demand, DemandIndicator
from projects.numbering import next_demand_number
from review.models import DemandScore, Expert
from workflows.demand import DemandFlow
from workflows.demand_merge import merge_demands
from workflows.engine import perform, start
from workflows.permissions import people_with
from workflows.unit_of_work import unit_of_work

#: What each demand is about: the whole topic, the same need elsewhere, parts of it, something smaller.
SUBJECTS = (
    "{}", "{}（二期产线）", "{}配套测试平台", "{}在存量设备上的移植", "{}操作培训系统", "{}运行数据接口规范",
)  # fmt: skip
IP_TERMS = "项目形成的知识产权归揭榜方所有，需求方在同等条件下享有优先实施权。"


def collect(stage: Stage, plan: ListPlan, row: ChallengeList, office: Office, publish: date) -> Iterator[datetime]:
    """From the call to its close; who is late stays with a draft."""
    rows: list[Demand] = []
    units = _units(stage, plan.topics[0])
    for i, unit in enumerate(units):
        yield stage.after(publish, -37, 9 + i)
        rows.append(_draft(stage, plan.topics[0], row, unit, i))
    for i, day in ((0, -36), (1, -35), (2, -34), (3, -31), (5, -31)):
        yield stage.after(publish, day, 10 + i)
        perform(DemandFlow, rows[i], "submit", by=_demander(rows[i]), unsolved=True, truthful=True)
        if i in (0, 1, 5):
            yield stage.after(publish, day, 16, i)
            _endorse(rows[i])
        elif i == 2:
            yield stage.after(publish, -32)
            reason = "技术目标与考核指标不对应，请补充可量化的测试条件后重新提交。"
            perform(DemandFlow, rows[2], "send_back", by=_recommender(rows[2]), reason=reason)
    yield stage.after(publish, -27)
    perform(DemandFlow, rows[2], "submit", by=_demander(rows[2]), unsolved=True, truthful=True)
    for i, day in ((3, -26), (2, -25)):
        yield stage.after(publish, day)
        _endorse(rows[i])


def judge(stage: Stage, plan: ListPlan, row: ChallengeList, office: Office, publish: date) -> Iterator[datetime]:
    """The panel sits; what passes goes into one challenge, the rest is kept on file."""
    topic, rows = plan.topics[0], list(row.demands.exclude(submitted_at=None).order_by("number"))
    yield stage.after(publish, -19)
    for demand, points in zip(rows, (23, 21, 12, 0, 18), strict=True):
        if points:
            _appraise(office, demand, points)
    yield stage.after(publish, -18)
    challenge = merge_demands(rows[:2], by=office.officer, title=topic.title)
    _complete(challenge, topic, is_race=plan.mode == "HORSE_RACE")
    yield stage.after(publish, -15)
    _appraise(office, rows[3], 20)
    yield stage.after(publish, -14)
    rows[3].refresh_from_db()
    perform(DemandFlow, rows[3], "merge", by=office.officer, challenge=challenge.pk)
    for i, reason in ((2, "论证未通过，按程序归档。"), (4, "与本批榜题关联度较低，留作下一批次储备。")):
        perform(DemandFlow, rows[i], "archive", by=office.officer, reason=reason)


def _units(stage: Stage, topic: Topic) -> list[Organisation]:
    """The topic's demander first; others write in as well."""
    first = stage.cast.demanders[topic.demander]
    others = [unit for unit in stage.cast.demanders.values() if unit.pk != first.pk]
    at = first.pk % (len(others) - len(SUBJECTS))
    return [first, *others[at : at + len(SUBJECTS) - 1]]


def _draft(stage: Stage, topic: Topic, row: ChallengeList, unit: Organisation, i: int) -> Demand:
    recommender = stage.cast.recommenders[(unit.pk + i) % len(stage.cast.recommenders)][0]
    user = people_with(Role.DEM, organisation=unit.pk)[0]
    with unit_of_work():
        demand = start(
            DemandFlow,
            Demand(
                challenge_list=row, number=next_demand_number(row), demander=unit, recommender=recommender,
                title=SUBJECTS[i].format(topic.title), field=topic.field, months=min(topic.months, 36),
                problem="生产一线长期受制于该技术瓶颈，本单位曾组织两轮攻关，关键指标始终达不到使用要求。",
                goal="形成可在真实产线稳定运行的成套技术，经第三方测试达到下列考核指标，并在本单位完成验证应用。",
                scenario=topic.scenario, expected_yuan=topic.cap * 10_000 // (1 + i % 3),
                own_yuan=topic.cap * 5_000, solver_cash_yuan=topic.cap * 2_000, ip_terms=IP_TERMS,
                bidder_conditions="境内注册的法人单位均可揭榜，可联合申报，须覆盖全部考核指标。",
                contact_name=user.name, contact_phone=user.phone,
            ),
            by=user,
        )  # fmt: skip
    # The second asks for less of the same: the challenge keeps the stricter figure.
    factor = "0.95" if i == 1 else "1"
    for no, (name, comparator, target, unit_name, is_must) in enumerate(topic.indicators[: 4 - i % 3], start=1):
        value = Decimal(target) * Decimal(factor) if comparator == ">=" else Decimal(target)
        DemandIndicator.objects.create(
            demand=demand, no=no, name=name, comparator=comparator, target=value, unit=unit_name, is_must=is_must,
            check_method="第三方测试与现场验证", evidence="有资质机构的测试报告",
        )  # fmt: skip
    return demand


def _demander(demand: Demand) -> User:
    return people_with(Role.DEM, organisation=demand.demander_id)[0]


def _recommender(demand: Demand) -> User:
    return people_with(Role.REC, organisation=demand.recommender_id)[0]


def _endorse(demand: Demand) -> None:
    text = "需求真实、指标可考核，需求单位投入有保障，同意推荐。"
    perform(DemandFlow, demand, "endorse", by=_recommender(demand), endorsement=text)


def _appraise(office: Office, demand: Demand, points: int) -> None:
    """Five experts around `points` in each dimension."""
    pool = Expert.objects.filter(agency=office.agency, seat_type="TECHNICAL", fields__contains=[demand.field])
    for i, expert in enumerate(pool.order_by("pk")[:5]):
        given = [max(0, min(25, points + (i + k) % 4 - 2)) for k in range(4)]
        DemandScore.objects.create(
            demand=demand,
            expert=expert,
            necessity=given[0],
            innovation=given[1],
            feasibility=given[2],
            benefit=given[3],
        )
    passed = points * 4 >= 65
    opinion = (
        "需求来自生产一线，目标明确，指标可测，具备攻关条件。" if passed else "创新性不足，市场已有成熟产品可以选购。"
    )
    perform(DemandFlow, demand, "appraise", by=office.officer, result="PASS" if passed else "FAIL", opinion=opinion)


def _complete(challenge: Challenge, topic: Topic, *, is_race: bool) -> None:
    """The officer finishes the draft: scale of money, lanes, targets at the milestones."""
    challenge.cap_yuan, challenge.lanes = topic.cap * 10_000, 3 if is_race else 1
    challenge.months, challenge.ip_terms = topic.months, IP_TERMS
    challenge.save()
    for indicator in challenge.indicators.all():
        shares = ["0.3", "0.7"] if is_race else ["0.5"]
        indicator.milestone_values = figures.milestone_values(indicator.comparator, indicator.target, shares)
        indicator.save()
