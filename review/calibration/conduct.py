"""Flags on how sheets were written: D5 too fast, D6 twin text, D7 band breach (domain 3.7). No Django import.

Like D1–D4 and D8 they never change a score: they ask a question. A comment that is written twice is
compared by its letters, so that another comma does not make it another comment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from rapidfuzz.distance import Indel

from projects.similarity import Letters
from review.scoring.dispersion import Flag

LEAST_READING = timedelta(minutes=3)
TWIN_PER_CENT = 90
#: Fewer letters than this (“同意立项。”) are everyday words, not a copy.
TWIN_LETTERS = 12


@dataclass(frozen=True)
class Reading:
    """One expert's work on one bid. `spent` is the time the bid was on screen, None when read on paper.

    `opened_at` is the first opening of the main document, None if it never was; aware instants.
    """

    expert: str
    bid: str
    spent: timedelta | None
    opened_at: datetime | None
    submitted_at: datetime


@dataclass(frozen=True)
class Comment:
    """What one expert wrote about one bid."""

    expert: str
    bid: str
    text: str


@dataclass(frozen=True)
class Band:
    """A span of points that may be ticked, both ends included (domain 3.1.b). Between bands lies nothing."""

    label: str
    low: Decimal
    high: Decimal

    def holds(self, points: Decimal) -> bool:
        return self.low <= points <= self.high


@dataclass(frozen=True)
class Ticked:
    """The band that an expert ticked for a criterion of a bid, and the points that he gave."""

    expert: str
    bid: str
    criterion: str
    band: Band
    points: Decimal


def too_fast(readings: Iterable[Reading]) -> list[Flag]:
    """D5: under three minutes on a bid read online, or handed in before the main document was opened."""
    found = []
    for one in readings:
        if one.spent is not None and (one.opened_at is None or one.submitted_at < one.opened_at):
            found.append(Flag("D5", "提交前没有打开申报书正文，请专家确认。", bid=one.bid, expert=one.expert))
        elif one.spent is not None and one.spent < LEAST_READING:
            message = f"在线评审用时 {_clock(one.spent)}，不足 {LEAST_READING.seconds // 60} 分钟，请专家确认。"
            found.append(Flag("D5", message, bid=one.bid, expert=one.expert))
    return found


def twin_texts(comments: Sequence[Comment]) -> list[Flag]:
    """D6: comments nine tenths alike, between two bids of one expert or between two experts.

    Similarity is 1 − d / (letters of both), d counting the letters to insert and delete. Each comment is
    held against those before it and flagged with the closest one of its author and the closest one of
    somebody else, so that n copies make n − 1 flags and not n²/2.
    """
    texts = [Letters.of(comment.text).text for comment in comments]
    found = []
    for n, comment in enumerate(comments):
        closest: dict[bool, tuple[int, int, Comment]] = {}  # is it his own → (per cent, −place, whose)
        for earlier in range(n):
            other = comments[earlier]
            per_cent, own = _alike(texts[n], texts[earlier]), other.expert == comment.expert
            if per_cent is not None and (own not in closest or closest[own][:2] < (per_cent, -earlier)):
                closest[own] = (per_cent, -earlier, other)
        found += [_twin(comment, other, per_cent) for per_cent, _, other in closest.values()]
    return found


def band_breaches(ticked: Iterable[Ticked]) -> list[Flag]:
    """D7: points outside the band that the expert ticked himself."""
    return [
        Flag(
            "D7",
            f"“{one.criterion}”勾选“{one.band.label}”（{one.band.low}–{one.band.high} 分），给分 {one.points}，请专家确认。",
            bid=one.bid,
            expert=one.expert,
        )
        for one in ticked
        if not one.band.holds(one.points)
    ]


def _alike(mine: str, theirs: str) -> int | None:
    """Whole per cents of similarity, cut off; None below the threshold. Exact: counts of letters, no floats."""
    if min(len(mine), len(theirs)) < TWIN_LETTERS:
        return None
    both = len(mine) + len(theirs)
    most = both * (100 - TWIN_PER_CENT) // 100
    distance = Indel.distance(mine, theirs, score_cutoff=most)
    return (both - distance) * 100 // both if distance <= most else None


def _twin(comment: Comment, other: Comment, per_cent: int) -> Flag:
    if other.expert == comment.expert:
        message = f"对两项申报的评审意见相似度为 {per_cent}%，达到 {TWIN_PER_CENT}%。"
    else:
        message = f"评审意见与 {other.expert} 的相似度为 {per_cent}%，达到 {TWIN_PER_CENT}%。"
    return Flag("D6", message, bid=comment.bid, expert=comment.expert, other_bid=other.bid, other_expert=other.expert)


def _clock(spent: timedelta) -> str:
    minutes, seconds = divmod(int(spent.total_seconds()), 60)
    return f"{minutes} 分 {seconds} 秒"
