"""Who goes on in a race and why (domain 2.8, 4.5). Pure: no Django import, decides nothing by accident.

Order of computation: late or no report → gates → veto → score rank with the tie rule → threshold and
places → minKeep/maxKeep. A lane that fails one of the first three is out whatever its score and is
never brought back by minKeep. Ties: must-indicator margin → user score → technical criterion → ballot
run by the chair; if that is equal too, all stay when the next stage's money carries them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from review.scoring.points import half_up, require_points
from review.scoring.ranking import Key, TieGroup, settle

#: Longest list of indicator names in a reason, which has to fit the notice's 300 characters.
_NAMES_LENGTH = 160
#: Stands for the step that decided where a gate-only stage was held without scores.
_UNRANKED = ""


class RuleType(StrEnum):
    """How a stage thins the field; the values of `RaceStage.rule`."""

    TOP_K = "TOP_K"
    THRESHOLD = "THRESHOLD"
    TOP_K_AND_THRESHOLD = "TOP_K_AND_THRESHOLD"
    LAST_PLACE = "LAST_PLACE"
    GATE_ONLY = "GATE_ONLY"


_WITH_PLACES = {RuleType.TOP_K, RuleType.TOP_K_AND_THRESHOLD}
_WITH_THRESHOLD = {RuleType.THRESHOLD, RuleType.TOP_K_AND_THRESHOLD}


class Report(StrEnum):
    """When the stage report came. Within the grace period it counts as handed in (domain 2.7)."""

    ON_TIME = "ON_TIME"
    GRACE = "GRACE"
    LATE = "LATE"
    MISSING = "MISSING"


class Outcome(StrEnum):
    """ADVANCED, ELIMINATED, or waiting for the ballot between lanes that nothing else separates."""

    ADVANCED = "ADVANCED"
    ELIMINATED = "ELIMINATED"
    NEEDS_BALLOT = "NEEDS_BALLOT"


@dataclass(frozen=True)
class LaneResult:
    """What the comparison panel found for one lane. Scores in points of 100.

    `lane` is the name used in sentences. `missed_gates` names the must-indicators that were not met,
    `veto` the reason of a veto. `must_margin` is the smallest `projects.indicators.margin` over the
    must-indicators, `ballot` the place in the chair-run ballot (1 first, equal places: still tied).
    """

    lane: str
    score: Decimal | None = None
    report: Report = Report.ON_TIME
    missed_gates: tuple[str, ...] = ()
    veto: str = ""
    must_margin: Decimal | None = None
    user_score: Decimal | None = None
    technical_score: Decimal | None = None
    ballot: int | None = None


@dataclass(frozen=True)
class EliminationRule:
    """A stage's rule. `keep` lanes for the TOP_K types, `threshold` points for the THRESHOLD types.

    `min_keep` is 1 unless the lead chose to let the race end without a winner (0). `max_keep` caps
    every type. `affordable`: how many lanes the next stage's money carries, for a tie after a ballot.
    Raises ValueError when numbers are missing or contradict each other.
    """

    type: RuleType | str
    keep: int | None = None
    threshold: Decimal | int | None = None
    min_keep: int = 1
    max_keep: int | None = None
    affordable: int | None = None

    def __post_init__(self) -> None:
        if self.type not in list(RuleType):
            raise ValueError(f"unknown elimination rule {self.type!r}; known are {', '.join(RuleType)}")
        if self.type in _WITH_PLACES and (self.keep is None or self.keep < 1):
            raise ValueError(f"{self.type} needs keep of at least 1")
        if self.type in _WITH_THRESHOLD:
            if not isinstance(self.threshold, Decimal | int):
                raise ValueError(f"{self.type} needs a threshold as Decimal or int, not {self.threshold!r}")
            require_points([Decimal(self.threshold)])
        if self.min_keep < 0 or (self.max_keep is not None and self.max_keep < max(self.min_keep, 1)):
            raise ValueError("min_keep must not be negative, max_keep not below it and at least 1")


@dataclass(frozen=True)
class LaneDecision:
    """One lane's fate with the sentence for its notice. `rank` is None for lanes that were not ranked."""

    lane: str
    outcome: Outcome
    rank: int | None
    reason: str


@dataclass(frozen=True)
class StageDecision:
    """All lanes, the ranked ones first. `needs_ballot` names the lanes that a ballot must separate."""

    lanes: tuple[LaneDecision, ...]
    needs_ballot: tuple[str, ...] = ()

    @property
    def advanced(self) -> tuple[str, ...]:
        return tuple(d.lane for d in self.lanes if d.outcome is Outcome.ADVANCED)

    @property
    def nobody_is_left(self) -> bool:
        """The lead must choose: extend once, post again or close without a winner (domain 2.8)."""
        return all(d.outcome is Outcome.ELIMINATED for d in self.lanes)


_STEPS: list[Key[LaneResult]] = [
    ("得分", lambda r: r.score),
    ("必达指标富余度", lambda r: r.must_margin),
    ("用户评分", lambda r: r.user_score),
    ("技术指标评分", lambda r: r.technical_score),
    ("组长主持的抽签", lambda r: None if r.ballot is None else -r.ballot),
]


def decide(lanes: Sequence[LaneResult], rule: EliminationRule) -> StageDecision:
    """Decide a stage: every lane is told its outcome and why (domain 4.5, elimination order).

    LAST_PLACE drops one lane per stage: when a lane is already out for its report, a gate or a veto,
    that one was the last. The order of `lanes` has no influence.
    Raises ValueError for no lanes, a lane named twice, a score that is no Decimal of 0–100, or a
    missing score where the rule has to rank.
    """
    if len({r.lane for r in lanes}) != len(lanes) or not lanes:
        raise ValueError("a stage needs at least one lane, each named once")
    out = {r.lane: sentence for r in lanes if (sentence := _why_out(r))}
    field = [r for r in lanes if r.lane not in out]
    groups = _ranked(field, rule)
    earned = _earned_places(field, rule, some_are_out=bool(out))
    cut, tied = _settle_tie(groups, _bounded(earned, len(field), rule), rule)
    decisions: list[LaneDecision] = []
    for group in groups:
        stand = _Stand(group, len(decisions) + 1, len(decisions) + len(group.items), earned, cut, tied)
        decisions += [_ranked_lane(r, stand, rule) for r in sorted(group.items, key=lambda r: r.lane)]
    decisions += [LaneDecision(lane, Outcome.ELIMINATED, None, out[lane]) for lane in sorted(out)]
    return StageDecision(tuple(decisions), tied)


def _why_out(r: LaneResult) -> str:
    """Why a lane is out before any ranking; empty when it is not."""
    if r.report is Report.MISSING:
        return "未提交阶段报告，不参加排名，予以淘汰。"
    if r.report is Report.LATE:
        return "阶段报告超过宽限期提交，不参加排名，予以淘汰。"
    if r.missed_gates:
        return f"必达指标未达标：{_names(r.missed_gates)}；不论名次均予淘汰。"
    if r.veto:
        return f"触发一票否决：{r.veto}；不论名次均予淘汰。"
    return ""


def _names(names: Sequence[str]) -> str:
    """The names that fit into the notice, and how many there are when not all do."""
    shown = list(names)
    while len(shown) > 1 and len("、".join(shown)) > _NAMES_LENGTH:
        shown.pop()
    return "、".join(shown) + (f" 等 {len(names)} 项" if len(shown) < len(names) else "")


def _ranked(field: list[LaneResult], rule: EliminationRule) -> list[TieGroup[LaneResult]]:
    scored = [r.score for r in field if r.score is not None]
    others = [p for r in field for p in (r.user_score, r.technical_score) if p is not None]
    if scored or others:
        require_points([*scored, *others])
    if any(not isinstance(r.must_margin, Decimal | None) for r in field):
        raise ValueError("a margin must be a Decimal")
    if len(scored) < len(field):
        capped = rule.max_keep is not None and rule.max_keep < len(field)
        if rule.type != RuleType.GATE_ONLY or capped:
            raise ValueError(f"no score for {', '.join(r.lane for r in field if r.score is None)}")
        return [TieGroup(field, _UNRANKED)]
    return settle(field, _STEPS)


def _earned_places(field: list[LaneResult], rule: EliminationRule, *, some_are_out: bool) -> int:
    """How many of the ranked lanes go on by the rule itself: ties, minKeep and maxKeep aside."""
    places = len(field)
    if rule.type == RuleType.LAST_PLACE and not some_are_out:
        places -= 1
    if rule.type in _WITH_PLACES:
        places = min(places, rule.keep or 0)
    if rule.type in _WITH_THRESHOLD:
        places = min(places, sum(not _below(r, rule) for r in field))
    return places


def _bounded(earned: int, running: int, rule: EliminationRule) -> int:
    highest = running if rule.max_keep is None else min(rule.max_keep, running)
    return min(max(earned, rule.min_keep), highest)


def _below(r: LaneResult, rule: EliminationRule) -> bool:
    """Whether a threshold rule finds the lane's score too low."""
    return (
        rule.type in _WITH_THRESHOLD and rule.threshold is not None and r.score is not None and r.score < rule.threshold
    )


def _settle_tie(groups: list[TieGroup[LaneResult]], places: int, rule: EliminationRule) -> tuple[int, tuple[str, ...]]:
    """The number of places and the lanes that a ballot must separate, if the cut falls between equals."""
    end = 0
    for group in groups:
        start, end = end, end + len(group.items)
        if start < places < end:
            balloted = all(r.ballot is not None for r in group.items)
            limit = min(rule.affordable or 0, end if rule.max_keep is None else rule.max_keep)
            if balloted and end <= limit:
                return end, ()
            return places, tuple(sorted(r.lane for r in group.items))
    return places, ()


@dataclass(frozen=True)
class _Stand:
    """Where a group of equals stands: its places first…last, the places earned and the final cut."""

    group: TieGroup[LaneResult]
    first: int
    last: int
    earned: int
    cut: int
    tied: tuple[str, ...]


def _ranked_lane(r: LaneResult, stand: _Stand, rule: EliminationRule) -> LaneDecision:
    if stand.group.decided_by == _UNRANKED or r.score is None:
        return LaneDecision(r.lane, Outcome.ADVANCED, None, "必达指标全部达标，晋级。")
    got = f"得分 {half_up(r.score)}，第 {stand.first} 名"
    if stand.group.decided_by != _STEPS[0][0]:
        got += f"（同分，按{stand.group.decided_by}排序）"
    if r.lane in stand.tied:
        others = "、".join(lane for lane in stand.tied if lane != r.lane)
        reason = f"{got}，与{others}各项比较均相同而晋级名额不足，待组长主持抽签。"
        return LaneDecision(r.lane, Outcome.NEEDS_BALLOT, stand.first, reason)
    if stand.last <= stand.cut:
        return LaneDecision(r.lane, Outcome.ADVANCED, stand.first, f"{got}，{_why_on(r, stand, rule)}，晋级。")
    return LaneDecision(r.lane, Outcome.ELIMINATED, stand.first, f"{got}，{_why_not(r, stand, rule)}，淘汰。")


def _why_on(r: LaneResult, stand: _Stand, rule: EliminationRule) -> str:
    if stand.last > stand.earned:
        if stand.last > rule.min_keep:
            return "并列且经费允许，一并保留"
        line = f"低于合格线 {rule.threshold} 分，" if _below(r, rule) else ""
        return f"{line}按至少保留 {rule.min_keep} 家的规定保留"
    return {
        RuleType.TOP_K: f"在 {rule.keep} 个晋级名额之内",
        RuleType.THRESHOLD: f"达到合格线 {rule.threshold} 分",
        RuleType.TOP_K_AND_THRESHOLD: f"达到合格线 {rule.threshold} 分且在 {rule.keep} 个晋级名额之内",
        RuleType.LAST_PLACE: "未列末位",
        RuleType.GATE_ONLY: "必达指标全部达标",
    }[RuleType(rule.type)]


def _why_not(r: LaneResult, stand: _Stand, rule: EliminationRule) -> str:
    if _below(r, rule):
        return f"低于合格线 {rule.threshold} 分"
    if stand.first <= stand.earned:
        return f"在至多保留 {rule.max_keep} 家的上限之外"
    return f"在 {rule.keep} 个晋级名额之外" if rule.type in _WITH_PLACES else "列末位"
