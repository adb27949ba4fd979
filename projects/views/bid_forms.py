"""Opening a bid and filling its sections. The flow opens it; `projects.bid_editing` stores edits."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from projects.bid_editing import editable_sections, why_not_editable
from projects.bid_forms import BidOpeningForm
from projects.closing import last_close_of
from projects.draft_cells import PAGES, DraftForms
from projects.draft_writing import write_form
from projects.models import Bid
from projects.profiles import team_words
from projects.queries import bids_visible_to, challenges_visible_to
from projects.views.bid_overview import eligibility
from projects.views.bids import bid_of
from workflows.bid import BidFlow
from workflows.engine import start
from workflows.refused import Refused


@login_required
def open_bid(request: HttpRequest, number: str) -> HttpResponse:
    """我要揭榜: eligibility with reasons first, then the bid itself."""
    query = challenges_visible_to(request.user).select_related("challenge_list__rule_set", "challenge_list__agency")
    challenge = get_object_or_404(query, number=number)
    user: Any = request.user
    given = request.POST if request.method == "POST" else request.GET if "organisation" in request.GET else None
    form = BidOpeningForm(given, user=user, challenge=challenge)
    bid = _unsaved(form, user, challenge)
    if request.method == "POST" and form.is_valid() and bid is not None:
        bid.team = team_words(bid.organisation, bid.pi)
        try:
            start(BidFlow, bid, by=user)
        except Refused as refusal:
            form.add_error(None, refusal.sentences)
        else:
            messages.success(request, _("已建立揭榜申请草稿。请逐项填写；草稿不算申报，务必在截止前提交。"))
            return redirect("bid_edit", bid.uuid, "basic")
    context = {
        "form": form,
        "challenge": challenge,
        "checks": eligibility(bid, user) if bid else [],
        "own": bids_visible_to(user).filter(challenge=challenge).exclude(state__in=["WITHDRAWN", "VOID"]).first(),
        "is_outsider": not form.fields["organisation"].queryset.exists(),  # type: ignore[attr-defined]
    }
    status = 422 if request.method == "POST" else 200
    partial = request.headers.get("HX-Request") == "true"
    template = "projects/_eligibility.html" if partial else "projects/bid_open.html"
    return render(request, template, context, status=status)


def _unsaved(form: BidOpeningForm, user: User, challenge: Any) -> Bid | None:
    """A bid as it would be opened: by what was chosen, else by what the form offers first."""
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    organisation = chosen.get("organisation") or form.fields["organisation"].initial
    if organisation is None:
        return None
    return Bid(
        challenge=challenge, organisation=organisation, pi=chosen.get("pi") or user, title=chosen.get("title", "")
    )


@login_required
def edit(request: HttpRequest, uuid: Any, section: str) -> HttpResponse:
    """One section of a draft. Its script saves field by field (`bid_cells`); without script the whole form is sent."""
    if section not in PAGES:
        raise Http404
    bid = bid_of(request, uuid)
    pages = {name: label for name, label in PAGES.items() if name in editable_sections(request.user, bid)}
    if section not in pages:
        refusal = why_not_editable(request.user, bid)
        sentence = _("补正只能修改通知中列明的部分。") if pages or refusal is None else refusal.sentences[0]
        messages.error(request, sentence)
        return redirect(bid.get_absolute_url())
    faults: dict[str, str] = {}
    sentences: list[str] = []
    if request.method == "POST":
        try:
            faults = write_form(bid, section, request.POST, by=request.user)  # type: ignore[arg-type]
        except Refused as found:
            sentences = found.sentences
        if not faults and not sentences:
            messages.success(request, _("“%s”已保存。草稿不算申报，填完请提交。") % PAGES[section])
            return redirect(_onward(request, bid, list(pages), section))
    drafts = DraftForms(bid, faults)
    context = {
        "bid": bid, "section": section, "sections": pages, "forms": drafts.of(section), "sentences": sentences,
        "blank": drafts.blank_partner("__key__"), "befores": drafts.texts(section), "onward": _after(bid, list(pages), section),
        "seq": max((cell.seq for cell in drafts.typed.values()), default=0),
        "closes_at": last_close_of(bid),
        "rules": bid.challenge.challenge_list.rule_set.rules,
    }  # fmt: skip
    return render(request, f"projects/bid_edit_{section}.html", context, status=422 if faults or sentences else 200)


def _after(bid: Bid, pages: list[str], section: str) -> str:
    at = pages.index(section)
    return bid.get_absolute_url() if at + 1 == len(pages) else reverse("bid_edit", args=[bid.uuid, pages[at + 1]])


def _onward(request: HttpRequest, bid: Bid, pages: list[str], section: str) -> str:
    return bid.get_absolute_url() if "stay" in request.POST else _after(bid, pages, section)
