"""Whose need a challenge states: the unit named on it, and every unit whose demand was merged into it."""

from __future__ import annotations

from projects.models import Challenge


def demanders_of(challenge: Challenge) -> set[int]:
    """Ids of organisations. One query."""
    return {challenge.demander_id, *challenge.demands.values_list("demander", flat=True)}
