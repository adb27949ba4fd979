"""The form of a what-if: weights per criterion, rule, places and pass line; and what is written beside one that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from review.calibration.scenario import Scenario
from review.calibration.score_book import ScoreBook
from review.models import Expert
from review.scoring import AggregationRule, Criterion

RULES = {
    AggregationRule.MEAN: gettext_lazy("算术平均"),
    AggregationRule.TRIM1: gettext_lazy("去掉一个最高分和一个最低分"),
    AggregationRule.MEDIAN: gettext_lazy("中位数"),
    AggregationRule.GROUPED: gettext_lazy("按专家类别加权"),
    AggregationRule.NORM: gettext_lazy("标准化"),
}
WEIGHT, SHARE = "w_", "k_"
ALL = Decimal(100)


class WhatIfForm(forms.Form):
    rule = forms.ChoiceField(label=gettext_lazy("汇总规则"), choices=list(RULES.items()))
    quota = forms.IntegerField(label=gettext_lazy("立项名额（每题）"), min_value=0, max_value=99_999)
    pass_score = forms.DecimalField(
        label=gettext_lazy("合格线（分）"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    reserve_count = forms.IntegerField(label=gettext_lazy("备选名额（每题）"), min_value=0, max_value=99_999)

    def __init__(self, data: Mapping[str, Any] | None, *, start: Scenario, book: ScoreBook) -> None:
        """`start`: the values shown first. Fields that `data` lacks are those of `start`, so that a link may name a few."""
        self.criteria: list[Criterion] = [c for c in book.criteria if c.max_score]
        self.kinds = sorted({*book.kinds, *start.class_weights})
        self.book = book
        values = self._values(start)
        super().__init__({**values, **{k: data[k] for k in values if k in data}} if data is not None else None)
        self.initial = values
        for criterion in self.criteria:
            self.fields[WEIGHT + criterion.code] = forms.DecimalField(
                label=criterion.name, min_value=0, max_value=100, max_digits=5, decimal_places=2
            )
        names = dict(Expert.SeatType.choices)
        for kind in self.kinds:
            self.fields[SHARE + kind] = forms.IntegerField(
                label=names.get(kind, kind), min_value=0, max_value=100, required=False
            )

    def _values(self, scenario: Scenario) -> dict[str, Any]:
        return {
            "rule": str(scenario.rule),
            "quota": scenario.quota,
            "pass_score": f"{scenario.pass_score.normalize():f}",
            "reserve_count": scenario.reserve_count,
            **{WEIGHT + c.code: f"{scenario.weights.get(c.code, Decimal(0)).normalize():f}" for c in self.criteria},
            **{SHARE + kind: scenario.class_weights.get(kind, 0) for kind in self.kinds},
        }

    @property
    def weights(self) -> list[forms.BoundField]:
        return [self[WEIGHT + c.code] for c in self.criteria]

    @property
    def shares(self) -> list[forms.BoundField]:
        return [self[SHARE + kind] for kind in self.kinds]

    @property
    def total(self) -> Decimal | None:
        """What the weights add up to; None while one of them is no number."""
        try:
            return sum((Decimal(str(field.value())) for field in self.weights), Decimal(0))
        except ArithmeticError:
            return None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        self._must_be_all("weights", sum((cleaned[WEIGHT + c.code] for c in self.criteria), Decimal(0)))
        if cleaned["rule"] == AggregationRule.GROUPED:
            self._must_be_all("shares", sum((Decimal(cleaned[SHARE + k] or 0) for k in self.kinds), Decimal(0)))
        if not self.errors:
            for sentence in self.scenario().problems(self.book.criteria, self.book.kinds):
                self.add_error(None, sentence)
        return cleaned

    def _must_be_all(self, what: str, total: Decimal) -> None:
        if total == ALL:
            return
        sentence = {
            ("weights", True): _("指标权重合计应为 100，现为 %(total)s：请在某项指标上增加 %(gap)s。"),
            ("weights", False): _("指标权重合计应为 100，现为 %(total)s：请在某项指标上减少 %(gap)s。"),
            ("shares", True): _("专家类别权重合计应为 100%%，现为 %(total)s%%：请在某一类上增加 %(gap)s。"),
            ("shares", False): _("专家类别权重合计应为 100%%，现为 %(total)s%%：请在某一类上减少 %(gap)s。"),
        }[what, total < ALL]
        self.add_error(None, sentence % {"total": f"{total.normalize():f}", "gap": f"{abs(ALL - total).normalize():f}"})

    def scenario(self, name: str = "") -> Scenario:
        """What was entered. Veto items weigh nothing."""
        given = self.cleaned_data
        grouped = given["rule"] == AggregationRule.GROUPED
        return Scenario(
            name=name or _("推演方案"),
            rule=given["rule"],
            weights={c.code: given.get(WEIGHT + c.code, Decimal(0)) for c in self.book.criteria},
            quota=given["quota"],
            pass_score=given["pass_score"],
            reserve_count=given["reserve_count"],
            class_weights={k: share for k in self.kinds if grouped and (share := given[SHARE + k])},
        )

    def entered(self) -> list[tuple[str, Any]]:
        """Every field with its value, to be sent along when the scenario is kept."""
        return [(name, self[name].value()) for name in self.fields]


class KeepForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("方案名称"), max_length=60,
        error_messages={"required": gettext_lazy("请给方案起一个名称，便于在会上引用。")},
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("说明"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("例如：应组长要求，看提高技术路线权重后谁会变化。"),
    )  # fmt: skip
