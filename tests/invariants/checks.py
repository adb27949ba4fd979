"""What must be true after any story, whoever did what."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Model

from accounts.models import User
from projects.queries import VISIBLE, visible
from review.models import Assignment
from review.queries import name_of_expert
from tests.invariants.oracle import BUSINESS, Reader, knows_the_name
from workflows.invariants import broken
from workflows.refused import Refused

CODES = {"not_found", "wrong_state", "not_permitted", "invalid_input", "conditions_unmet", "stale"}


def says_why(refusal: Refused) -> None:
    """A stable code, sentences for people, and for a bad input the field to mend."""
    assert refusal.code in CODES
    assert refusal.sentences, f"{refusal.code} without a sentence"
    assert all(sentence.strip() for sentence in refusal.sentences), f"an empty sentence: {refusal.sentences}"
    if refusal.code == "invalid_input":
        assert refusal.fields, f"no field is named: {refusal.sentences}"


def nothing_is_broken() -> None:
    assert broken() == {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.number, p.award_yuan, sum(t.amount_yuan) FILTER (WHERE t.state <> 'CANCELLED'),"
            " sum(t.amount_yuan) FILTER (WHERE t.state = 'PAID')"
            " FROM projects_project p JOIN projects_tranche t ON t.project_id = p.id GROUP BY p.id"
        )
        for number, award, planned, paid in cursor.fetchall():
            assert (planned or 0) <= award, f"{number}: {planned} yuan planned, {award} awarded"
            assert (paid or 0) <= award, f"{number}: {paid} yuan paid, {award} awarded"


def judge_as_commit() -> None:
    """Let the deferred triggers judge now, as they would at COMMIT."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def sees_only_his_own(user: User | None) -> Counter[str]:
    """Nothing that `queries.py` shows to `user` is none of his business. Returns how much was looked at."""
    who, asked, seen = Reader(user), user or AnonymousUser(), Counter[str]()
    for model in VISIBLE:
        for row in rows_shown(model, asked):
            rule, _ = BUSINESS[str(model._meta.model_name)]
            assert rule(who, row), f"{user} sees {model._meta.label} {row.pk} ({getattr(row, 'state', '')})"
            seen[model._meta.label_lower] += 1
            if isinstance(row, Assignment) and not knows_the_name(who, row):
                assert name_of_expert(row, asked) == row.alias, f"{user} learns who {row.alias} is"
    return seen


def rows_shown(model: type[Model], user: Any) -> list[Any]:
    _, joins = BUSINESS[str(model._meta.model_name)]
    return list(visible(model, user).select_related(*joins))
