"""The supervisor's and the auditor's view: the chain's entries, its verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.roles import agencies_of, held_role
from config.paging import page_of
from projects.queries import VISIBLE, visible
from workflows.audit import verify
from workflows.engine import FLOWS, label_of
from workflows.models import AuditEntry
from workflows.permissions import agency_path
from workflows.pool import STEPS
from workflows.record_names import name_of_kind

#: A page request walks at most this many entries; longer chains are for `manage.py verify_audit`.
WALK = 200_000


def _object_types() -> dict[str, Any]:
    return {model._meta.label_lower: model for model in VISIBLE}


def _entries(request: HttpRequest) -> QuerySet[AuditEntry]:
    """The auditor reads every entry; a supervisor the entries of records he may see, kind by kind."""
    rows = AuditEntry.objects.order_by("-seq")
    kind, wanted = request.GET.get("kind", ""), request.GET.get("id", "").strip()
    kinds = _object_types()
    if held_role(request.user, Role.AUD) is None:
        kind = kind if kind in kinds else "projects.challengelist"
        rows = rows.filter(object_id__in=_supervised(kinds[kind], request.user))
    if kind in kinds:
        rows = rows.filter(object_type=kind)
    if wanted:
        rows = rows.filter(object_id=wanted)
    if actor := request.GET.get("actor", "").strip():
        rows = rows.filter(actor_name__icontains=actor)
    if role := request.GET.get("role", ""):
        rows = rows.filter(role=role)
    return rows


def _supervised(model: Any, user: Any) -> QuerySet[Any]:
    """Keys of the records under a supervisor's own eyes: what he sees as an expert elsewhere names no others."""
    seen = visible(model, user)
    path = agency_path(model)
    seen = seen.filter(**{f"{path}__in": agencies_of(user, Role.SUP)}) if path else seen.none()
    return seen.annotate(key=Cast("pk", TextField())).order_by().values("key")


@login_required
def audit(request: HttpRequest) -> HttpResponse:
    if held_role(request.user, Role.AUD, Role.SUP) is None:
        raise PermissionDenied(_("审计日志只对监督员和审计管理员开放；需要查阅的，请向其申请。"))
    page = page_of(_entries(request).defer("payload"), request)
    labels = {flow.model._meta.label_lower: flow for flow in FLOWS.values()}
    rows = [_shown(entry, labels.get(entry.object_type)) for entry in page]
    context = {
        "page": page,
        "rows": rows,
        "kinds": [(name, _kind(name)) for name in _object_types()],
        "roles": Role.choices,
        "is_auditor": held_role(request.user, Role.AUD) is not None,
    }
    return render(request, "projects/audit.html", context)


@dataclass(frozen=True)
class ShownEntry:
    """An entry in words; the codes stay in the chain."""

    entry: AuditEntry
    kind: str
    what: str
    before: str
    after: str
    role: str


def _shown(entry: AuditEntry, flow: Any) -> ShownEntry:
    states = {str(value): str(label) for value, label in flow.model.State.choices} if flow is not None else {}
    roles = {**dict(Role.choices), "SYSTEM": _("系统")}
    return ShownEntry(
        entry,
        _kind(entry.object_type),
        _label(flow, entry.transition),
        states.get(entry.from_state, entry.from_state),
        states.get(entry.to_state, entry.to_state),
        str(roles.get(entry.role, entry.role)),
    )


def _label(flow: Any, transition: str) -> str:
    if transition == "create":
        return _("新建")
    if flow is None:
        return str(STEPS.get(transition, transition))
    return label_of(flow, transition) if hasattr(flow, transition) else transition


def _kind(object_type: str) -> str:
    model = _object_types().get(object_type)
    return name_of_kind(model) if model else object_type


@login_required
@require_POST
def verify_chain(request: HttpRequest) -> HttpResponse:
    """Walk the chain now and say what was found."""
    if held_role(request.user, Role.AUD) is None:
        raise PermissionDenied(_("只有审计管理员可以校验审计链，请由其办理。"))
    last = AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    if last > WALK:
        messages.warning(request, _("审计链已超过 %s 条，请用命令 manage.py verify_audit 校验。") % f"{WALK:,}")
        return redirect("audit")
    fault = verify(AuditEntry.objects.order_by("seq").iterator(chunk_size=2000))
    if fault:
        messages.error(request, _("校验未通过：%s。请立即保全现场并报告。") % fault.sentence)
    else:
        messages.success(request, _("校验通过：共 %s 条，逐条哈希相接，未发现改动、缺失或插入。") % f"{last:,}")
    return redirect("audit")
