"""The targets of a demand as those of a challenge: copied, and where both name the same one, the stricter holds."""

from __future__ import annotations

from django.db.models import Max

from projects.indicators import not_weaker
from projects.models import Challenge, Demand, DemandIndicator, Indicator


def add_targets(challenge: Challenge, demand: Demand) -> dict[str, list[int]]:
    """Returns the numbers of the challenge's rows that were added, tightened and already there.

    Call with the challenge locked. Same name, comparator and unit is the same target; two that
    cannot be compared (= 3 and = 5) stand side by side, for the officer to settle.
    """
    have = list(challenge.indicators.order_by("no"))
    last = challenge.indicators.aggregate(last=Max("no"))["last"] or 0
    done: dict[str, list[int]] = {"added": [], "tightened": [], "kept": []}
    for asked in demand.indicators.order_by("no"):
        verdict, row = _settle(have, asked)
        if row is None:
            last += 1
            row = Indicator(challenge=challenge, no=last, name=asked.name, comparator=asked.comparator,
                            unit=asked.unit, is_must=asked.is_must, check_method=asked.check_method,
                            evidence=asked.evidence)  # fmt: skip
            have.append(row)
        if verdict != "kept":
            row.target, row.target_high = asked.target, asked.target_high
        row.is_must = row.is_must or asked.is_must
        row.evidence = row.evidence or asked.evidence
        row.save()
        done[verdict].append(row.no)
    return done


def _settle(have: list[Indicator], asked: DemandIndicator) -> tuple[str, Indicator | None]:
    same = (asked.name.strip(), asked.comparator, asked.unit.strip())
    for row in have:
        if (row.name.strip(), row.comparator, row.unit.strip()) != same:
            continue
        if not_weaker(asked.comparator, asked.target, row.target, asked.target_high, row.target_high):
            return "kept", row
        if not_weaker(row.comparator, row.target, asked.target, row.target_high, asked.target_high):
            return "tightened", row
    return "added", None
