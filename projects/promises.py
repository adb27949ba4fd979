"""What is wrong with a target or with a promise for it, as sentences by field (考核指标, domain 2.3, 4.7)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from projects.indicators import Comparator, format_target, is_comparable, not_weaker, parse_target
from projects.models import Indicator, IndicatorResponse


def target_faults(comparator: str, target: Decimal, target_high: Decimal | None) -> dict[str, str]:
    """Empty when the target can be compared with."""
    return _ends_faults(comparator, target, target_high, ("target", "target_high"))


def answer_faults(indicator: Indicator, promised: Decimal, promised_high: Decimal | None = None) -> dict[str, str]:
    """Empty when the promise can be compared; a draft may still be weaker than what is required."""
    return _ends_faults(indicator.comparator, promised, promised_high, ("promised", "promised_high"))


def promise_faults(indicator: Indicator, promised: Decimal, promised_high: Decimal | None = None) -> dict[str, str]:
    """Empty when the promise is none weaker than what the challenge requires (domain 2.3: 不得降低考核指标)."""
    found = answer_faults(indicator, promised, promised_high)
    if found or not_weaker(indicator.comparator, indicator.target, promised, indicator.target_high, promised_high):
        return found
    return {"promised": _("低于榜题要求，不得降低考核指标；请改为不弱于要求的值。")}


def keeps_requirement(response: IndicatorResponse) -> bool:
    """Whether a stored answer holds; needs its `indicator`."""
    return not promise_faults(response.indicator, response.promised, response.promised_high)


def _ends_faults(comparator: str, low: Decimal, high: Decimal | None, names: tuple[str, str]) -> dict[str, str]:
    if comparator == Comparator.BOOLEAN and low not in (0, 1):
        return {names[0]: _("该指标只能填 1（达成）或 0（未达成）；请改为 1 或 0。")}
    if comparator == Comparator.RANGE and high is None:
        return {names[1]: _("范围须填上限，请补填。")}
    if comparator != Comparator.RANGE and high is not None:
        return {names[1]: _("只有“范围”才填上限，请清空。")}
    if high is not None and high < low:
        return {names[1]: _("上限不得低于下限；请核对两端。")}
    return {}


def node_values(comparator: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Targets at the milestones in their stored form. Raises ValueError with a sentence."""
    found = {}
    for no, given in values.items():
        if not (str(no).isascii() and str(no).isdecimal() and 1 <= int(str(no)) <= 20):
            raise ValueError(_("里程碑值的节点须为 1 至 20 的序号；请改正节点序号。"))
        try:
            low, high = parse_target(str(given))
        except ValueError:
            raise ValueError(_("请按节点顺序填数字，用“/”分开，例：30/60/95；范围写作 20~40/22~38。")) from None
        if not is_comparable(comparator, low, high):
            raise ValueError(_("里程碑值与比较方式不符：范围须填两端，例：20~40；达成类只填 1 或 0；请照此改正。"))
        if not all(_fits(end) for end in (low, high) if end is not None):
            raise ValueError(_("里程碑值至多 12 位整数、4 位小数；请减少位数或换用较大的单位。"))
        found[str(int(str(no)))] = format_target(low, high)
    return found


def _fits(value: Decimal) -> bool:
    """Whether the column of a node's target holds it as it is."""
    if value and not -4 <= value.adjusted() < 12:
        return False
    exponent = value.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -4
