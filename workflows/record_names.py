"""What a kind of record is called on a page; its model's name is for programmers."""

from __future__ import annotations

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

NAMES = {
    "ChallengeList": _("榜单"), "Challenge": _("榜题"), "Demand": _("技术需求"), "Bid": _("揭榜申请"),
    "FormalCheck": _("形式审查"), "BidExtension": _("个别延期"), "Reconsideration": _("复审"),
    "AwardDecision": _("立项审定"), "DecisionBatch": _("批量办理"), "PublicNotice": _("公示"), "Objection": _("异议"),
    "Project": _("项目"), "Milestone": _("里程碑"), "Tranche": _("经费"), "Acceptance": _("验收"), "Race": _("赛马"),
    "RaceLane": _("赛道"), "Certificate": _("证书"), "ReviewRound": _("评审轮次"), "Assignment": _("评审任务"),
    "ScoreSheet": _("评分表"), "Expert": _("专家"), "ExpertImport": _("专家导入"), "ExpertTie": _("利害关系"),
    "ConflictRuling": _("回避认定"), "DefenceSession": _("答辩"), "DefenceSlot": _("答辩时段"),
    "DefenceQuestion": _("专家问题"), "DrawRecord": _("抽取记录"), "SavedScenario": _("推演存档"),
    "DuplicateCheck": _("查重"), "Receipt": _("回执"), "DecisionLetter": _("结果告知书"),
}  # fmt: skip


def name_of_kind(model: type[Model]) -> str:
    """In the reader's language; the model's own name where it has no other."""
    return str(NAMES.get(model.__name__, model._meta.label_lower))
