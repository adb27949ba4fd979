"""Profiles of a person and of a unit: told once, used in every form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.forms import PersonForm, UnitForm
from accounts.models import Organisation, Role, User
from accounts.roles import organisations_of


@login_required
def person(request: HttpRequest) -> HttpResponse:
    """One's own profile."""
    user: Any = request.user
    # Not the instance that the page's header shows: an unsaved name must not appear there.
    form = PersonForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    return _edit(request, form, {"title": _("个人资料"), "units": _units(user), "subject": user.name})


@login_required
def unit(request: HttpRequest, uscc: str) -> HttpResponse:
    """The profile of a unit that one administers."""
    row = get_object_or_404(_units(request.user), uscc=uscc)
    form = UnitForm(request.POST or None, instance=row)
    return _edit(
        request, form, {"title": _("单位资料"), "units": _units(request.user), "subject": row.name, "unit": row}
    )


def _units(user: Any) -> Any:
    return Organisation.objects.filter(pk__in=organisations_of(user, Role.ORG, Role.DEM, Role.REC)).order_by("name")


def _edit(request: HttpRequest, form: Any, context: dict[str, Any]) -> HttpResponse:
    back = request.POST.get("next") or request.GET.get("next", "")
    if form.is_bound and form.is_valid():
        # Only what is on the form: the rest of the row may be changing elsewhere.
        form.instance.save(update_fields=list(form.fields))
        messages.success(request, _("已保存。以后的表格会带入这些资料；已提交的申请不受影响。"))
        is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        return redirect(back if back and is_ours else request.path)
    status = 422 if form.is_bound else 200
    return render(request, "accounts/profile.html", {**context, "form": form, "next": back}, status=status)
