"""回执: for the team at once, as a page, as JSON for the offline check, and as a paper."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from attachments import store
from projects.documents.receipt import render_receipt
from projects.models import Receipt
from projects.queries import receipts_visible_to
from workflows.receipt_proof import as_json


def _receipt(request: HttpRequest, number: str) -> Receipt:
    query = receipts_visible_to(request.user).select_related(
        "bid__challenge__challenge_list__agency__organisation", "bid__organisation", "bid__pi", "issued_to"
    )
    found: Receipt = get_object_or_404(query, number=number)
    return found


@login_required
@require_safe
def detail(request: HttpRequest, number: str) -> HttpResponse:
    receipt = _receipt(request, number)
    context = {"receipt": receipt, "bid": receipt.bid, "files": receipt.snapshot["files"]}
    return render(request, "projects/receipt.html", context)


@login_required
@require_safe
def as_document(request: HttpRequest, number: str) -> HttpResponse:
    receipt = _receipt(request, number)
    headers = {"Content-Disposition": store.content_disposition(f"回执 {receipt.number}.json")}
    return HttpResponse(as_json(receipt), content_type="application/json", headers=headers)


@login_required
@require_safe
def as_paper(request: HttpRequest, number: str) -> HttpResponse:
    receipt = _receipt(request, number)
    headers = {"Content-Disposition": store.content_disposition(f"回执 {receipt.number}.pdf")}
    return HttpResponse(render_receipt(receipt), content_type="application/pdf", headers=headers)
