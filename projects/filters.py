"""What the tables can be narrowed by. Filters are GET forms; their addresses can be kept and shared."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency, Organisation, User
from projects.disclosure import shown_states_are
from projects.forms import YUAN_PER_WAN
from projects.models import Bid, Challenge, ChallengeList, Demand, RuleSet
from projects.queries import demands_visible_to, lists_visible_to
from projects.search import with_words, words_of


class Filter(forms.Form):
    """A GET form whose unknown values are ignored rather than complained about."""

    def value(self, name: str) -> Any:
        self.is_valid()
        return self.cleaned_data.get(name) or None

    @property
    def is_in_use(self) -> bool:
        return any(self.value(name) for name in self.fields)


def _choices(choices: Any, empty: Any) -> list[tuple[str, Any]]:
    return [("", empty), *choices]


class ListFilter(Filter):
    q = forms.CharField(label=_("关键词"), required=False)
    mode = forms.ChoiceField(label=_("组织方式"), required=False, choices=_choices(RuleSet.Mode.choices, _("全部方式")))
    state = forms.ChoiceField(
        label=_("状态"), required=False, choices=_choices(ChallengeList.State.choices, _("全部状态"))
    )
    agency = forms.ModelChoiceField(
        label=_("主管部门"), required=False, queryset=Agency.objects.select_related("organisation"),
        to_field_name="code", empty_label=_("全部部门"),
    )  # fmt: skip

    def apply(self, rows: QuerySet[ChallengeList]) -> QuerySet[ChallengeList]:
        if text := self.value("q"):
            rows = rows.filter(Q(title__icontains=text) | Q(number__icontains=text))
        if mode := self.value("mode"):
            rows = rows.filter(rule_set__mode=mode)
        if state := self.value("state"):
            rows = rows.filter(state=state)
        if agency := self.value("agency"):
            rows = rows.filter(agency=agency)
        return rows


class ChallengeFilter(Filter):
    MONEY = ((100, _("100 万元以上")), (300, _("300 万元以上")), (500, _("500 万元以上")), (1000, _("1000 万元以上")))

    q = forms.CharField(label=_("关键词"), required=False, max_length=60)
    field = forms.ChoiceField(
        label=_("技术领域"), required=False, choices=_choices(Challenge.Field.choices, _("全部领域"))
    )
    mode = forms.ChoiceField(label=_("组织方式"), required=False, choices=_choices(RuleSet.Mode.choices, _("全部方式")))
    state = forms.ChoiceField(label=_("状态"), required=False, choices=_choices(Challenge.State.choices, _("全部状态")))
    money = forms.ChoiceField(label=_("榜金"), required=False, choices=_choices(MONEY, _("不限")))
    sort = forms.ChoiceField(
        label=_("排序"), required=False,
        choices=[("", _("默认（题名相符在前）")), ("-close", _("截止从晚到早")), ("close", _("截止从早到晚")), ("-money", _("榜金从高到低")), ("number", _("按编号"))],
    )  # fmt: skip

    @property
    def words(self) -> list[str]:
        return words_of(self.value("q") or "")

    @property
    def narrows_otherwise(self) -> bool:
        return any(self.value(name) for name in ("field", "mode", "state", "money"))

    def apply(self, rows: QuerySet[Challenge]) -> QuerySet[Challenge]:
        rows = with_words(rows, self.words)
        for name, column in (("field", "field"), ("mode", "challenge_list__rule_set__mode"), ("state", "state")):
            if value := self.value(name):
                rows = rows.filter(**{column: value})
        if money := self.value("money"):
            rows = rows.filter(cap_yuan__gte=int(money) * YUAN_PER_WAN)
        return rows


class BidFilter(Filter):
    q = forms.CharField(label=_("关键词"), required=False, max_length=60)
    list = forms.ModelChoiceField(
        label=_("榜单"), required=False, queryset=ChallengeList.objects.none(), to_field_name="number",
        empty_label=_("全部榜单"),
    )  # fmt: skip
    challenge = forms.CharField(label=_("榜题编号"), required=False, max_length=40)
    state = forms.ChoiceField(label=_("状态"), required=False, choices=_choices(Bid.State.choices, _("全部状态")))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only lists that can hold a bid: drafts of a list have none.
        lists = lists_visible_to(user).filter(published_at__isnull=False)
        self.user = user
        self.fields["list"].queryset = lists  # type: ignore[attr-defined]

    def apply(self, rows: QuerySet[Bid]) -> QuerySet[Bid]:
        if text := self.value("q"):
            # Names are looked up apart: joined into the OR they would mislead the planner (10 × slower).
            units = Organisation.objects.filter(name__icontains=text).order_by().values("pk")
            people = User.objects.filter(name__icontains=text).order_by().values("pk")
            rows = rows.filter(
                Q(title__icontains=text) | Q(number__icontains=text) | Q(organisation__in=units) | Q(pi__in=people)
            )
        if found := self.value("list"):
            rows = rows.filter(challenge__challenge_list=found)
        if number := self.value("challenge"):
            rows = rows.filter(challenge__number=number)
        if state := self.value("state"):
            rows = rows.filter(shown_states_are(self.user, [state]))
        return rows


class DemandFilter(Filter):
    q = forms.CharField(label=_("关键词"), required=False, max_length=60)
    list = forms.ModelChoiceField(
        label=_("榜单"), required=False, queryset=ChallengeList.objects.none(), to_field_name="number",
        empty_label=_("全部榜单"),
    )  # fmt: skip
    field = forms.ChoiceField(
        label=_("技术领域"), required=False, choices=_choices(Challenge.Field.choices, _("全部领域"))
    )
    state = forms.ChoiceField(label=_("状态"), required=False, choices=_choices(Demand.State.choices, _("全部状态")))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By their demands: the list itself may not be public yet.
        lists = demands_visible_to(user).order_by().values("challenge_list")
        self.fields["list"].queryset = ChallengeList.objects.filter(pk__in=lists)  # type: ignore[attr-defined]

    def apply(self, rows: QuerySet[Demand]) -> QuerySet[Demand]:
        if text := self.value("q"):
            units = Organisation.objects.filter(name__icontains=text).order_by().values("pk")
            rows = rows.filter(Q(title__icontains=text) | Q(number__icontains=text) | Q(demander__in=units))
        if found := self.value("list"):
            rows = rows.filter(challenge_list=found)
        for name in ("field", "state"):
            if value := self.value(name):
                rows = rows.filter(**{name: value})
        return rows
