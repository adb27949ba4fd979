"""The letter's version of an expert's comment: without what tells who wrote it, the original kept.

Rules: 基金条例 18 条 (opinions are offered), domain 3.6 (who gave them is not).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import LetterOpinion
from review.models import ScoreSheet
from workflows.decision_letters import comments_on
from workflows.state import Inputs
from workflows.wording import listed

if TYPE_CHECKING:
    from workflows.award import AwardDecisionFlow


def opinion_inputs(flow: AwardDecisionFlow) -> Inputs:
    sheets = ScoreSheet.objects.filter(state="LOCKED", bid__decision_row__decision=flow.object.pk).exclude(comment="")
    return {
        "sheet": forms.ModelChoiceField(sheets.select_related("bid", "assignment__round"), label=gettext_lazy("评分表")),
        "text": forms.CharField(label=gettext_lazy("告知文本"), max_length=1000, widget=forms.Textarea(attrs={"rows": 6})),
        "names_nobody": forms.BooleanField(
            label=gettext_lazy("已逐词核对，所列词语不是专家的姓名、单位或代号"), required=False,
            help_text=gettext_lazy("仅在提示有误时勾选，例如“高明”在句中并非人名。"),
        ),
    }  # fmt: skip


def keep_opinion(flow: AwardDecisionFlow, sheet: ScoreSheet, text: str, names_nobody: bool) -> None:
    """Refuses a text that still names somebody, unless it was looked at and does not."""
    decision = flow.object
    LetterOpinion.objects.update_or_create(
        sheet=sheet,
        defaults={
            "decision": decision, "text": text, "names_nobody": names_nobody, "edited_by_id": flow.by.pk or 0,
            "edited_at": flow.now,
        },
    )  # fmt: skip
    own = next(found for found in comments_on(decision, [sheet.bid_id])[sheet.bid_id] if found.sheet.pk == sheet.pk)
    if own.named:
        flow.refuse_input("text", _("文本中仍有专家库中的人名、单位名或代号：%s；请删去或改写。") % listed(own.named))
    # Of the original the digest alone: the chain is read by more people than the comments.
    flow.evidence["original_sha256"] = hashlib.sha256(sheet.comment.encode()).hexdigest()
