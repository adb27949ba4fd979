"""A match of a round as its page shows it: bids in rows, seats in columns, and why a bid has these experts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from projects.models import Bid
from review.affinity import rarity
from review.affinity.reasons import explain as explain_affinity
from review.matching import Instance, Match, explain
from review.matching.json_files import instance_of
from review.models import Assignment, RoundMatch
from workflows.match_instance import texts_of

#: Shades of a cell; an affinity of 1 has the darkest.
SHADES = 5


@dataclass(frozen=True)
class Cell:
    """One pair. `percent`: affinity in hundredths; `kind`: "chosen", "added", "barred" or "" for one not used."""

    alias: str
    percent: int
    kind: str

    @property
    def shade(self) -> int:
        return min(SHADES - 1, self.percent * SHADES // 100)

    @property
    def words(self) -> str:
        return {"chosen": _("评审"), "added": _("新增评审"), "barred": _("须回避或已有变动")}.get(self.kind, "")


@dataclass(frozen=True)
class Line:
    """One bid; `mean` of its chosen pairs in hundredths, None without any."""

    number: str
    title: str
    cells: list[Cell]
    mean: int | None


@dataclass(frozen=True)
class Seat:
    alias: str
    kind: str
    load: int
    most: int


@dataclass(frozen=True)
class Why:
    """`places`: where the expert stands among all who could judge the bid; `words`: what the affinity comes from."""

    alias: str
    percent: int
    places: str
    words: str


def seats_of(match: RoundMatch, kinds: dict[str, Any]) -> list[Seat]:
    """What had been begun is not shared out again: its pairs stand among the conflicts and take no room in the instance."""
    load = Counter(alias for _bid, alias in match.pairs)
    conflicts = {(bid, alias) for bid, alias in match.instance["conflicts"]}
    begun = Counter(alias for bid, alias in match.pairs if (bid, alias) in conflicts)
    return [
        Seat(e["id"], str(kinds.get(e["class"], e["class"])), load[e["id"]], e["max_load"] + begun[e["id"]])
        for e in match.instance["experts"]
    ]


def lines_of(match: RoundMatch, titles: dict[str, str]) -> Iterator[Line]:
    """In the order of the instance, which is that of the bids."""
    chosen, added = ({(bid, alias) for bid, alias in rows} for rows in (match.pairs, match.added))
    barred = {(bid, alias) for bid, alias in match.instance["conflicts"]}
    aliases = [expert["id"] for expert in match.instance["experts"]]
    for proposal, row in zip(match.instance["proposals"], match.instance["affinity"], strict=True):
        number = proposal["id"]
        cells = []
        for alias, worth in zip(aliases, row, strict=True):
            pair = (number, alias)
            kind = "chosen" if pair in chosen else "barred" if pair in barred else ""
            cells.append(Cell(alias, round(worth * 100), "added" if match.no > 1 and pair in added else kind))
        own = [cell.percent for cell in cells if cell.kind in ("chosen", "added")]
        yield Line(number, titles.get(number, number), cells, round(sum(own) / len(own)) if own else None)


def reasons_for(match: RoundMatch, bids: list[Bid], number: str, kinds: dict[str, Any]) -> list[Why]:
    """Why these experts judge the bid: their places, and the words and disciplines they share with it.

    Raises KeyError for a bid that the match does not have. The words are those of today's records.
    """
    pairs = tuple((bid, alias) for bid, alias in match.pairs)
    instance = _in_words(instance_of(match.instance), kinds)
    found = explain(instance, Match(pairs, match.stats), number)
    aliases = [expert.id for expert in instance.experts]
    rows = Assignment.objects.filter(round=match.round_id, alias__in=aliases).select_related("expert")
    seats = list(rows.order_by("alias"))
    bid_texts, expert_texts = texts_of(bids, seats)
    among = rarity(bid_texts, expert_texts)
    bid = next(text for text in bid_texts if text.id == number)
    of = {text.id: text for text in expert_texts}
    return [
        Why(one.expert, round(one.affinity * 100), one.sentence, explain_affinity(bid, of[one.expert], among).sentence)
        for one in found
    ]


def _in_words(instance: Instance, kinds: dict[str, Any]) -> Instance:
    """Classes by their names, for sentences."""

    def name(kind: str) -> str:
        return str(kinds.get(kind, kind))

    return replace(
        instance,
        proposals=[replace(p, class_mix={name(k): n for k, n in p.class_mix.items()}) for p in instance.proposals],
        experts=[replace(e, expert_class=name(e.expert_class)) for e in instance.experts],
    )
