"""Bands, veto grounds and reasons of a score sheet: its inputs, and what is refused (domain 3.1.b, 3.1.f)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.rules import CriterionRule
from review.models import ScoreSheet
from workflows.sheet_drafts import as_text
from workflows.state import Inputs
from workflows.wording import listed, worded

PREFIX = "score_"
BAND = "band_"
VETO = "veto_"
Ground = ScoreSheet.VetoGround
#: Totals that speak for or against a bid so strongly that the comment says why (the grades of domain 3.1.b).
STRONG_FROM, WEAK_BELOW, REASON = 90, 60, 50
EXTREMES = (ScoreSheet.Recommendation.STRONG, ScoreSheet.Recommendation.REJECT)


def band_input(criterion: CriterionRule, ticked: str = "") -> Inputs:
    """Optional: without it the band is the one in which the points lie."""
    if not criterion.bands:
        return {}
    choices = [("", _("选择档次")), *((band.label, f"{band.label} {band.low}–{band.high}") for band in criterion.bands)]
    label = _("%s：档次") % criterion.name
    field = forms.ChoiceField(label=label, choices=choices, required=False, initial=ticked)
    return {BAND + criterion.code.lower(): field}


def veto_inputs(sheet: ScoreSheet) -> Inputs:
    """The four grounds, one by one, and why."""
    fields: Inputs = {
        VETO + ground.value.lower(): forms.BooleanField(
            label=ground.label, required=False, initial=ground.value in sheet.veto_grounds
        )
        for ground in Ground
    }
    fields["veto_reason"] = forms.CharField(
        label=gettext_lazy("一票否决理由"), max_length=500, required=False, initial=sheet.veto_reason,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("勾选任何一项时必填，不少于 20 字；写明依据的材料或页码。"),
    )  # fmt: skip
    return fields


def grounds_in(entered: Mapping[str, Any]) -> list[str]:
    return [ground.value for ground in Ground if entered.get(VETO + ground.value.lower())]


def check_vetoes(flow: Any, entered: Mapping[str, Any]) -> None:
    """A veto names its grounds and gives a reason of its own. Refuses otherwise."""
    grounds = grounds_in(entered)
    if entered["veto"] and not grounds:
        names = listed(str(ground.label) for ground in Ground)
        flow.refuse_input("veto", _("一票否决须指明是哪一项：%s；请勾选。") % names)
    if grounds and len((entered.get("veto_reason") or "").strip()) < 20:
        flow.refuse_input("veto_reason", _("一票否决须逐项说明理由，不少于 20 字；请补写理由。"))


def ticked_band(criterion: CriterionRule, entered: Mapping[str, Any]) -> str:
    return entered.get(BAND + criterion.code.lower()) or ""


def band_of(criterion: CriterionRule, value: Decimal, entered: Mapping[str, Any]) -> str:
    """Label of the band ticked, else of the one in which the points lie, else nothing."""
    holding = (band.label for band in criterion.bands if band.low <= value <= band.high)
    return ticked_band(criterion, entered) or next(holding, "")


def band_fault(criterion: CriterionRule, value: Decimal, ticked: str) -> str:
    """Why these points cannot stand beside that band, or an empty string."""
    if not criterion.bands:
        return ""
    band = criterion.band(ticked)
    if band is None:
        names = {
            "name": criterion.name,
            "value": as_text(value),
            "bands": worded([band.shown for band in criterion.bands]),
        }
        return _("“%(name)s”给分 %(value)s 不在任何一档之内，各档为%(bands)s，请改分。") % names
    if band.low <= value <= band.high:
        return ""
    names = {"name": criterion.name, "band": worded(band.shown), "value": as_text(value)}
    return _("“%(name)s”勾选的是%(band)s，给分 %(value)s 不在其中，请改分或改档。") % names


def check_bands(flow: Any, criteria: Sequence[CriterionRule], entered: dict[str, Any]) -> None:
    """Refuses points outside their band; ticks the bands that were left open, and tells the audit entry."""
    settled = {}
    for criterion in criteria:
        value = entered.get(PREFIX + criterion.code.lower())
        if not criterion.bands or value is None:
            continue
        settled[criterion.code] = label = band_of(criterion, value, entered)
        if fault := band_fault(criterion, value, label):
            flow.refuse_input(PREFIX + criterion.code.lower(), fault)
        entered[BAND + criterion.code.lower()] = label
    if settled:
        flow.evidence["bands"] = settled


def points_in(criteria: Sequence[CriterionRule], entered: Mapping[str, Any]) -> dict[str, Decimal]:
    """Criterion code → points, of those that were entered."""
    given = {c.code: entered.get(PREFIX + c.code.lower()) for c in criteria if not c.veto}
    return {code: value for code, value in given.items() if value is not None}


def why_reasoned(entered: Mapping[str, Any], total: Decimal) -> str:
    """Why the comment must give reasons, in a sentence that says how long they are; '' where nothing is extreme
    (domain 3.1.b, 3.1.f)."""
    if entered["recommendation"] in EXTREMES or grounds_in(entered):
        return _("重点推荐、落选或一票否决须说明理由，不少于 %s 字；请补写理由。") % REASON
    if WEAK_BELOW <= total < STRONG_FROM:
        return ""
    names = {"total": as_text(total), "strong": STRONG_FROM, "weak": WEAK_BELOW, "length": REASON}
    return (
        _(
            "总分 %(total)s（不低于 %(strong)s 分或低于 %(weak)s 分）须在评审意见中说明理由，不少于 %(length)s 字；请补写理由。"
        )
        % names
    )


def check_reason(flow: Any, entered: Mapping[str, Any], total: Decimal) -> None:
    """Refuses a comment that is too short for what it has to explain."""
    if len(entered["comment"].strip()) < REASON and (why := why_reasoned(entered, total)):
        flow.refuse_input("comment", why)
