"""What the automatic items of the formal check note (domain 2.4): stored in Chinese, shown in the reader's language.

A stored note is evidence and stays as it is. It says one of the sentences below, so that it can be read back and
told in another language; what is none of them (decision numbers, an older wording) is shown as it was stored.
"""

from __future__ import annotations

from django.utils.translation import get_language, gettext_noop

from accounts.uscc import WRONG_CHECK_CHARACTER
from attachments.models import Attachment
from projects.sentences import read_back, sentence
from workflows.official import OFFICIAL_LANGUAGE, official
from workflows.wording import listed, told, worded

MISSING = gettext_noop("缺少：%(slots)s")
ABOVE_CAP = gettext_noop("申请经费超过榜金 %(cap)s 元")
PARTNERS_GET_MORE = gettext_noop("联合单位经费合计 %(given)s 元，超过申请与自筹合计")
OVER_QUOTA = gettext_noop("同一负责人牵头超过限项")
TOO_LATE = gettext_noop("申报完成时间晚于推荐截止")
NO_RECOMMENDER = gettext_noop("未指定推荐单位")
UNCOVERED = gettext_noop("未响应或低于要求：%(names)s")
LED_BY_DEMANDER = gettext_noop("牵头单位即需求单位")
NO_PLEDGE = gettext_noop("未签署承诺")
TOO_MANY_PARTNERS = gettext_noop("联合单位超过 %(most)s 家")
NO_AGREEMENT = gettext_noop("有联合单位而无联合申报协议")
TOO_LITTLE_MATCHING = gettext_noop("自筹经费应不少于 %(least)s 元")

PATTERNS = (
    WRONG_CHECK_CHARACTER, MISSING, ABOVE_CAP, PARTNERS_GET_MORE, OVER_QUOTA, TOO_LATE, NO_RECOMMENDER, UNCOVERED, LED_BY_DEMANDER, NO_PLEDGE,
    TOO_MANY_PARTNERS, NO_AGREEMENT, TOO_LITTLE_MATCHING,
)  # fmt: skip
#: Between two findings of one item.
AND = "；"


def shown_note(note: str) -> str:
    """A stored note in the reader's language."""
    if get_language() == OFFICIAL_LANGUAGE:
        return note
    return told(_shown(part) for part in note.split(AND))


def _shown(part: str) -> str:
    found = read_back(part, PATTERNS)
    if found is None:
        return part
    return worded(sentence(found.pattern, **{name: _value(name, str(v)) for name, v in found.values.items()}))


def _value(name: str, text: str) -> object:
    """Kinds of files have names of ours; what a team or an office wrote stays as written."""
    parts = text.split("、")
    if name != "slots":
        return listed(parts)
    labels = {official(slot.label): str(slot.label) for slot in Attachment.Slot}
    return listed(labels.get(part, part) for part in parts)
