"""一个推演方案: weights, rule and cut line as data that can be kept in a file. No Django import."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from review.calibration.exact_cents import aggregate_cents, expert_totals, whole_weights
from review.calibration.score_book import Ints, ScoreBook
from review.calibration.standings import Cut, Standings, standings
from review.scoring import AggregationRule, Criterion


@dataclass(frozen=True)
class Scenario:
    """What would be decided under other rules. Weights and pass score in points of 100, two decimals.

    `class_weights`: seat type → per cent, read by the rule `grouped` only. `quota`, `pass_score` and
    `reserve_count` hold for every contest of the book.
    """

    name: str
    rule: str
    weights: Mapping[str, Decimal]
    quota: int
    pass_score: Decimal = Decimal(75)
    reserve_count: int = 1
    class_weights: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def published(
        cls, criteria: Sequence[Criterion], rule: str, quota: int, pass_score: int | Decimal = 75,
        reserve_count: int = 1, class_weights: Mapping[str, int] | None = None,
    ) -> Scenario:  # fmt: skip
        """The rules as they were published: each criterion weighs what its points say."""
        weights = {c.code: Decimal(c.max_score) for c in criteria}
        return cls("公布的规则", rule, weights, quota, Decimal(pass_score), reserve_count, dict(class_weights or {}))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scenario:
        """What `to_json` wrote. Raises ValueError with a sentence for anything else."""
        if odd := sorted(set(data) ^ {f.name for f in fields(cls)}):
            raise ValueError(f"推演方案的字段不符：{'、'.join(odd)}")
        try:
            return cls(
                name=str(data["name"]),
                rule=str(AggregationRule(data["rule"])),
                weights={str(code): Decimal(weight) for code, weight in data["weights"].items()},
                quota=int(data["quota"]),
                pass_score=Decimal(data["pass_score"]),
                reserve_count=int(data["reserve_count"]),
                class_weights={str(kind): int(percent) for kind, percent in data["class_weights"].items()},
            )
        except (AttributeError, InvalidOperation, TypeError, ValueError) as fault:
            raise ValueError(f"推演方案无法读取：{fault}") from fault

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; decimals are strings, so that no reader makes floats of them."""
        return {
            "name": self.name,
            "rule": str(self.rule),
            "weights": {code: _plain(weight) for code, weight in self.weights.items()},
            "quota": self.quota,
            "pass_score": _plain(self.pass_score),
            "reserve_count": self.reserve_count,
            "class_weights": dict(self.class_weights),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the sorted JSON: the same scenario, written in any order, has the same one."""
        text = json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def problems(self, criteria: Sequence[Criterion], kinds: Sequence[str] = ()) -> list[str]:
        """Sentences that keep the scenario from being computed; empty when it is sound."""
        found = []
        try:
            weights = whole_weights(self.weights, [c.code for c in criteria])
        except ValueError as fault:
            found.append(str(fault))
        else:
            if heavy := [c.code for c, w in zip(criteria, weights, strict=True) if w and not c.max_score]:
                found.append(f"满分为 0 的指标不能有权重：{'、'.join(heavy)}")
        if self.rule not in list(AggregationRule):
            found.append(f"没有名为“{self.rule}”的汇总规则")
        if self.quota < 0 or self.reserve_count < 0:
            found.append("立项名额和备选名额不能小于 0")
        if not self.pass_score.is_finite() or not 0 <= self.pass_score <= 100 or self.pass_score * 100 % 1:
            found.append(f"及格分应为 0 至 100 的两位小数，现为 {self.pass_score}")
        if self.rule == AggregationRule.GROUPED:
            if sum(self.class_weights.values()) != 100 or min(self.class_weights.values(), default=0) <= 0:
                found.append("按类别加权时，类别权重须大于 0，合计 100%")
            if odd := sorted(set(kinds) - set(self.class_weights)):
                found.append(f"这些类别的专家没有权重：{'、'.join(odd)}")
        return found


@dataclass(frozen=True, eq=False)
class Computed:
    """Everything a scenario makes of a book: totals (b × s) and scores (b) in cents, ranks and fates."""

    totals: Ints
    scores: Ints
    standings: Standings


def compute(book: ScoreBook, scenario: Scenario, weights: Ints | None = None) -> Computed:
    """Totals → scores → ranks → cut. `weights` (hundredths, in the order of the criteria) replace the scenario's.

    Raises ValueError with the sentences of `problems`.
    """
    if problems := scenario.problems(book.criteria, book.kinds):
        raise ValueError("；".join(problems))
    whole = whole_weights(scenario.weights, [c.code for c in book.criteria]) if weights is None else weights
    totals = expert_totals(book, whole)
    scores = aggregate_cents(book, totals, scenario.rule, scenario.class_weights)
    cut = Cut(scenario.quota, int(scenario.pass_score * 100), scenario.reserve_count)
    return Computed(totals, scores, standings(book, scores, totals, int(np.argmax(whole)), cut))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
