"""Who may see what: one function per model, used by pages, API, exports, search and downloads.

The default is nothing. `user` may be anonymous. `DETAIL` scopes say who reads a record's inside;
what the public reads of a list or a notice is decided by its state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts.models import Role, User
from accounts.roles import agencies_of, organisations_of
from projects.models import (
    Acceptance,
    AwardDecision,
    Bid,
    BidAvoidance,
    BidEditor,
    BidExtension,
    Certificate,
    Challenge,
    ChallengeList,
    DecisionBatch,
    DecisionLetter,
    Demand,
    DuplicateCheck,
    FormalCheck,
    Milestone,
    Objection,
    Project,
    PublicNotice,
    Race,
    RaceLane,
    Receipt,
    Reconsideration,
    Tranche,
)

#: Agency roles that read everything of their own agency's business.
STAFF = (Role.OFF, Role.LEAD, Role.AGY)
NOTHING = Q(pk__in=[])


def _is_user(user: Any) -> bool:
    return isinstance(user, User) and user.is_active


def lists_visible_to(user: Any) -> QuerySet[ChallengeList]:
    """Published lists for everybody; drafts for the staff of their own agency only."""
    allowed = Q(state__in=ChallengeList.PUBLIC_STATES)
    if _is_user(user):
        allowed |= Q(agency__in=agencies_of(user, *STAFF, Role.SEC, Role.SUP, Role.FIN))
    return ChallengeList.objects.filter(allowed)


def challenges_visible_to(user: Any) -> QuerySet[Challenge]:
    public = Q(challenge_list__state__in=ChallengeList.PUBLIC_STATES) & ~Q(state=Challenge.State.DRAFT)
    allowed = public
    if _is_user(user):
        allowed |= Q(challenge_list__agency__in=agencies_of(user, *STAFF, Role.SEC, Role.SUP, Role.FIN))
        if units := organisations_of(user, Role.DEM):
            allowed |= Q(demander__in=units)
            allowed |= Q(
                pk__in=Demand.objects.filter(demander__in=units, merged_into__isnull=False).values("merged_into")
            )
    return Challenge.objects.filter(allowed)


def demands_visible_to(user: Any) -> QuerySet[Demand]:
    """The demander's own; once submitted, its recommender's and the agency's. Nobody else, ever: they tell
    what a company cannot do. What the public reads is the challenge made from them."""
    if not _is_user(user):
        return Demand.objects.none()
    own = Q(demander__in=organisations_of(user, Role.DEM))
    handed_in = Q(submitted_at__isnull=False)
    recommended = Q(recommender__in=organisations_of(user, Role.REC)) & handed_in
    staff = Q(challenge_list__agency__in=agencies_of(user, *STAFF, Role.SUP)) & handed_in
    return Demand.objects.filter(own | recommended | staff)


def lists_calling_for_demands() -> QuerySet[ChallengeList]:
    """Lists whose call for demands runs. The call is public; the list behind it is not yet."""
    return ChallengeList.objects.filter(
        state=ChallengeList.State.COLLECTING, rule_set__data__collects_demands=True, demand_close_at__isnull=False
    )


def bids_visible_to(user: Any) -> QuerySet[Bid]:
    """The team's own, co-editors included; the recommender's once passed on to it; the agency's once handed in for good."""
    if not _is_user(user):
        return Bid.objects.none()
    allowed = Q(pi=user) | Q(pk__in=BidEditor.objects.filter(user=user).values("bid"))
    # A role that is not held is not asked about: most people are bidders, and their query joins nothing.
    if units := organisations_of(user, Role.ORG):
        allowed |= Q(organisation__in=units)
    if recommending := organisations_of(user, Role.REC):
        allowed |= Q(recommender__in=recommending) & ~Q(state__in=["DRAFT", "UNIT_REVIEW"])
    if agencies := agencies_of(user, *STAFF, Role.SEC):
        allowed |= Q(challenge__challenge_list__agency__in=agencies, state__in=Bid.HANDED_IN)
    return Bid.objects.filter(allowed)


def avoidances_visible_to(user: Any) -> QuerySet[BidAvoidance]:
    """Confidential (domain 3.5 C10): the team that asked; once handed in, the staff who decide. No recommender, no
    expert, no other team."""
    if not _is_user(user):
        return BidAvoidance.objects.none()
    allowed = Q(bid__pi=user) | Q(bid__in=BidEditor.objects.filter(user=user).values("bid"))
    if units := organisations_of(user, Role.ORG):
        allowed |= Q(bid__organisation__in=units)
    if agencies := agencies_of(user, *STAFF, Role.SEC):
        allowed |= Q(bid__challenge__challenge_list__agency__in=agencies, bid__state__in=Bid.HANDED_IN)
    return BidAvoidance.objects.filter(allowed)


def receipts_visible_to(user: Any) -> QuerySet[Receipt]:
    """With the bid: who reads it reads what was received when."""
    return Receipt.objects.filter(bid__in=bids_visible_to(user))


def extensions_visible_to(user: Any) -> QuerySet[BidExtension]:
    """The team's own; the agency's staff and supervisor, who do not thereby read the bid itself."""
    if not _is_user(user):
        return BidExtension.objects.none()
    allowed = Q(bid__pi=user)
    if units := organisations_of(user, Role.ORG):
        allowed |= Q(bid__organisation__in=units)
    if agencies := agencies_of(user, *STAFF, Role.SUP):
        allowed |= Q(bid__challenge__challenge_list__agency__in=agencies)
    return BidExtension.objects.filter(allowed)


def formal_checks_visible_to(user: Any) -> QuerySet[FormalCheck]:
    """Staff while it runs; PI, unit and recommender once it is confirmed (domain 2.3)."""
    if not _is_user(user):
        return FormalCheck.objects.none()
    staff = Q(bid__challenge__challenge_list__agency__in=agencies_of(user, *STAFF))
    team = Q(bid__in=bids_visible_to(user)) & Q(state__in=["CONFIRMED", "OBJECTED", "FINAL"])
    return FormalCheck.objects.filter(staff | team)


def bids_checked_by(user: Any) -> QuerySet[Bid]:
    """Handed-in bids of the agency whose forms `user` checks, or whose checks he answers for."""
    if not _is_user(user):
        return Bid.objects.none()
    return Bid.objects.filter(challenge__challenge_list__agency__in=agencies_of(user, *STAFF), state__in=Bid.HANDED_IN)


def duplicate_checks_visible_to(user: Any) -> QuerySet[DuplicateCheck]:
    """Those who check the forms: advice for them, and other teams' words."""
    return DuplicateCheck.objects.filter(bid__in=bids_checked_by(user))


def decisions_visible_to(user: Any) -> QuerySet[AwardDecision]:
    """Inside the agency only; the public sees the notice made from it. The review's secretary makes sure that
    no opinion in a letter tells who wrote it."""
    if not _is_user(user):
        return AwardDecision.objects.none()
    return AwardDecision.objects.filter(challenge_list__agency__in=agencies_of(user, *STAFF, Role.SEC, Role.SUP))


def batches_visible_to(user: Any) -> QuerySet[DecisionBatch]:
    """With the decision."""
    return DecisionBatch.objects.filter(decision__in=decisions_visible_to(user))


def letters_visible_to(user: Any) -> QuerySet[DecisionLetter]:
    """With the bid: the team reads its own, the agency those it sent."""
    return DecisionLetter.objects.filter(bid__in=bids_visible_to(user))


def notices_visible_to(user: Any) -> QuerySet[PublicNotice]:
    allowed = Q(state__in=PublicNotice.PUBLIC_STATES)
    if _is_user(user):
        allowed |= Q(agency__in=agencies_of(user, *STAFF))
    return PublicNotice.objects.filter(allowed)


def objections_visible_to(user: Any) -> QuerySet[Objection]:
    """The author's own case, and the agency's staff and supervisor (domain 2.10: identity protected). The party
    objected to, once it is asked to answer; what it reads then, `projects.disclosure` says."""
    if not _is_user(user):
        return Objection.objects.none()
    told = Q(bid__pi=user)
    if units := organisations_of(user, Role.ORG):
        told |= Q(bid__organisation__in=units)
    allowed = Q(author_user=user) | told & Q(state__in=Objection.TOLD_STATES)
    if agencies := agencies_of(user, *STAFF, Role.SUP):
        allowed |= Q(notice__agency__in=agencies)
    return Objection.objects.filter(allowed)


def reconsiderations_visible_to(user: Any) -> QuerySet[Reconsideration]:
    """The team's own; the agency's staff and supervisor once the unit has sealed it (domain 2.10)."""
    if not _is_user(user):
        return Reconsideration.objects.none()
    allowed = Q(bid__pi=user)
    if units := organisations_of(user, Role.ORG):
        allowed |= Q(bid__organisation__in=units)
    if agencies := agencies_of(user, *STAFF, Role.SUP):
        allowed |= Q(bid__challenge__challenge_list__agency__in=agencies, sealed_at__isnull=False)
    return Reconsideration.objects.filter(allowed)


def projects_visible_to(user: Any) -> QuerySet[Project]:
    """Team, recommender, demander and agency. Lanes of one race never see each other (domain 2.8)."""
    if not _is_user(user):
        return Project.objects.none()
    return Project.objects.filter(
        Q(pi=user)
        | Q(organisation__in=organisations_of(user, Role.ORG))
        | Q(bid__recommender__in=organisations_of(user, Role.REC))
        | Q(bid__challenge__demander__in=organisations_of(user, Role.DEM))
        | Q(agency__in=agencies_of(user, *STAFF, Role.FIN, Role.SUP))
    )


def milestones_visible_to(user: Any) -> QuerySet[Milestone]:
    return Milestone.objects.filter(project__in=projects_visible_to(user))


def tranches_visible_to(user: Any) -> QuerySet[Tranche]:
    return Tranche.objects.filter(project__in=projects_visible_to(user))


def acceptances_visible_to(user: Any) -> QuerySet[Acceptance]:
    return Acceptance.objects.filter(project__in=projects_visible_to(user))


def races_visible_to(user: Any) -> QuerySet[Race]:
    """Whoever sees one of its lanes' projects; what they see of other lanes, `lanes_visible_to` says."""
    return Race.objects.filter(
        Q(lanes__project__in=projects_visible_to(user))
        | Q(challenge__challenge_list__agency__in=agencies_of(user, *STAFF, Role.FIN, Role.SUP))
    ).distinct()


def lanes_visible_to(user: Any) -> QuerySet[RaceLane]:
    """A team sees its own lane only; the demander and the agency see all."""
    return RaceLane.objects.filter(project__in=projects_visible_to(user))


def certificates_visible_to(user: Any) -> QuerySet[Certificate]:
    """Inside: the project's readers. The public verifies by token or number (`projects.verification`)."""
    return Certificate.objects.filter(project__in=projects_visible_to(user))


def certificates_for_everybody() -> QuerySet[Certificate]:
    """Issued ones, in force or not: each attests a result that was on public notice. What may be told of
    them is what verification tells (`projects.verification`): no person, no token, no reason."""
    return Certificate.objects.exclude(state=Certificate.State.PREPARED)


VISIBLE: dict[type[Model], Callable[[Any], QuerySet[Any]]] = {
    ChallengeList: lists_visible_to,
    Challenge: challenges_visible_to,
    Demand: demands_visible_to,
    Bid: bids_visible_to,
    DuplicateCheck: duplicate_checks_visible_to,
    FormalCheck: formal_checks_visible_to,
    AwardDecision: decisions_visible_to,
    DecisionBatch: batches_visible_to,
    DecisionLetter: letters_visible_to,
    PublicNotice: notices_visible_to,
    Objection: objections_visible_to,
    Reconsideration: reconsiderations_visible_to,
    Project: projects_visible_to,
    Milestone: milestones_visible_to,
    Tranche: tranches_visible_to,
    Acceptance: acceptances_visible_to,
    Race: races_visible_to,
    RaceLane: lanes_visible_to,
    Certificate: certificates_visible_to,
    Receipt: receipts_visible_to,
    BidExtension: extensions_visible_to,
}


def visible(model: type[Model], user: Any) -> QuerySet[Any]:
    """Records of `model` that `user` may see; none for a model nobody thought of."""
    scope = VISIBLE.get(model)
    return scope(user) if scope else model._default_manager.none()
