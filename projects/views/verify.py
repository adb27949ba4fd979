"""证书核验, for everybody: the page behind the QR code, and the form for number and check code."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from attachments import store
from projects import verification
from projects.models import Certificate


class VerifyForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("证书编号"),
        max_length=60,
        help_text=gettext_lazy("印在证书标题下方，例：鲁科立〔2026〕0012号"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("请填写证书编号，它印在证书标题下方。")},
    )
    code = forms.CharField(
        label=gettext_lazy("验证码"),
        max_length=20,
        help_text=gettext_lazy("印在二维码旁，共 8 位，区分大小写"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("请填写验证码，它印在证书二维码旁。")},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The form; a match leads to the certificate's own page."""
    if request.method != "POST":
        return _form_page(request, VerifyForm())
    form = VerifyForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    try:
        verification.count_try(_address(request))
    except verification.TooManyTries as refusal:
        return _too_many(request, refusal)
    found = verification.by_number(form.cleaned_data["number"], form.cleaned_data["code"])
    if found is None:
        form.add_error(None, _("没有编号与验证码都相符的证书。请对照证书原件核对；仍不相符的，请向发证单位查询。"))
        return _form_page(request, form, status=404)
    return redirect("verify_certificate", token=found.token)


@never_cache
@require_safe
def certificate(request: HttpRequest, token: str) -> HttpResponse:
    """What the QR code leads to."""
    try:
        verification.count_try(_address(request))
    except verification.TooManyTries as refusal:
        return _too_many(request, refusal)
    found = verification.by_token(token)
    if found is None:
        return _page(request, "projects/verify_unknown.html", {}, status=404)
    context = {"certificate": verification.shown(found), "object": found, "has_pdf": bool(found.object_key)}
    return _page(request, "projects/verify_certificate.html", context)


@never_cache
@require_safe
def pdf(request: HttpRequest, token: str) -> HttpResponse:
    """The paper itself, while the certificate is in force. Its bytes have the digest shown on the page."""
    try:
        verification.count_try(_address(request))
    except verification.TooManyTries as refusal:
        return _too_many(request, refusal)
    found = verification.by_token(token)
    if found is None or found.state != Certificate.State.ISSUED or not found.object_key:
        raise Http404
    try:
        paper = store.read_all(found.object_key)
    except store.STORE_ERRORS:
        sentence = _("文件存储暂时不可用，请稍后再试。")
        return HttpResponse(sentence, status=503, content_type="text/plain; charset=utf-8")
    name = f"{found.get_kind_display()} {found.number}.pdf"
    headers = {"Content-Disposition": store.content_disposition(name)}
    return HttpResponse(paper, content_type="application/pdf", headers=headers)


def _form_page(request: HttpRequest, form: VerifyForm, status: int = 200) -> HttpResponse:
    return _page(request, "projects/verify.html", {"form": form}, status)


def _too_many(request: HttpRequest, refusal: verification.TooManyTries) -> HttpResponse:
    answer = _page(request, "projects/verify_too_many.html", {"sentence": str(refusal)}, status=429)
    answer.headers["Retry-After"] = str(refusal.seconds)
    return answer


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Pages behind a token are for their bearer, not for search engines."""
    answer = render(request, template, context, status=status)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
