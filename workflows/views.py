"""The one door for buttons: POST /act/<flow>/<pk>/<transition>/, and what object pages show of a flow."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Record, User
from projects.queries import visible
from workflows.actions import Action, actions_for, next_step, open_form_class
from workflows.engine import FLOWS, label_of, perform
from workflows.refused import Refused
from workflows.timeline import timeline

UNPROCESSABLE = 422


def record_context(obj: Record, user: Any) -> dict[str, Any]:
    """What every page about one record shows beside its facts (`templates/object.html`)."""
    return {
        "object": obj,
        "actions": actions_for(obj, user) if isinstance(user, User) else [],
        "next_step": next_step(obj, user),
        "timeline": timeline(obj, user),
    }


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, flow: str, pk: int, transition: str) -> HttpResponse:
    """Show a transition's form, or perform it. A record the person may not see does not exist."""
    if not request.user.is_authenticated:
        if _is_htmx(request):
            # A login page swapped into the dialog would eat what was typed; the script says why instead.
            raise PermissionDenied
        return redirect_to_login(request.get_full_path())
    flow_class = FLOWS.get(flow)
    if flow_class is None or not hasattr(flow_class, transition):
        raise Http404
    obj: Any = get_object_or_404(visible(flow_class.model, request.user), pk=pk)
    if request.method == "GET":
        action = _action(obj, transition, request.user)
        # A link may preset an input (`?row=7`): the row's own button, the same form.
        return _show(request, obj, action, action.form_class(initial=request.GET.dict()) if action else None, [])
    form_class = open_form_class(obj, transition, request.user)  # type: ignore[arg-type]
    try:
        perform(
            flow_class,
            obj,
            transition,
            by=request.user,  # type: ignore[arg-type]
            seen_version=_seen(request),
            request_key=request.POST.get("request_key") or None,
            **(posted_inputs(request, form_class) if form_class else {}),
        )
    except Refused as refusal:
        return _refused(request, obj, _action(obj, transition, request.user), refusal)
    messages.success(request, _("已办理：%s") % label_of(flow_class, transition))
    return _go(request, _after(request, obj))


def _action(obj: Any, transition: str, user: Any) -> Action | None:
    return next((a for a in actions_for(obj, user) if a.slug == transition), None)


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _seen(request: HttpRequest) -> int | None:
    given = request.POST.get("seen_version", "")
    return int(given) if given.isdigit() else None


def posted_inputs(request: HttpRequest, form_class: type[forms.Form]) -> dict[str, Any]:
    """The transition's own fields out of the POST; lists only where the field takes several."""
    fields: dict[str, forms.Field] = form_class.base_fields  # type: ignore[attr-defined]
    data: dict[str, Any] = {}
    for name, field in fields.items():
        if name in request.POST:
            several = getattr(field.widget, "allow_multiple_selected", False)
            data[name] = request.POST.getlist(name) if several else request.POST[name]
    return data


def _refused(request: HttpRequest, obj: Any, action: Action | None, refusal: Refused) -> HttpResponse:
    """The same form with what was typed, errors at their fields, other sentences above."""
    form = action.form_class(request.POST) if action else None
    sentences = list(refusal.sentences)
    if form is not None and refusal.fields:
        form.is_valid()
        for name, errors in refusal.fields.items():
            if name in form.fields and not form.errors.get(name):
                form.add_error(name, errors)
        if set(refusal.fields) <= set(form.fields):
            sentences = []
    return _show(request, obj, action, form, sentences, status=UNPROCESSABLE)


def _show(
    request: HttpRequest, obj: Any, action: Action | None, form: Any, sentences: list[str], status: int = 200
) -> HttpResponse:
    is_dialog = _is_htmx(request)
    if action is None and not sentences:
        sentences = [_("当前状态下您不能办理这项操作，可能已有他人先行办理。请刷新页面查看。")]
    context = {
        "object": obj,
        "action": action,
        "form": form,
        "sentences": sentences or (action.unmet if action else []),
        "seen_version": request.GET.get("seen") or request.POST.get("seen_version") or obj.version,
        "next": _next(request) or _home_of(obj),
        "is_dialog": is_dialog,
        # Shown again after a refusal with the same key: nothing was carried out under it.
        "request_key": request.POST.get("request_key") or uuid4(),
    }
    template = "workflows/_act_form.html" if is_dialog else "workflows/act.html"
    if action is None:
        template = "workflows/_act_refused.html" if is_dialog else "workflows/act_refused.html"
    return render(request, template, context, status=status)


def _next(request: HttpRequest) -> str:
    given = request.POST.get("next") or request.GET.get("next") or ""
    return given if url_has_allowed_host_and_scheme(given, {request.get_host()}, request.is_secure()) else ""


def _home_of(obj: Any) -> str:
    return str(obj.get_absolute_url()) if hasattr(obj, "get_absolute_url") else reverse("workbench")


def _after(request: HttpRequest, obj: Any) -> str:
    """Where to go: back, unless the step took the record out of the person's sight."""
    if visible(type(obj), request.user).filter(pk=obj.pk).exists():
        return _next(request) or _home_of(obj)
    return reverse("workbench")


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if _is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)
