"""The rules a record lives under: those of the rule set that its list pinned when it was posted."""

from __future__ import annotations

from typing import Any

from projects.models import ChallengeList
from projects.rules import Rules


def list_of(record: Any) -> ChallengeList:
    """The challenge list that a record descends from. Reads the relations on the way."""
    match record._meta.model_name:
        case "challengelist":
            found = record
        case "challenge" | "demand" | "awarddecision":
            found = record.challenge_list
        case "bid" | "race":
            found = record.challenge.challenge_list
        case "project":
            found = record.bid.challenge.challenge_list
        case "milestone" | "tranche" | "acceptance" | "racelane" | "certificate":
            found = list_of(record.project)
        case "publicnotice":
            found = list_of(record.decision or record.race or record.acceptance)
        case other:
            raise LookupError(f"no list above a {other}")
    return found  # type: ignore[no-any-return]


def rules_of(record: Any) -> Rules:
    return list_of(record).rule_set.rules
