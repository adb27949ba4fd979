"""Several passed demands become one challenge: a new draft made from them, or one that is there already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from accounts.models import User
from projects.models import Challenge, Demand
from projects.numbering import next_challenge_number
from workflows.challenge import ChallengeFlow
from workflows.demand import DemandFlow
from workflows.engine import perform, start
from workflows.refused import Refused
from workflows.unit_of_work import unit_of_work


def merge_demands(demands: Sequence[Demand], *, by: User, into: Challenge | None = None, title: str = "") -> Challenge:
    """Merge all of `demands` or none. Without `into` a new draft is made, called `title` or as the first demand.

    Each goes through its own transition, so that permission, conditions, notice and audit entry are the
    same as for one. Raises `Refused`.
    """
    ordered = sorted(demands, key=lambda demand: demand.number)
    if not ordered:
        raise Refused("invalid_input", [_("请至少选择一项论证通过的需求。")])
    if len({demand.challenge_list_id for demand in ordered}) > 1:
        raise Refused("invalid_input", [_("只能合并同一榜单的需求；请分别勾选合并。")])
    with unit_of_work():
        challenge = into or start(ChallengeFlow, _draft(ordered, title), by=by)
        for demand in ordered:
            perform(DemandFlow, demand, "merge", by=by, challenge=challenge.pk)
    return challenge


def _draft(demands: Sequence[Demand], title: str) -> Challenge:
    """A challenge that says what all of them say. The first names the demander; the officer may still mend it."""
    first, row = demands[0], demands[0].challenge_list
    rules = row.rule_set.rules
    return Challenge(
        challenge_list=row,
        number=next_challenge_number(row),
        title=title or first.title,
        field=first.field,
        demander=first.demander,
        demander_is_hidden=any(demand.demander_is_hidden for demand in demands),
        background=_joined(demand.problem for demand in demands),
        content=_joined(demand.goal for demand in demands),
        scenario="；".join(dict.fromkeys(d.scenario for d in demands if d.scenario))[:300],
        months=max(demand.months for demand in demands),
        cap_yuan=max(demand.expected_yuan for demand in demands),
        bidder_conditions=_joined(demand.bidder_conditions for demand in demands),
        ip_terms=_joined(demand.ip_terms for demand in demands),
        lanes=rules.race_stages[0].lanes if rules.race_stages else 1,
    )


def _joined(texts: Iterable[str]) -> str:
    """Each once, in order. Nothing is cut: too long is for the officer to shorten, not for us."""
    return "\n\n".join(dict.fromkeys(text.strip() for text in texts if text.strip()))
