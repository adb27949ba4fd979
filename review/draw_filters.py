"""What the filters before a draw are called; the codes C01 … are those of domain 3.5."""

from django.utils.translation import gettext_lazy as _

LABELS = {
    "INACTIVE": _("不在库"),
    "FIELD": _("领域不符"),
    "YEARLY_CAP": _("年度上限"),
    "C01": _("单位回避"),
    "C03": _("本人参与揭榜"),
    "C04": _("曾任职单位回避"),
    "C11": _("管理部门人员"),
    "C12": _("需求单位回避"),
    "C13": _("科研诚信限制"),
}


def label_of_filter(code: str) -> str:
    """The code itself when it has no name here."""
    return str(LABELS.get(code, code))
