"""What the scripts of the score sheet say, so that it is translated with the rest."""

from __future__ import annotations

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    return {
        "rank": _("在您打过分的 {n} 份中第 {rank} 高 · 您的均分 {mean}"),
        "tied": _("与另外 {n} 份同分"),
        "mean": _("您给另外 {n} 份打的均分 {mean}"),
        "page": _("第 {page} 页，共 {pages} 页"),
        "loading": _("正在打开第 {page} 页…"),
        "broken": _("这一页无法显示，请刷新页面或换一份材料。"),
        "no_text": _("这一页没有可读出的文字。"),
        "used": _("已阅 {minutes} 分钟"),
    }
