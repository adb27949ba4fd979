"""An expert's own record: facts, keywords, leaves, caps, the numbers for his fee, and the yearly “信息属实”."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import IntegrityRecord
from review.models import Expert, ExpertIdentity, ExpertLeave
from review.pool.forms import ExpertForm, IdentityForm, LeaveForm
from review.pool.standing import shown_standing, with_standing
from review.pool.suggestions import suggested_keywords
from workflows import clock, pool
from workflows.reminders import EXPIRES_SOON


@login_required
def profile(request: HttpRequest, agency: str = "") -> HttpResponse:
    """The record in one pool; without a code the first."""
    row = _own(request, agency)
    if not agency:
        return redirect("expert_profile", row.agency.code)
    form = ExpertForm(request.POST or None, instance=_own(request, agency))
    if form.is_bound and form.is_valid():
        changed = pool.edit(row, by=request.user, facts=_facts(form))  # type: ignore[arg-type]
        messages.success(request, _("已保存。") if changed else _("没有改动。"))
        return redirect("expert_profile", agency)
    return _page(request, row, {"form": form}, status=422 if form.is_bound else 200)


def _facts(form: ExpertForm) -> dict[str, Any]:
    facts = {name: form.cleaned_data[name] for name in form._meta.fields or () if name in form.cleaned_data}
    facts["organisation"] = form.instance.organisation
    if "fields_" in form.cleaned_data:
        facts["fields"] = form.cleaned_data["fields_"]
    return facts


@login_required
@require_POST
def confirm(request: HttpRequest, agency: str) -> HttpResponse:
    row = _own(request, agency)
    pool.confirm(row, by=request.user)  # type: ignore[arg-type]
    row.refresh_from_db(fields=["valid_until"])
    messages.success(request, _("已确认信息属实，有效期至 %s。") % row.valid_until)
    return redirect("expert_profile", agency)


@login_required
@require_POST
def add_leave(request: HttpRequest, agency: str) -> HttpResponse:
    row = _own(request, agency)
    form = LeaveForm(request.POST, instance=ExpertLeave(expert=row))
    if form.is_valid():
        form.save()
        messages.success(request, _("已登记：这段时间不会抽到您。已接受的评审不受影响。"))
        return redirect("expert_profile", agency)
    return _page(request, row, {"leave_form": form}, status=422)


@login_required
@require_POST
def drop_leave(request: HttpRequest, agency: str, pk: int) -> HttpResponse:
    get_object_or_404(ExpertLeave, pk=pk, expert=_own(request, agency)).delete()
    messages.success(request, _("已删除这段时间。"))
    return redirect("expert_profile", agency)


@login_required
def identity(request: HttpRequest, agency: str) -> HttpResponse:
    """Identity and bank numbers: shown whole to nobody but their owner, and to him only when he asks."""
    row = _own(request, agency)
    kept = ExpertIdentity.objects.filter(expert=row).first()
    if request.method == "POST" and "drop" in request.POST:
        pool.drop_identity(row, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("已删除证件号和银行卡号。"))
        return redirect("expert_identity", agency)
    shows = request.method == "POST" and "show" in request.POST and kept is not None
    form = IdentityForm(None if shows else request.POST or None)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        facts = {name: data[name] for name in ("kind", "number", "bank", "account")}
        pool.keep_identity(row, by=request.user, **facts)  # type: ignore[arg-type]
        messages.success(request, _("已加密保存。"))
        return redirect("expert_identity", agency)
    context = {"expert": row, "kept": kept, "shows": shows, "form": form}
    response = render(request, "review/expert_identity.html", context, status=422 if form.is_bound else 200)
    response["Cache-Control"] = "no-store"
    return response


def _own(request: HttpRequest, agency: str) -> Expert:
    rows = with_standing(Expert.objects.filter(user=request.user.pk), clock.today())
    rows = rows.select_related("agency__organisation", "organisation", "user").order_by("pk")
    row = (rows.filter(agency__code=agency) if agency else rows).first()
    if row is None:
        raise Http404(_("您不在专家库中；如有意参加评审，请联系评审秘书。"))
    return row


def _page(request: HttpRequest, row: Any, given: dict[str, Any], status: int = 200) -> HttpResponse:
    label, tone = shown_standing(row.standing)
    left = row.valid_until - clock.today()
    context = {
        "expert": row,
        "standing": label,
        "tone": tone,
        "expires_soon": left <= EXPIRES_SOON,
        "records": list(Expert.objects.filter(user=row.user_id).select_related("agency").order_by("pk")),
        "suggestions": suggested_keywords(row),
        "leaves": list(row.leaves.filter(ends_on__gte=clock.today())),
        "leave_form": LeaveForm(auto_id="leave_%s"),
        "credits": list(row.credits.select_related("round__challenge")[:30]),
        "bars": list(IntegrityRecord.objects.filter(user=row.user_id).order_by("-in_force_from")),
        "form": ExpertForm(instance=row),
        **given,
    }
    return render(request, "review/expert_profile.html", context, status=status)
