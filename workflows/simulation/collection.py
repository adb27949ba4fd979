"""The collection before a synthetic call: one made-up demand goes to its panel, real ones that wait stand aside."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.models import Role, RoleGrant, User
from projects.models import ChallengeList, Demand, DemandIndicator
from projects.numbering import next_demand_number
from review.models import DemandScore, Expert
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import travel
from workflows.demand import DemandFlow
from workflows.engine import start
from workflows.simulation.actors import some_unit, somebody
from workflows.simulation.findings import error, warning

if TYPE_CHECKING:
    from workflows.simulation.call import Call

State = ChallengeList.State
WORDS = "推演：需求明确，指标可测，投入有保障，按规则办理，不作为任何实际决定的依据。"
#: Between the close of the window and the publication: time for the panel.
FOR_THE_PANEL = timedelta(days=5)


def collect(call: Call) -> None:
    """Bring a list that collects demands to its appraised state; `call.at` is the publication again afterwards."""
    row, publish_at = call.list, call.at
    if not call.rules.collects_demands or row.state not in (State.DRAFT, State.COLLECTING, State.APPRAISING):
        return
    if row.state == State.DRAFT:
        _open(call, publish_at - FOR_THE_PANEL)
    if row.state == State.COLLECTING:
        assert row.demand_close_at is not None  # opening asked for it
        call.at = row.demand_close_at - timedelta(days=1)
        demand = _demand(call)
        call.do(DemandFlow, demand, "submit", _demander(demand), unsolved=True, truthful=True)
        call.do(DemandFlow, demand, "endorse", call.actors.recommender.admin, endorsement=WORDS)
        call.at = row.demand_close_at
        call.do(ChallengeListFlow, row, "appraise", call.actors.officers[0])
        _judge(call, demand)
    call.at = max(call.at, publish_at)
    _set_aside(call)


def _open(call: Call, close: datetime) -> None:
    row = call.list
    if row.demand_close_at is None:
        cure = _("请在启动征集前设定需求征集截止。")
        call.findings.append(warning("D07", row, _("还没有设定需求征集截止，按最短的征集期推演。"), cure))
    row.demand_close_at = row.demand_close_at or close
    row.save(update_fields=["demand_close_at"])
    call.at = row.demand_close_at - timedelta(days=call.rules.min_collection_days)
    call.do(ChallengeListFlow, row, "open_collection", call.actors.officers[0])


def _demand(call: Call) -> Demand:
    unit = some_unit(_("推演需求单位"))
    user = somebody(_("需求人员"), unit)
    RoleGrant.objects.create(user=user, role=Role.DEM, organisation=unit)
    money, rules = 1_000_000, call.rules
    cash = money * rules.demand_cash_percent // 100
    demand = Demand(
        challenge_list=call.list, number=next_demand_number(call.list), demander=unit,
        recommender=call.actors.recommender.organisation, title=_("推演需求"), field="AI", problem=WORDS, goal=WORDS,
        expected_yuan=money, own_yuan=max(money * rules.demand_match_percent // 100, cash), solver_cash_yuan=cash,
        months=min(12, rules.demand_max_months), bidder_conditions=_("境内法人均可揭榜"), ip_terms=WORDS,
        contact_name=user.name, contact_phone="13800000000",
    )  # fmt: skip
    with travel(call.at):
        start(DemandFlow, demand, by=user)
    DemandIndicator.objects.create(
        demand=demand, no=1, name=_("推演指标"), comparator=">=", target=Decimal(1), check_method=WORDS
    )
    return demand


def _demander(demand: Demand) -> User:
    return RoleGrant.objects.select_related("user").get(role=Role.DEM, organisation=demand.demander_id).user


def _judge(call: Call, demand: Demand) -> None:
    """By the first experts of the pool: the demander is nobody's unit."""
    seats, officer = call.rules.appraisal_panel, call.actors.officers[0]
    pool = list(Expert.objects.filter(agency=call.list.agency_id, is_active=True).order_by("pk")[:seats])
    if len(pool) < seats:
        said = _("需求论证组需要 %(seats)s 人，专家库现有 %(have)s 人。") % {"seats": seats, "have": len(pool)}
        call.findings.append(error("E02", call.list, said, _("请增补专家库。")))
    while len(pool) < seats:
        unit = some_unit(_("推演论证单位"))
        pool.append(Expert.objects.create(agency=call.list.agency, user=somebody(_("推演专家"), unit), organisation=unit,
                                          seat_type="TECHNICAL", title=_("教授"), fields=["AI"]))  # fmt: skip
    DemandScore.objects.bulk_create(
        DemandScore(demand=demand, expert=expert, necessity=25, innovation=25, feasibility=25, benefit=25)
        for expert in pool
    )
    call.do(DemandFlow, demand, "appraise", officer, result="PASS", opinion=WORDS)
    # Not merged: the challenges are played as they stand.
    call.do(DemandFlow, demand, "archive", officer, reason=WORDS)


def _set_aside(call: Call) -> None:
    """Nobody foretells a panel: what still waits is put on file, and said."""
    waiting = list(call.list.demands.filter(state__in=["SUBMITTED", "REC_ENDORSED"]).order_by("number"))
    if waiting:
        said = _("还有 %s 项需求没有论证结论，推演时视为归档。") % len(waiting)
        call.findings.append(warning("D08", call.list, said, _("报批前须完成论证或归档。")))
    for demand in waiting:
        call.do(DemandFlow, demand, "archive", call.actors.officers[0], reason=WORDS)
