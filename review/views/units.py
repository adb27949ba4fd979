"""单位别名与隶属: the secretary adds what a unit is also called and whom it belongs to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.models import Organisation
from review.unit_forms import AliasForm, LinkForm
from workflows.refused import Refused
from workflows.unit_relations import may_relate_units, relate


@login_required
def relations(request: HttpRequest, uscc: str) -> HttpResponse:
    if may_relate_units(request.user) is None:
        raise Http404
    unit = get_object_or_404(Organisation, uscc=uscc)
    sent = request.POST if request.method == "POST" else None
    forms: dict[str, Any] = {
        name: form(sent if sent is not None and sent.get("form") == name else None, unit=unit)
        for name, form in (("alias", AliasForm), ("link", LinkForm))
    }
    for form in forms.values():
        if form.is_bound and form.is_valid():
            try:
                relate(form.instance, by=request.user)  # type: ignore[arg-type]
            except Refused as refusal:
                form.add_error(None, refusal.sentences)
            else:
                messages.success(request, _("已登记，正在进行的评审已重新核查。"))
                return redirect(request.path)
    context = {
        "unit": unit, "forms": forms, "aliases": unit.aliases.all(),
        "links": unit.links.select_related("parent"), "linked": unit.linked.select_related("unit"),
    }  # fmt: skip
    return render(request, "review/unit_relations.html", context, status=422 if sent is not None else 200)
