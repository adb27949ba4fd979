"""What waits for a person: one cheap query per role and kind of record, never a walk over objects.

Each queue names the states in which the flow's `next_steps` gives the turn to that role. Whether a
button is really open, the record's own page decides by the flow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.roles import agencies_of, organisations_of
from projects.models import (
    Acceptance,
    AwardDecision,
    Bid,
    BidExtension,
    Certificate,
    ChallengeList,
    DecisionBatch,
    Demand,
    FormalCheck,
    Milestone,
    Objection,
    Project,
    PublicNotice,
    Race,
    Reconsideration,
    Tranche,
)
from review.models import Assignment, DefenceSession, DefenceSlot, ExpertImport, PanelSignature, ReviewRound, ScoreSheet
from workflows import clock

SHOWN = 8
#: A milestone appears in the queue of its PI this long before it is due.
AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class Queue:
    """`rows` builds the query for a person, or None where the role is not held."""

    label: Any
    what: Any
    roles: tuple[Role, ...]
    rows: Callable[[User], QuerySet[Any]]
    more: str = ""


@dataclass(frozen=True)
class Waiting:
    label: Any
    what: Any
    rows: list[Any]
    has_more: bool
    more: str


def _mine(model: Any, path: str, *states: str) -> Callable[[User], QuerySet[Any]]:
    return lambda user: model.objects.filter(**{path: user, "state__in": states})


def _unit(role: Role, model: Any, path: str, *states: str) -> Callable[[User], QuerySet[Any]]:
    return lambda user: model.objects.filter(**{f"{path}__in": organisations_of(user, role), "state__in": states})


def _agency(roles: tuple[Role, ...], model: Any, path: str, *states: str) -> Callable[[User], QuerySet[Any]]:
    return lambda user: model.objects.filter(**{f"{path}__in": agencies_of(user, *roles), "state__in": states})


def _due_milestones(user: User) -> QuerySet[Any]:
    soon = clock.today() + AHEAD
    return Milestone.objects.filter(
        Q(state="PLANNED", due_on__lte=soon) | Q(state__in=["DUE_SOON", "OVERDUE", "RECTIFY"]),
        project__pi=user,
        project__state__in=["ACTIVE", "RECTIFYING"],
    )


def _unsigned(user: User) -> QuerySet[Any]:
    units = organisations_of(user, Role.ORG)
    recommends = organisations_of(user, Role.REC)
    by = "task_books__signed_by_"
    after_pi, after_unit = {f"{by}pi_at__isnull": False}, {f"{by}unit_at__isnull": False}
    # In the order of signing: nobody is told to sign before it is his turn.
    return Project.objects.filter(
        Q(pi=user, **{f"{by}pi_at": None})
        | Q(organisation__in=units, **after_pi, **{f"{by}unit_at": None})
        | Q(bid__recommender__in=recommends, **after_unit, **{f"{by}recommender_at": None})
        | Q(agency__in=agencies_of(user, Role.LEAD, Role.OFF), **after_unit, **{f"{by}agency_at": None})
        & (Q(bid__recommender=None) | Q(**{f"{by}recommender_at__isnull": False})),
        state="PENDING_CONTRACT",
    ).distinct()


def _unsigned_opinions(user: User) -> QuerySet[Assignment]:
    """Seats that have not spoken since the chair drafted, by which he himself signs."""
    signing = Q(round__state="COLLATING", round__sign_until__gt=clock.now())
    drafted = PanelSignature.objects.filter(assignment=OuterRef("round__chair")).order_by("-pk").values("pk")[:1]
    spoken = PanelSignature.objects.filter(assignment=OuterRef("pk"), pk__gte=OuterRef("drafted"))
    seats = Assignment.objects.filter(signing, expert__user=user, state="LOCKED").annotate(drafted=Subquery(drafted))
    return seats.filter(~Exists(spoken))


def _for_supervisors(user: User) -> QuerySet[ReviewRound]:
    """Draws of a panel or of an order of defence, and opinions that wait for their mark."""
    own = ReviewRound.objects.filter(**{f"{TO_LIST}__in": agencies_of(user, Role.SUP)})
    order = DefenceSession.objects.filter(state="COMMITTED").values("round")
    return own.filter(Q(state="DRAWING") | Q(pk__in=order) | Q(state="COLLATING", sign_until__isnull=False))


OFFICERS = (Role.OFF, Role.AGY)
TO_LIST = "challenge__challenge_list__agency"

QUEUES = (
    Queue(_("待受邀确认与评审"), _("确认邀请、签署承诺、评分"), (Role.EXP,),
          _mine(Assignment, "expert__user", "INVITED", "ACCEPTED", "PLEDGED"), "reviews"),
    Queue(_("待答复的询问"), _("维持原分，或者更正"), (Role.EXP,),
          _mine(ScoreSheet, "assignment__expert__user", "QUERIED"), "reviews"),
    Queue(_("待签署的评审组意见"), _("签署，或书面说明不同意见"), (Role.EXP,), _unsigned_opinions, "reviews"),
    Queue(_("待结束的评审"), _("处理提示，起草意见，结束评审"), (Role.EXP,),
          lambda user: ReviewRound.objects.filter(chair__expert__user=user, chair__state="LOCKED", state="COLLATING"), "rounds"),
    Queue(_("答辩"), _("登记到场人员，答复专家问题"), (Role.PI,),
          lambda user: DefenceSlot.objects.filter(bid__pi=user, state="SCHEDULED", session__state="ANNOUNCED"), "bids"),
    Queue(_("待提交的揭榜申请"), _("填完并提交；草稿不算申报"), (Role.PI,), _mine(Bid, "pi", "DRAFT", "CORRECTION"), "bids"),
    Queue(_("待单位审核"), _("审核并报送推荐单位"), (Role.ORG,), _unit(Role.ORG, Bid, "organisation", "UNIT_REVIEW"), "bids"),
    Queue(_("待推荐"), _("出具推荐意见"), (Role.REC,), _unit(Role.REC, Bid, "recommender", "REC_REVIEW"), "bids"),
    Queue(_("待签任务书"), _("签署任务书与军令状"), (Role.PI, Role.ORG, Role.REC, Role.OFF, Role.LEAD), _unsigned, "projects"),
    Queue(_("待报告的里程碑"), _("提交里程碑报告"), (Role.PI,), _due_milestones, "projects"),
    Queue(_("待申请的验收"), _("提交验收申请"), (Role.PI,), _mine(Acceptance, "project__pi", "DUE", "RETURNED"), "acceptances"),
    Queue(_("待用户确认的里程碑"), _("以最终用户身份给出意见"), (Role.DEM,),
          _unit(Role.DEM, Milestone, "project__bid__challenge__demander", "REPORT_SUBMITTED"), "projects"),
    Queue(_("待提交的技术需求"), _("填完并提交；草稿不算"), (Role.DEM,),
          lambda user: Demand.objects.filter(demander__in=organisations_of(user, Role.DEM), state__in=Demand.EDITABLE,
                                             challenge_list__state="COLLECTING"), "demands"),
    Queue(_("待推荐的技术需求"), _("推荐或退回"), (Role.REC,), _unit(Role.REC, Demand, "recommender", "SUBMITTED"), "demands"),
    Queue(_("待论证、待并入的技术需求"), _("录入得分与结论，并入榜题"), OFFICERS,
          lambda user: Demand.objects.filter(challenge_list__agency__in=agencies_of(user, *OFFICERS),
                                             challenge_list__state="APPRAISING",
                                             state__in=["REC_ENDORSED", "APPRAISED_PASS"]), "demands"),
    Queue(_("榜单"), _("推进到下一步"), OFFICERS,
          _agency(OFFICERS, ChallengeList, "agency", "DRAFT", "COLLECTING", "APPRAISING", "CLOSED", "REVIEWING"), "lists"),
    Queue(_("待批准、待发榜的榜单"), _("批准、定时间、发榜"), (Role.LEAD,),
          _agency((Role.LEAD,), ChallengeList, "agency", "APPRAISING", "DEMAND_NOTICE", "APPROVED", "SUSPENDED"), "lists"),
    Queue(_("待核实的个别延期"), _("核实理由，提出延至何时"), OFFICERS,
          _agency(OFFICERS, BidExtension, f"bid__{TO_LIST}", "ASKED"), "extensions"),
    Queue(_("待批准的个别延期"), _("批准或不予准许"), (Role.LEAD,),
          _agency((Role.LEAD,), BidExtension, f"bid__{TO_LIST}", "ENDORSED"), "extensions"),
    Queue(_("待形式审查的申请"), _("开始形式审查"), OFFICERS,
          lambda user: Bid.objects.filter(**{f"{TO_LIST}__in": agencies_of(user, *OFFICERS)}, state="SUBMITTED",
                                          challenge__challenge_list__state="CLOSED"), "bids"),
    Queue(_("形式审查"), _("填写审查意见，由第二人复核"), OFFICERS,
          _agency(OFFICERS, FormalCheck, f"bid__{TO_LIST}", "AUTO_CHECKED", "MANUAL_CHECKED", "OBJECTED"), "bids"),
    Queue(_("评审轮次"), _("组织抽取、预览、评分与汇总"), (Role.SEC, *OFFICERS),
          lambda user: ReviewRound.objects.filter(
              Q(secretary=user) | Q(**{f"{TO_LIST}__in": agencies_of(user, *OFFICERS)})
          ).exclude(state__in=["CLOSED", "ABORTED"]), "rounds"),
    Queue(_("待确认的专家导入"), _("逐行核对，确认导入或放弃"), (Role.SEC, Role.AGY),
          lambda user: ExpertImport.objects.filter(agency__in=agencies_of(user, Role.SEC, Role.AGY), state="UPLOADED")
          .defer("rows", "preview"), "expert_imports"),
    Queue(_("待见证的抽取、待阅看的意见"), _("现场见证抽取；阅看过程与意见，标记已阅"), (Role.SUP,), _for_supervisors, "rounds"),
    Queue(_("立项审定"), _("按会议程序审定、公示、下达"), (*OFFICERS, Role.LEAD),
          lambda user: AwardDecision.objects.filter(
              challenge_list__agency__in=agencies_of(user, *OFFICERS, Role.LEAD)).exclude(state="ISSUED"), "decisions"),
    Queue(_("待第二人复核"), _("核对预览后批准办理：公示、下达、发布"), (Role.LEAD,),
          lambda user: DecisionBatch.objects.filter(state="PROPOSED",
              decision__challenge_list__agency__in=agencies_of(user, Role.LEAD)).exclude(proposed_by=user), "decisions"),
    Queue(_("公示"), _("批准、到期处理"), (*OFFICERS, Role.LEAD),
          _agency((*OFFICERS, Role.LEAD), PublicNotice, "agency", "DRAFT", "APPROVED", "ENDED_WITH_OBJECTION"), "notices"),
    Queue(_("异议"), _("核实身份、调查、答复"), OFFICERS,
          _agency(OFFICERS, Objection, "notice__agency", *Objection.OPEN_STATES), "objections"),
    Queue(_("被提出的异议"), _("就被质疑的事实作出说明"), (Role.PI, Role.ORG),
          lambda user: Objection.objects.filter(
              Q(bid__pi=user) | Q(bid__organisation__in=organisations_of(user, Role.ORG)), state="INVESTIGATING"), "objections"),
    Queue(_("待盖章的复审申请"), _("核对并盖章提出"), (Role.ORG,),
          _unit(Role.ORG, Reconsideration, "bid__organisation", "FILED"), "reconsiderations"),
    Queue(_("复审申请"), _("指定复审人"), (Role.LEAD,),
          _agency((Role.LEAD,), Reconsideration, f"bid__{TO_LIST}", "SEALED"), "reconsiderations"),
    Queue(_("待决定的复审"), _("作出复审决定"), (*OFFICERS, Role.LEAD),
          _mine(Reconsideration, "reviewer", "UNDER_REVIEW"), "reconsiderations"),
    Queue(_("里程碑考核"), _("组织考核、给出结论"), (*OFFICERS, Role.LEAD),
          _agency((*OFFICERS, Role.LEAD), Milestone, "project__agency", "REPORT_SUBMITTED", "USER_CONFIRMED", "CHECKING", "RECHECK"),
          "projects"),
    Queue(_("赛马阶段考核"), _("录入结果、裁定晋级"), (*OFFICERS, Role.LEAD),
          _agency((*OFFICERS, Role.LEAD), Race, TO_LIST, "SETUP", "STAGE_CHECK", "STAGE_DECIDED", "FINAL"), "races"),
    Queue(_("验收"), _("材料审查、排期、验收会"), (*OFFICERS, Role.LEAD),
          _agency((*OFFICERS, Role.LEAD), Acceptance, "project__agency", "APPLIED", "MATERIAL_CHECK", "SCHEDULED", "TESTING",
                  "PANEL", "OPINION_SIGNED", "RESULT_NOTICE"), "acceptances"),
    Queue(_("待签发证书"), _("核对后签发"), (Role.LEAD,),
          _agency((Role.LEAD,), Certificate, "project__agency", "PREPARED"), "certificates"),
    Queue(_("待申请拨付"), _("发起拨付"), OFFICERS, _agency(OFFICERS, Tranche, "project__agency", "CONDITION_MET"), "tranches"),
    Queue(_("待拨付"), _("批准并登记拨付"), (Role.FIN,),
          _agency((Role.FIN,), Tranche, "project__agency", "REQUESTED", "APPROVED"), "tranches"),
)  # fmt: skip

#: Joined so that a row's title and link cost no further query.
JOINS: dict[Any, tuple[str, ...]] = {
    Bid: ("challenge__challenge_list",),
    FormalCheck: ("bid__challenge__challenge_list",),
    Assignment: ("round__challenge",),
    ReviewRound: ("challenge",),
    ScoreSheet: ("assignment", "bid"),
    DefenceSlot: ("session__round__challenge",),
    AwardDecision: ("challenge_list",),
    DecisionBatch: ("decision__challenge_list",),
    Objection: ("notice",),
    Reconsideration: ("bid__challenge__challenge_list",),
    BidExtension: ("bid__challenge__challenge_list",),
    Milestone: ("project",),
    Tranche: ("project",),
    Acceptance: ("project",),
    Race: ("challenge",),
    Certificate: ("project",),
}


def waiting_for(user: User) -> list[Waiting]:
    """Queues that hold something, at most `SHOWN` rows each. One query per queue of the person's roles."""
    held = {Role(grant.role) for grant in user.grants}
    found = []
    for queue in QUEUES:
        if not held & set(queue.roles):
            continue
        query = queue.rows(user)
        if joins := JOINS.get(query.model):
            # Never without names: that would join everything the record points to.
            query = query.select_related(*joins)
        rows = list(query.order_by("pk")[: SHOWN + 1])
        if rows:
            found.append(Waiting(queue.label, queue.what, rows[:SHOWN], len(rows) > SHOWN, queue.more))
    return found
