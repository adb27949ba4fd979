"""推演存档: a scenario kept with the file and on record in the audit chain. It touches no score and no decision.

What is kept are the rules that were tried and digests; the figures are computed anew on opening, and whether they
are the same is said beside them.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.roles import held_role
from projects.models import ChallengeList
from projects.queries import STAFF
from review.calibration.scenario import Scenario
from review.calibration.trials import WhatIf, what_if
from review.models import ReviewRound, SavedScenario
from review.queries import analysed_lists_visible_to, analyses_visible_to
from workflows import clock
from workflows.audit import Entry
from workflows.canonical import sha256_of
from workflows.refused import Refused
from workflows.score_books import Records
from workflows.unit_of_work import unit_of_work

#: Offices in which somebody looks at an analysis, besides the chair's.
OFFICES = (Role.SEC, *STAFF, Role.SUP)


def result_digest(found: WhatIf) -> str:
    """SHA-256 of the canonical JSON of everything that came out."""
    return sha256_of(found.to_json())


def keep_scenario(
    target: ReviewRound | ChallengeList, records: Records, scenario: Scenario, *, by: User, note: str = ""
) -> SavedScenario:
    """Keep `scenario` with the round or the list, with one entry in the chain.

    `records` are those of `target`. Raises `Refused` for somebody who may not look at its analysis, ValueError
    for an unsound scenario.
    """
    role = _office(target, by)
    found = what_if(records.book, records.published, scenario)
    with unit_of_work() as unit:
        kept = SavedScenario.objects.create(
            round=target if isinstance(target, ReviewRound) else None,
            challenge_list=target if isinstance(target, ChallengeList) else None,
            scenario=scenario.to_json(),
            digest=scenario.digest,
            book_digest=records.book.digest,
            result_digest=result_digest(found),
            note=note,
            by=by,
            role=role,
            at=clock.now(),
        )
        unit.entries.append(_entry(kept, target, by))
    return kept


def _office(target: ReviewRound | ChallengeList, by: User) -> Role:
    scope: Any = analyses_visible_to(by) if isinstance(target, ReviewRound) else analysed_lists_visible_to(by)
    if not scope.filter(pk=target.pk).exists():
        raise Refused(
            "not_permitted", [_("您不能查看这里的评分分析，也就不能存档推演；请由可查看评分分析的人员办理。")]
        )
    return held_role(by, *OFFICES, agency=_agency(target)) or Role.CHR


def _agency(target: ReviewRound | ChallengeList) -> int:
    found: int = (target.challenge.challenge_list if isinstance(target, ReviewRound) else target).agency_id
    return found


def _entry(kept: SavedScenario, target: ReviewRound | ChallengeList, by: User) -> Entry:
    return Entry(
        at=kept.at,
        actor_id=by.pk,
        actor_name=by.name,
        role=kept.role,
        object_type=kept._meta.label_lower,
        object_id=str(kept.pk),
        transition="create",
        from_state="",
        to_state="",
        reason=kept.note,
        payload={
            "about": target,
            "scenario": kept.scenario,
            "digest": kept.digest,
            "book_digest": kept.book_digest,
            "result_digest": kept.result_digest,
        },
    )
