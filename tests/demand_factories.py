"""A list that collects demands, and a demand in every state of its story. Made through the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from itertools import count
from typing import Any

from accounts.models import Division, Organisation, Role, User
from projects.models import ChallengeList, Demand, DemandIndicator
from projects.numbering import next_demand_number
from projects.presets import PRESETS
from projects.rules import Rules
from review.models import DemandScore, Expert
from tests.delivery_factories import World, on, organisation, person, world
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI
from workflows.demand import DemandFlow
from workflows.engine import perform, start

_serial = count(1)
CALLED, WRITTEN, ENDORSED = date(2026, 1, 5), date(2026, 1, 7), date(2026, 1, 9)
CLOSE = datetime.combine(date(2026, 1, 20), time(17), SHANGHAI)
APPRAISED, MERGED = date(2026, 1, 22), date(2026, 1, 26)
OPINION = "需求明确，指标可测，论证组一致同意"
CONFIRMED = {"unsolved": True, "truthful": True}


def collecting_rules(**changed: Any) -> Rules:
    return replace(PRESETS["OPEN_CHALLENGE"], collects_demands=True, **changed)


def collecting_world(**changed: Any) -> World:
    """An agency whose list has called for demands."""
    w = world(collecting_rules(**changed))
    with on(CALLED):
        n = next(_serial)
        row = start(
            ChallengeListFlow,
            ChallengeList(
                agency=w.agency, division=Division.objects.create(agency=w.agency, name=f"需求处{n}"),
                rule_set=w.rule_set, number=f"XQ-2026-{n}", title="征集需求的榜单", year=2026, contact="0531-0000",
                demand_close_at=CLOSE,
            ),
            by=w.officer,
        )  # fmt: skip
        perform(ChallengeListFlow, row, "open_collection", by=w.officer)
    return w


def another_demander() -> tuple[Organisation, User]:
    unit = organisation("另一需求企业")
    return unit, person("需求", Role.DEM, org=unit)


def draft(w: World, *, demander: Organisation | None = None, by: User | None = None, **facts: Any) -> Demand:
    """A complete draft with one must and one other indicator."""
    with on(WRITTEN):
        row = w.challenge_list
        demand = start(
            DemandFlow,
            Demand(
                **{
                    "challenge_list": row, "number": next_demand_number(row), "demander": demander or w.demander,
                    "recommender": w.recommender, "title": "高吞吐存储引擎", "field": "SOFTWARE", "problem": "写入跟不上采集",
                    "goal": "单节点持续写入", "expected_yuan": 2_000_000, "own_yuan": 3_000_000, "months": 24,
                    "bidder_conditions": "境内法人均可揭榜", "ip_terms": "归揭榜方所有", "contact_name": "张三",
                    "contact_phone": "13800000000", **facts,
                }
            ),
            by=by or w.dem_user,
        )  # fmt: skip
    add_indicator(demand, "单节点写入吞吐", ">=", 100, "万次/秒")
    add_indicator(demand, "示范应用", "bool", 1, is_must=False)
    return demand


def add_indicator(demand: Demand, name: str, comparator: str, target: Any, unit: str = "", *, is_must: bool = True,
                  high: Any = None) -> DemandIndicator:  # fmt: skip
    return DemandIndicator.objects.create(
        demand=demand, no=demand.indicators.count() + 1, name=name, comparator=comparator, target=target,
        target_high=high, unit=unit, is_must=is_must, check_method="第三方测试", evidence="检测报告",
    )  # fmt: skip


def submitted(w: World, *, by: User | None = None, **facts: Any) -> Demand:
    demand = draft(w, by=by, **facts)
    with on(WRITTEN, 11):
        perform(DemandFlow, demand, "submit", by=by or w.dem_user, unsolved=True, truthful=True)
    return demand


def endorsed(w: World, **facts: Any) -> Demand:
    demand = submitted(w, **facts)
    with on(ENDORSED):
        perform(DemandFlow, demand, "endorse", by=w.rec_user, endorsement="需求真实，同意推荐")
    return demand


def to_appraisal(w: World) -> None:
    """The window has closed; the list goes to the panel."""
    row = w.challenge_list
    if row.state == ChallengeList.State.COLLECTING:
        with on(APPRAISED, 9):
            perform(ChallengeListFlow, row, "appraise", by=w.officer)


def panel(w: World, size: int = 5) -> list[Expert]:
    """Experts of the agency's pool, from units that have nothing to do with the demand."""
    found = list(Expert.objects.filter(agency=w.agency).order_by("pk")[:size])
    while len(found) < size:
        unit = organisation("论证大学")
        found.append(
            Expert.objects.create(
                agency=w.agency, user=person("论证专家", org=unit), organisation=unit, seat_type="TECHNICAL",
                title="教授", fields=["SOFTWARE"],
            )
        )  # fmt: skip
    return found


def scored(w: World, demand: Demand, points: int = 20, size: int = 5) -> Demand:
    """Every member gives `points` in each of the four dimensions."""
    for expert in panel(w, size):
        DemandScore.objects.create(
            demand=demand, expert=expert, necessity=points, innovation=points, feasibility=points, benefit=points
        )
    return demand


def appraised(w: World, demand: Demand, result: str = "PASS", points: int = 20) -> Demand:
    to_appraisal(w)
    scored(w, demand, points)
    with on(APPRAISED):
        perform(DemandFlow, demand, "appraise", by=w.officer, result=result, opinion=OPINION)
    return demand
