"""Ranking of bids and the split into 拟立项, 备选 and 不予立项 (domain 3.3). No Django import.

Nothing here breaks a tie by accident (input order, id): what the rules leave equal stays equal until
the chair-run ballot is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from review.scoring.points import half_up, require_points

T = TypeVar("T")
#: What a step is called and how it values an item. Higher is better; None: the value is not known.
Key = tuple[str, Callable[[T], Decimal | int | None]]


@dataclass(frozen=True)
class TieGroup(Generic[T]):
    """Items that all steps leave equal (usually one), and the step that set them apart."""

    items: list[T]
    decided_by: str


def settle(items: Sequence[T], keys: Sequence[Key[T]]) -> list[TieGroup[T]]:
    """Order `items`, best first, by the first key, its ties by the second, and so on.

    A step that lacks a value for any of the items still tied is passed over for them: what is not
    known must not decide.
    """
    return _settle(list(items), list(keys), "")


def _settle(items: list[T], keys: list[Key[T]], decided_by: str) -> list[TieGroup[T]]:
    if not items:
        return []
    if not keys or (len(items) == 1 and decided_by):
        return [TieGroup(items, decided_by)]
    (name, value_of), rest = keys[0], keys[1:]
    known = [(value, item) for item in items if (value := value_of(item)) is not None]
    levels = sorted({value for value, _ in known}, reverse=True)
    if len(known) < len(items) or (len(levels) == 1 and decided_by):
        return _settle(items, rest, decided_by)
    return [
        group for level in levels for group in _settle([item for value, item in known if value == level], rest, name)
    ]


@dataclass(frozen=True)
class Entry:
    """A bid to be ranked. Scores in points; `ballot` is its place in the chair-run ballot, 1 first.

    `top_criterion` is the panel's mean on the criterion with the largest weight, `group_mean` the mean
    of the user's or technical experts.
    """

    id: str
    score: Decimal
    top_criterion: Decimal
    group_mean: Decimal | None = None
    requested_yuan: int | None = None
    ballot: int | None = None
    vetoed: bool = False


@dataclass(frozen=True)
class Ranked:
    """A bid's place. Bids that are still tied share the rank and name one another in `tied_with`.

    `decided_by` is the last step that was needed: score, top_criterion, group_mean, requested_yuan
    or ballot.
    """

    id: str
    rank: int
    score: Decimal
    decided_by: str
    vetoed: bool = False
    tied_with: tuple[str, ...] = ()

    @property
    def needs_ballot(self) -> bool:
        return bool(self.tied_with)


_STEPS: list[Key[Entry]] = [
    ("score", lambda e: e.score),
    ("top_criterion", lambda e: e.top_criterion),
    ("group_mean", lambda e: e.group_mean),
    ("requested_yuan", lambda e: None if e.requested_yuan is None else -e.requested_yuan),
    ("ballot", lambda e: None if e.ballot is None else -e.ballot),
]


def rank(entries: Sequence[Entry]) -> list[Ranked]:
    """Rank bids (domain 3.3.1): score → heaviest criterion → user/technical mean → less money → ballot.

    A vetoed bid comes after every other one, so that it never uses up a place. Entries still tied are
    listed by id and share their rank. Raises ValueError for a score that is no Decimal of 0–100, for
    two entries of one id, and for none at all.
    """
    require_points(e.score for e in entries)
    require_points(e.top_criterion for e in entries)
    if means := [e.group_mean for e in entries if e.group_mean is not None]:
        require_points(means)
    if len({e.id for e in entries}) != len(entries):
        raise ValueError("an entry is listed twice")
    ranked: list[Ranked] = []
    for vetoed in (False, True):
        for group in settle([e for e in entries if e.vetoed is vetoed], _STEPS):
            place, ids = len(ranked) + 1, sorted(e.id for e in group.items)
            for e in sorted(group.items, key=lambda e: e.id):
                others = tuple(i for i in ids if i != e.id)
                ranked.append(Ranked(e.id, place, e.score, group.decided_by, vetoed, others))
    return ranked


class Outcome(StrEnum):
    """拟立项, 备选, 不予立项 (the values of `projects` decision rows)."""

    AWARD = "AWARD"
    RESERVE = "RESERVE"
    REJECT = "REJECT"


@dataclass(frozen=True)
class Result:
    """What the ranking proposes for one bid, with the sentence for the notice."""

    id: str
    rank: int
    outcome: Outcome
    reason: str


class TieUnresolved(ValueError):
    """A tie lies across a cut, so the ballot must come first. `ids` are the tied bids."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = tuple(ids)
        super().__init__(f"{'、'.join(ids)} 各项比较均相同且名额不足，请由组长主持抽签并记入纪要后再定。")


def split_outcomes(
    ranked: Sequence[Ranked], quota: int, pass_score: Decimal | int = 75, reserve_count: int = 1
) -> list[Result]:
    """Propose an outcome for every ranked bid (domain 3.3.2), in the order given by `rank`.

    拟立项: the first `quota` bids without veto that reach `pass_score` (points); 备选: the next
    `reserve_count` of these; 不予立项: all others.
    Raises TieUnresolved when equal bids lie on both sides of a cut, ValueError for negative counts.
    """
    if quota < 0 or reserve_count < 0:
        raise ValueError("quota and reserve_count must not be negative")
    if not isinstance(pass_score, Decimal | int):
        raise ValueError(f"pass_score must be a Decimal or int, not {pass_score!r}")
    passing = [r for r in ranked if not r.vetoed and r.score >= pass_score]
    for cut in (quota, quota + reserve_count):
        if 0 < cut < len(passing) and passing[cut - 1].rank == passing[cut].rank:
            raise TieUnresolved([r.id for r in passing if r.rank == passing[cut].rank])
    places = {r.id: place for place, r in enumerate(passing, start=1)}
    return [_result(r, places.get(r.id), quota, pass_score, reserve_count) for r in ranked]


def _result(r: Ranked, place: int | None, quota: int, pass_score: Decimal | int, reserve_count: int) -> Result:
    got = f"得分 {half_up(r.score)}，排名第 {r.rank}"
    if r.vetoed:
        return Result(r.id, r.rank, Outcome.REJECT, "触发一票否决事项，不予立项。")
    if place is None:
        return Result(r.id, r.rank, Outcome.REJECT, f"{got}，未达到合格线 {pass_score} 分。")
    if place <= quota:
        return Result(r.id, r.rank, Outcome.AWARD, f"{got}，达到合格线，在 {quota} 个立项名额之内。")
    if place <= quota + reserve_count:
        return Result(r.id, r.rank, Outcome.RESERVE, f"{got}，达到合格线，列备选第 {place - quota} 位。")
    return Result(r.id, r.rank, Outcome.REJECT, f"{got}，达到合格线，但立项与备选名额已满。")
