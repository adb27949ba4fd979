"""Reviews to be analysed: four bids and five experts, close enough for a rule to matter, one expert far off once."""

from __future__ import annotations

from typing import Any

from django.test import Client

from projects.presets import PRESETS
from projects.rules import Rules
from tests import review_factories as made
from tests.review_factories import Review

Rows = tuple[tuple[str, ...], ...]
ROWS: Rows = (
    ("90", "84", "70", "88"),
    ("91", "86", "72", "88"),
    ("40", "85", "71", "88"),
    ("92", "83", "69", "88"),
    ("93", "87", "73", "88"),
)


def scoring(bids: int = 4, **rules: Any) -> Review:
    own = PRESETS["OPEN_CHALLENGE"]
    if rules:
        own = Rules.from_data({**own.to_data(), **rules})
    r = made.under_review(made.closed(bids, rules=own))
    return made.scoring(made.in_preview(made.pledged(made.drawn(made.planned(r)))))


def collating(rows: Rows = ROWS, **rules: Any) -> Review:
    return made.collated(scoring(len(rows[0]), **rules), *rows)


def closed(rows: Rows = ROWS, **rules: Any) -> Review:
    r = collating(rows, **rules)
    made.close(r, ballot="")
    return r


def reader(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def path(r: Review, more: str = "") -> str:
    return f"/rounds/{r.round.pk}/analysis/{more}"


def list_path(r: Review, more: str = "") -> str:
    return f"/lists/{r.w.challenge_list.number}/analysis/{more}"


def text(user: Any, url: str, **query: Any) -> str:
    answer = reader(user).get(url, query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()
