"""The defence: who speaks when. Order by lot, replayable; a time table within working hours. No Django import.

The order is drawn with the lots of the panel's draw (`review.draw`): the seed is committed beforehand,
and mixed with a value that did not exist when it was chosen. Rules: domain 2.5, 3.8.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from review.draw import ReplayMismatch, commit

ALGORITHM = "hmac-sha256-order/1"
#: A panel hears 8 to 10 bids a day (domain 2.5).
MOST_A_DAY = 10


@dataclass(frozen=True)
class Hours:
    """A panel's day, local time. `lunch`: from, until; no team speaks across it."""

    begins: time
    ends: time
    lunch: tuple[time, time] | None = None


@dataclass(frozen=True)
class Slot:
    """One team's time: it talks until `questions_at`, and answers until `ends_at`."""

    id: str
    position: int
    starts_at: datetime
    questions_at: datetime
    ends_at: datetime


class NotEnoughTime(ValueError):
    """The days given do not hold all teams. `left`: how many find no slot."""

    def __init__(self, left: int) -> None:
        super().__init__(f"所给的日期和时段排不下全部答辩，还差 {left} 家；请提早开始、推迟结束或缩短时长。")
        self.left = left


def draw_order(ids: Iterable[str], seed: bytes, entropy: str) -> dict[str, Any]:
    """The record of one draw; `record["order"]` is the order of appearance.

    `entropy`: text that became known only after `commit(seed)` was put on record. Every order has the same
    probability, for the reason given in `review.draw`. Raises ValueError for no ids, double ids, blank
    entropy or a seed that is not 32 bytes long.
    """
    rows = sorted(ids)
    if not rows or len(set(rows)) != len(rows):
        raise ValueError("an order needs ids, each of them once")
    if not entropy.strip():
        raise ValueError("entropy is missing: without it the seed's owner could try seeds beforehand")
    commitment = commit(seed)
    key = hashlib.sha256(seed + entropy.encode()).digest()
    order = sorted(rows, key=lambda one: (hmac.digest(key, f"DEFENCE|{one}".encode(), "sha256"), one))
    return {
        "algorithm": ALGORITHM,
        "seed_commitment": commitment,
        "entropy": entropy,
        "ids": rows,
        "ids_digest": digest_of(rows),
        "order": order,
    }


def digest_of(ids: Iterable[str]) -> str:
    """SHA-256 in hex of the set of those who are to be put in order."""
    return hashlib.sha256(json.dumps(sorted(ids), ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def replay_order(record: Mapping[str, Any], seed: bytes) -> list[str]:
    """Draw again from a record. Raises ReplayMismatch that names the first entry that differs."""
    try:
        again = draw_order(record["ids"], seed, record["entropy"])
        different = next((name for name, value in again.items() if record[name] != value), None)
    except KeyError as missing:
        raise ReplayMismatch(str(missing.args[0]), "记录中没有这一项。") from missing
    except (TypeError, ValueError, AttributeError) as fault:
        raise ReplayMismatch("record", f"记录无法重放：{fault}") from fault
    if different is not None:
        raise ReplayMismatch(different)
    return list(again["order"])


def timetable(
    order: Sequence[str],
    days: Sequence[date],
    hours: Hours,
    *,
    talk: int,
    questions: int,
    buffer: int,
    zone: tzinfo,
    most_a_day: int = MOST_A_DAY,
) -> list[Slot]:
    """Slots in the order given; `talk`, `questions` and `buffer` (between two teams) in minutes.

    A slot that would run into lunch begins after it, one that would run past the day's end begins the next
    day. Raises NotEnoughTime, ValueError for a length that is no length.
    """
    if talk < 1 or questions < 0 or buffer < 0 or most_a_day < 1:
        raise ValueError("a slot needs at least one minute of talk and no negative minutes")
    length, slots = timedelta(minutes=talk + questions), list[Slot]()
    for day in days:
        starts, today = _at(day, hours.begins, zone), 0
        while len(slots) < len(order) and today < most_a_day:
            starts = _past_lunch(starts, length, day, hours, zone)
            if starts + length > _at(day, hours.ends, zone):
                break
            asked = starts + timedelta(minutes=talk)
            slots.append(Slot(order[len(slots)], len(slots) + 1, starts, asked, starts + length))
            starts, today = starts + length + timedelta(minutes=buffer), today + 1
    if len(slots) < len(order):
        raise NotEnoughTime(len(order) - len(slots))
    return slots


def _past_lunch(starts: datetime, length: timedelta, day: date, hours: Hours, zone: tzinfo) -> datetime:
    if hours.lunch is None:
        return starts
    begins, ends = (_at(day, moment, zone) for moment in hours.lunch)
    return ends if starts < ends and starts + length > begins else starts


def _at(day: date, moment: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, moment, zone)
