"""Award decisions: the index, one list's decision by challenge or as a whole, and its tables as CSV."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from accounts.roles import held_role
from config.csv_stream import csv_response
from config.paging import page_of
from config.templatetags.jiebang import instant, wan
from projects.decision_table import Line, Table, table_of
from projects.filters import Filter
from projects.models import AwardDecision, DecisionBatch, DecisionRow, LetterRecipient
from projects.queries import decisions_visible_to
from workflows.panel_opinion import dissents_in
from workflows.views import record_context

S, Outcome = AwardDecision.State, DecisionRow.Outcome
#: Which batch step is next in which state.
NEXT_BATCH = {
    S.OFFICE_MEETING: DecisionBatch.Kind.PUBLICISE,
    S.PARTY_GROUP: DecisionBatch.Kind.PUBLICISE,
    S.CLEARED: DecisionBatch.Kind.ISSUE,
    S.HELD: DecisionBatch.Kind.RELEASE,
}
SORTS: dict[str, Callable[[Line], Any]] = {
    "place": lambda line: line.place,
    "score": lambda line: line.row.score,
    "spread": lambda line: line.spread.deviation or 0,
    "asked": lambda line: line.row.bid.requested_yuan,
    "money": lambda line: line.row.award_yuan,
}


class RowFilter(Filter):
    q = forms.CharField(label=gettext_lazy("关键词"), required=False, max_length=60)
    challenge = forms.ChoiceField(label=gettext_lazy("榜题"), required=False)
    outcome = forms.ChoiceField(
        label=gettext_lazy("结论"), required=False, choices=[("", gettext_lazy("全部结论")), *Outcome.choices]
    )
    mark = forms.ChoiceField(
        label=gettext_lazy("标记"), required=False,
        choices=[("", gettext_lazy("不限")), ("tied", gettext_lazy("同分")), ("over", gettext_lazy("超出盘子")),
                 ("changed", gettext_lazy("会议更改"))],
    )  # fmt: skip

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        challenges = {line.row.bid.challenge.number: line.row.bid.challenge.title for line in table.lines}
        self.fields["challenge"].choices = [("", _("全部榜题")), *sorted(challenges.items())]  # type: ignore[attr-defined]

    def lines(self, table: Table) -> list[Line]:
        """The lines that match; the sums stay those of the whole list."""
        q, challenge, outcome = self.value("q"), self.value("challenge"), self.value("outcome")
        mark = self.value("mark")
        return [
            line
            for line in table.lines
            if (not q or q in line.row.bid.title or q in line.row.bid.organisation.name or q == line.row.bid.number)
            and (not challenge or line.row.bid.challenge.number == challenge)
            and (not outcome or line.row.outcome == outcome)
            and (mark != "tied" or line.tie or line.is_unresolved)
            and (mark != "over" or (line.running is not None and not line.fits))
            and (mark != "changed" or line.row.is_changed)
        ]


def _sorted(lines: list[Line], asked: str) -> list[Line]:
    key = SORTS.get(asked.removeprefix("-"))
    return sorted(lines, key=key, reverse=asked.startswith("-")) if key else lines


def decision_of(request: HttpRequest, number: str) -> AwardDecision:
    query = decisions_visible_to(request.user).select_related(
        "challenge_list__rule_set", "challenge_list__agency__organisation"
    )
    found: AwardDecision = get_object_or_404(query, challenge_list__number=number)
    return found


def may_propose(request: HttpRequest, decision: AwardDecision) -> bool:
    """Officers and leaders of the agency."""
    agency = decision.challenge_list.agency_id
    return held_role(request.user, Role.OFF, Role.AGY, Role.LEAD, agency=agency) is not None  # type: ignore[arg-type]


@login_required
def index(request: HttpRequest) -> HttpResponse:
    awards = Q(rows__outcome=Outcome.AWARD)
    rows = (
        decisions_visible_to(request.user)
        .select_related("challenge_list__agency")
        .annotate(award_count=Count("rows", filter=awards), money=Sum("rows__award_yuan"))
        .order_by("-pk")
    )
    return render(request, "projects/decisions.html", {"page": page_of(rows, request)})


@login_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """Filter, order and the line of the budget cost no query: the rows of one list are read at once."""
    decision = decision_of(request, number)
    table = table_of(decision)
    form = RowFilter(request.GET, table=table)
    lines = _sorted(form.lines(table), request.GET.get("sort", ""))
    by_challenge = sorted(lines, key=lambda line: (line.row.bid.challenge.number, line.row.rank, line.row.pk))
    groups = [(c, list(found)) for c, found in groupby(by_challenge, key=lambda line: line.row.bid.challenge)]
    beside = record_context(decision, request.user)
    is_whole = request.GET.get("view") == "list"
    batches = list(decision.batches.select_related("proposed_by", "decided_by", "decision__challenge_list"))
    waits = any(batch.state == DecisionBatch.State.PROPOSED for batch in batches)
    context = {
        **beside,
        "change": next((a for a in beside["actions"] if a.slug == "change_row" and a.is_ready), None),
        "challenge_list": decision.challenge_list,
        "rules": decision.challenge_list.rule_set.rules,
        "form": form,
        "is_whole": is_whole,
        "groups": [] if is_whole else groups,
        "lines": lines,
        "table": table,
        "dissents": dissents_in(decision.challenge_list),
        "notices": decision.notices.all(),
        "batches": batches,
        "next_batch": None if waits or not may_propose(request, decision) else NEXT_BATCH.get(S(decision.state)),
        "letters": letters_done(decision),
    }
    return render(request, "projects/decision_detail.html", context)


def letters_done(decision: AwardDecision) -> dict[str, int]:
    """How many letters were told, and how many of their papers are drawn."""
    found: dict[str, int] = decision.letters.aggregate(total=Count("pk"), drawn=Count("pk", filter=~Q(object_key="")))
    return found


@login_required
def letters(request: HttpRequest, number: str) -> HttpResponse:
    """The progress bar alone, asked for until it is full."""
    decision = decision_of(request, number)
    return render(request, "projects/_letters.html", {"object": decision, "letters": letters_done(decision)})


@login_required
def export(request: HttpRequest, number: str) -> StreamingHttpResponse:
    """The table as CSV: same filter, same order, same rows."""
    decision = decision_of(request, number)
    table = table_of(decision)
    lines = _sorted(RowFilter(request.GET, table=table).lines(table), request.GET.get("sort", ""))
    head = [
        _("总序"), _("榜题编号"), _("榜题"), _("榜题内排名"), _("申报编号"), _("项目名称"), _("牵头单位"), _("负责人"),
        _("得分"), _("最低分"), _("最高分"), _("标准差"), _("专家推荐意见"), _("同分依据"), _("申请经费（万元）"),
        _("拟支持（万元）"), _("累计（万元）"), _("在盘子内"), _("结论"), _("理由"),
    ]  # fmt: skip
    return csv_response(f"{number}-decision.csv", head, map(_cells, lines))


def _cells(line: Line) -> list[Any]:
    row, bid, spread = line.row, line.row.bid, line.spread
    deviation = "" if spread.deviation is None else f"{spread.deviation:.2f}"
    opinions = "；".join(f"{name} {n}" for name, n in spread.recommendations.items())
    has_sum = line.running is not None
    return [
        line.place, bid.challenge.number, bid.challenge.title, row.rank, bid.number or "", bid.title,
        bid.organisation.name, bid.pi.name, row.score, spread.lowest or "", spread.highest or "", deviation, opinions,
        _("未分出先后") if line.is_unresolved else line.tie_step, wan(bid.requested_yuan), wan(row.award_yuan),
        wan(line.running) if has_sum else "", (_("是") if line.fits else _("否")) if has_sum else "",
        row.get_outcome_display(), row.reason,
    ]  # fmt: skip


@login_required
def told(request: HttpRequest, number: str) -> StreamingHttpResponse:
    """Who was told what when."""
    decision = decision_of(request, number)
    head = [
        _("告知时间"),
        _("告知书"),
        _("申报编号"),
        _("项目名称"),
        _("牵头单位"),
        _("告知对象"),
        _("身份"),
        _("文件摘要值（SHA-256）"),
    ]
    found = LetterRecipient.objects.filter(letter__decision=decision).select_related(
        "letter__bid__organisation", "user"
    )
    lines = (
        [
            instant(one.letter.told_at), one.letter.get_kind_display(), one.letter.bid.number or "",
            one.letter.bid.title, one.letter.bid.organisation.name, one.user.name, one.get_capacity_display(),
            one.letter.pdf_sha256,
        ]
        for one in found.order_by("letter__pk", "pk").iterator(chunk_size=500)
    )  # fmt: skip
    return csv_response(f"{number}-told.csv", head, lines)
