"""What the overview of reviews can be narrowed by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from projects.filters import Filter
from projects.models import ChallengeList
from projects.queries import lists_visible_to
from review.models import ReviewTally
from review.models.review_tally import SPLIT, WIDE

#: Value → (label, condition). Those of the second table tell something about points.
PROGRESS: dict[str, tuple[Any, Q]] = {
    "waiting": (_("未评完"), Q(submitted__lt=F("assigned"))),
    "complete": (_("已评完"), Q(submitted=F("assigned"), assigned__gt=0)),
    "closed": (_("轮次已结束"), Q(is_closed=True)),
}
POINTS: dict[str, tuple[Any, Q]] = {
    "wide": (_("分差 20 分以上"), Q(spread__gte=WIDE)),
    "split": (_("推荐与落选对立"), Q(strong__gte=SPLIT, reject__gte=SPLIT)),
    "veto": (_("有一票否决"), Q(vetoes__gt=0)),
}


def _choices(table: dict[str, tuple[Any, Q]], empty: Any) -> list[tuple[str, Any]]:
    return [("", empty), *((value, label) for value, (label, _condition) in table.items())]


class TallyFilter(Filter):
    q = forms.CharField(label=_("关键词"), required=False, max_length=60)
    list = forms.ModelChoiceField(
        label=_("榜单"), required=False, queryset=ChallengeList.objects.none(), to_field_name="number",
        empty_label=_("全部榜单"),
    )  # fmt: skip
    progress = forms.ChoiceField(label=_("进度"), required=False, choices=_choices(PROGRESS, _("全部进度")))
    points = forms.ChoiceField(label=_("提示"), required=False, choices=_choices(POINTS, _("不限")))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = lists_visible_to(user).filter(challenges__rounds__isnull=False).distinct()
        self.fields["list"].queryset = lists  # type: ignore[attr-defined]

    @property
    def asks_for_points(self) -> bool:
        return self.value("points") is not None

    def apply(self, rows: QuerySet[ReviewTally]) -> QuerySet[ReviewTally]:
        if text := self.value("q"):
            rows = rows.filter(Q(bid__title__icontains=text) | Q(bid__number__icontains=text))
        if found := self.value("list"):
            rows = rows.filter(bid__challenge__challenge_list=found)
        for name, table in (("progress", PROGRESS), ("points", POINTS)):
            if value := self.value(name):
                rows = rows.filter(table[value][1])
        return rows
