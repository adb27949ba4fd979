"""Before a step that concerns every bid: its preview, its proposal, the second person's look, sample letters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from attachments import store
from projects.documents.result_letter import LetterPress
from projects.letter_papers import paper_of
from projects.models import DecisionBatch, DecisionLetter
from projects.queries import batches_visible_to, letters_visible_to
from projects.views.decisions import decision_of, may_propose
from workflows.decision_batch import preview, propose_batch, words_of
from workflows.decision_letters import comments_on
from workflows.decision_plan import Words
from workflows.refused import Refused
from workflows.views import record_context

Kind = DecisionBatch.Kind
UNPROCESSABLE = 422


class BatchForm(forms.Form):
    """What the proposer adds: each kind of batch asks for its own."""

    minutes = forms.CharField(
        label=gettext_lazy("本次会议纪要"), max_length=5000, widget=forms.Textarea(attrs={"rows": 4})
    )
    document_no = forms.CharField(
        label=gettext_lazy("发文字号"), max_length=40, help_text=gettext_lazy("例：鲁科字〔2026〕29号")
    )
    is_held = forms.BooleanField(
        label=gettext_lazy("审定后暂不发布"), required=False,
        help_text=gettext_lazy("结果先保留：团队看不到，项目不启动，告知书不发出，直到发布。"),
    )  # fmt: skip
    release_at = forms.DateTimeField(
        label=gettext_lazy("定时发布"), required=False, help_text=gettext_lazy("留空则由人发布；仅在暂不发布时填写。")
    )
    ASKED = {Kind.PUBLICISE: ("minutes",), Kind.ISSUE: ("document_no", "is_held", "release_at"), Kind.RELEASE: ()}

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(self.ASKED[kind]):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("release_at") and not data.get("is_held"):
            self.add_error("release_at", _("定时发布只用于“审定后暂不发布”，请一并勾选。"))
        return data


def _kind(slug: str) -> Kind:
    try:
        return Kind(slug.upper())
    except ValueError as error:
        raise Http404 from error


@login_required
def new(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Fill in the words, read the preview, propose exactly that."""
    user: Any = request.user
    decision, step = decision_of(request, number), _kind(kind)
    if not may_propose(request, decision):
        raise PermissionDenied
    form = BatchForm(request.POST if request.method == "POST" else None, kind=step)
    words = None
    if not form.fields:
        words = Words()
    elif form.is_valid():
        words = Words(**form.cleaned_data)
    if words is not None and request.method == "POST" and (digest := request.POST.get("digest")):
        try:
            batch = propose_batch(decision, step, by=user, digest=digest, **vars(words))
        except Refused as refusal:
            form.add_error(None, refusal.sentences) if form.fields else messages.error(request, str(refusal))
        else:
            messages.success(request, _("已提出，等待另一位领导复核。"))
            return redirect(batch.get_absolute_url())
    context = {
        "decision": decision,
        "kind": step,
        "form": form,
        "plan": preview(decision, step, user, words) if words is not None else None,
    }
    status = UNPROCESSABLE if form.is_bound and form.errors else 200
    return render(request, "projects/decision_batch_form.html", context, status=status)


@login_required
def detail(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """What the second person reads before deciding; computed now, and compared with what was proposed."""
    query = batches_visible_to(request.user).select_related(
        "decision__challenge_list__rule_set", "decision__challenge_list__agency__organisation", "proposed_by",
        "decided_by",
    )  # fmt: skip
    batch = get_object_or_404(query, pk=pk, decision__challenge_list__number=number)
    plan = None
    if batch.state == DecisionBatch.State.PROPOSED:
        plan = preview(batch.decision, batch.kind, request.user, words_of(batch))  # type: ignore[arg-type]
    context = {
        **record_context(batch, request.user),
        "decision": batch.decision,
        "plan": plan,
        "is_stale": plan is not None and plan.digest != batch.digest,
    }
    return render(request, "projects/decision_batch.html", context)


@login_required
@require_safe
def sample(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """The first letter of a kind as it would be printed; its days are set when it is told."""
    decision = decision_of(request, number)
    if not may_propose(request, decision):
        raise PermissionDenied
    document_no = request.GET.get("document_no", "")[:40]
    plan = preview(decision, Kind.RELEASE, request.user, Words(document_no=document_no))  # type: ignore[arg-type]
    letter = next((found for found, _count in plan.samples if found.kind == kind.upper()), None)
    if letter is None:
        raise Http404
    headers = {"Content-Disposition": store.content_disposition(f"样张 {letter.bid_number}.pdf")}
    return HttpResponse(LetterPress([letter]).draw(letter), content_type="application/pdf", headers=headers)


@login_required
def opinions(request: HttpRequest, number: str) -> HttpResponse:
    """Every comment as the team would read it, those first that tell of somebody."""
    decision = decision_of(request, number)
    beside = record_context(decision, request.user)
    bids = {row.bid_id: row.bid for row in decision.rows.select_related("bid")}
    found = [(bids[pk], comment) for pk, comments in comments_on(decision).items() for comment in comments]
    found.sort(key=lambda pair: (not pair[1].named, pair[0].number or "", pair[1].sheet.pk))
    context = {
        **beside,
        "edit": next((a for a in beside["actions"] if a.slug == "edit_opinion" and a.is_ready), None),
        "opinions": found,
        "named": sum(bool(comment.named) for _bid, comment in found),
    }
    return render(request, "projects/decision_opinions.html", context)


@login_required
@require_safe
def letter(request: HttpRequest, uuid: Any, kind: str) -> HttpResponse:
    """A team's own letter."""
    found: DecisionLetter = get_object_or_404(
        letters_visible_to(request.user).select_related("bid"), bid__uuid=uuid, kind=kind.upper()
    )
    headers = {"Content-Disposition": store.content_disposition(f"{found.get_kind_display()} {found.bid.number}.pdf")}
    return HttpResponse(paper_of(found), content_type="application/pdf", headers=headers)
