"""利害关系: declared by the expert or noted by the secretary → confirmed, or withdrawn. Rules: domain 3.5.

Whatever changes here is looked at again in every round that runs: who must now stand aside leaves at once.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from accounts.models import Role
from review.models import ExpertTie
from workflows.conflict_matrix import recheck_person
from workflows.engine import Flow, start
from workflows.permissions import any_of, by_agency
from workflows.state import Actor, State
from workflows.unit_of_work import unit_of_work

S = ExpertTie.State
is_secretary_of_pool = by_agency(Role.SEC)


def is_the_expert(flow: ExpertTieFlow, actor: Actor) -> Role | None:
    return Role.EXP if actor.pk is not None and flow.object.expert.user_id == actor.pk else None


def who_declared_it(flow: ExpertTieFlow, actor: Actor) -> Role | None:
    """The expert takes back what he declared himself, as long as nobody has confirmed it."""
    is_own = flow.object.source == ExpertTie.Source.DECLARED and flow.object.state == S.DECLARED
    return is_the_expert(flow, actor) if is_own else None


class ExpertTieFlow(Flow):
    model = ExpertTie
    slug = "expert-tie"
    related = ("expert__user",)
    start_permission = staticmethod(any_of(is_the_expert, is_secretary_of_pool))
    state = State(S, default=S.DECLARED)

    @state.transition(
        source=S.DECLARED, target=S.CONFIRMED, label=gettext_lazy("核实属实"), permission=is_secretary_of_pool,
        needs_reason=True, style="success",
    )  # fmt: skip
    def confirm(self) -> None:
        """From here on it blocks, whatever the rule (C07–C09, C14)."""
        self._look_again()

    @state.transition(
        source=[S.DECLARED, S.CONFIRMED], target=S.WITHDRAWN, label=gettext_lazy("撤销"),
        permission=any_of(who_declared_it, is_secretary_of_pool), needs_reason=True, style="secondary",
    )  # fmt: skip
    def withdraw(self) -> None:
        """It was wrong. What it had caused before stays as it was."""
        self._look_again()

    def _look_again(self) -> None:
        self.object.save()
        recheck_person(self.object.expert.user_id, self.now)


def declare(tie: ExpertTie, by: Actor) -> ExpertTie:
    """Put a relation on file and look at the rounds that run. Raises `Refused`; nothing is left behind then."""
    with unit_of_work():
        is_own = tie.expert.user_id == by.pk
        tie.source = ExpertTie.Source.DECLARED if is_own else ExpertTie.Source.SECRETARY
        start(ExpertTieFlow, tie, by=by)
        recheck_person(tie.expert.user_id, tie.created_at)
    return tie
