"""The points of many sheets as arrays of whole numbers, for what is computed a thousand times. No Django import.

Half points are whole numbers of halves, so nothing is lost and nothing is a float. Seats of a bid that
has fewer experts than the largest panel are empty: `seated` is False there and the points are 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from review.scoring import Criterion
from review.scoring.points import HUNDRED

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: “Not known”, where a whole number of yuan or a place in a ballot would stand.
UNKNOWN = -1


@dataclass(frozen=True)
class Sheet:
    """One expert's points for one bid, criterion → points. `kind` is his seat type."""

    expert: str
    bid: str
    points: Mapping[str, Decimal]
    kind: str = "TECHNICAL"
    vetoed: bool = False


@dataclass(frozen=True)
class Contender:
    """A bid and what may break its ties. Bids are ranked within their `contest` (a challenge's number)."""

    bid: str
    contest: str = ""
    requested_yuan: int | None = None
    ballot: int | None = None


@dataclass(frozen=True, eq=False)
class ScoreBook:
    """Shapes: b bids, s seats of the largest panel, c criteria; `halves` in half points.

    A bid's experts sit in the order of `experts`, so equal rows of `expert_at` and `seated` are one panel.
    """

    bids: tuple[str, ...]
    contests: tuple[str, ...]
    experts: tuple[str, ...]
    kinds: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    halves: Ints  # b × s × c
    seated: Bools  # b × s
    expert_at: Ints  # b × s, into `experts`
    kind_at: Ints  # b × s, into `kinds`
    contest_of: Ints  # b, into `contests`
    yuan: Ints  # b
    ballot: Ints  # b
    vetoed: Bools  # b

    @classmethod
    def of(cls, contenders: Sequence[Contender], sheets: Iterable[Sheet], criteria: Sequence[Criterion]) -> ScoreBook:
        """Raises ValueError, naming bid and expert, for points outside a criterion or not in halves, for a
        bid without a sheet, a sheet without its bid, and two sheets of one expert on one bid."""
        if sum(Decimal(c.max_score) for c in criteria) != HUNDRED:
            raise ValueError("the criteria's points must add up to 100")
        if not contenders:
            raise ValueError("there are no bids")
        place = {contender.bid: n for n, contender in enumerate(contenders)}
        if len(place) != len(contenders):
            raise ValueError("a bid is listed twice")
        panels: list[dict[str, Sheet]] = [{} for _ in contenders]
        for sheet in sheets:
            if sheet.bid not in place:
                raise ValueError(f"{sheet.expert} scored {sheet.bid}, which is not listed")
            if panels[place[sheet.bid]].setdefault(sheet.expert, sheet) is not sheet:
                raise ValueError(f"{sheet.expert} scored {sheet.bid} twice")
        if empty := [c.bid for c, panel in zip(contenders, panels, strict=True) if not panel]:
            raise ValueError(f"nobody scored {'、'.join(empty)}")
        return cls._filled(contenders, [[panel[name] for name in sorted(panel)] for panel in panels], criteria)

    @classmethod
    def _filled(
        cls, contenders: Sequence[Contender], panels: list[list[Sheet]], criteria: Sequence[Criterion]
    ) -> ScoreBook:
        flat = [sheet for panel in panels for sheet in panel]
        experts, kinds = sorted({s.expert for s in flat}), sorted({s.kind for s in flat})
        contests = sorted({c.contest for c in contenders})
        number = {name: n for n, name in enumerate(experts)}
        kind_no = {name: n for n, name in enumerate(kinds)}
        contest_no = {name: n for n, name in enumerate(contests)}
        sizes = np.array([len(panel) for panel in panels], dtype=np.int64)
        seated = np.arange(sizes.max(initial=0)) < sizes[:, None]
        halves = np.zeros((*seated.shape, len(criteria)), dtype=np.int64)
        expert_at, kind_at = np.zeros(seated.shape, dtype=np.int64), np.zeros(seated.shape, dtype=np.int64)
        halves[seated] = [_halves(sheet, criteria) for sheet in flat]
        expert_at[seated] = [number[s.expert] for s in flat]
        kind_at[seated] = [kind_no[s.kind] for s in flat]
        return cls(
            bids=tuple(c.bid for c in contenders),
            contests=tuple(contests),
            experts=tuple(experts),
            kinds=tuple(kinds),
            criteria=tuple(criteria),
            halves=halves,
            seated=seated,
            expert_at=expert_at,
            kind_at=kind_at,
            contest_of=np.array([contest_no[c.contest] for c in contenders], dtype=np.int64),
            yuan=_known([c.requested_yuan for c in contenders]),
            ballot=_known([c.ballot for c in contenders]),
            vetoed=np.array([any(s.vetoed for s in panel) for panel in panels], dtype=np.bool_),
        )

    @property
    def sizes(self) -> Ints:
        """How many experts scored each bid."""
        found: Ints = self.seated.sum(axis=1)
        return found

    @property
    def digest(self) -> str:
        """SHA-256 of everything a result depends on, so that a saved scenario says what it was computed from."""
        found = hashlib.sha256(repr((self.bids, self.contests, self.experts, self.kinds, self.criteria)).encode())
        for array in (self.halves, self.seated, self.expert_at, self.kind_at, self.contest_of, self.yuan, self.ballot):
            found.update(np.ascontiguousarray(array).tobytes())
        found.update(self.vetoed.tobytes())
        return found.hexdigest()


def _known(values: Sequence[int | None]) -> Ints:
    return np.array([UNKNOWN if value is None else value for value in values], dtype=np.int64)


def _halves(sheet: Sheet, criteria: Sequence[Criterion]) -> list[int]:
    found = []
    for criterion in criteria:
        points = sheet.points.get(criterion.code, Decimal(0) if criterion.veto else None)
        if not isinstance(points, Decimal):
            raise ValueError(f"{sheet.expert} on {sheet.bid}: “{criterion.name}” needs a Decimal, not {points!r}")
        doubled = points * 2
        if doubled % 1 or not 0 <= points <= criterion.max_score:
            raise ValueError(
                f"{sheet.expert} on {sheet.bid}: “{criterion.name}” must be 0 to {criterion.max_score} in halves, not {points}"
            )
        found.append(int(doubled))
    return found
