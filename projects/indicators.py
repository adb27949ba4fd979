"""Comparing indicator values: target, measured, promised (考核指标, domain 2.7, 2.8, 4.7). No Django import.

A comparator says how a measured value relates to its target: ">=" at least, "<=" at most, "=" exactly,
"range" from `target` to `target_high` with both ends, "bool" done or not (1 or 0, equal to the target).
Values are Decimals in the indicator's own unit; nothing here converts units.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from enum import StrEnum

#: Its own context, so that no caller's precision can turn a miss into a hit.
_EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)
_ZERO, _ONE = Decimal(0), Decimal(1)


class Comparator(StrEnum):
    """The values of `projects.Indicator.comparator`."""

    AT_LEAST = ">="
    AT_MOST = "<="
    EQUAL = "="
    RANGE = "range"
    BOOLEAN = "bool"


def meets(comparator: Comparator | str, target: Decimal, actual: Decimal, target_high: Decimal | None = None) -> bool:
    """Whether a measured value reaches its target (domain 2.7: what a must-indicator is checked by).

    Raises ValueError for an unknown comparator, a value that is no finite Decimal, a bool other than
    0 or 1, or a range without or with a lower upper end.
    """
    low, high = _bounds(comparator, target, target_high)
    _require(comparator, actual)
    return (low is None or actual >= low) and (high is None or actual <= high)


def margin(
    comparator: Comparator | str, target: Decimal, actual: Decimal, target_high: Decimal | None = None
) -> Decimal:
    """By how much a value is better than its target, as a share of the target; negative when it misses.

    0.10 means 10 % better. Used to break ties in a race (domain 2.8), where a lane's margin is the
    smallest over its must-indicators. "=" and "bool" cannot be exceeded, so that meeting them gives 0
    and missing them a negative share. In a range it is the distance to the nearer end as a share of
    half the width. Where that denominator is 0 the distance itself is given.
    At least 0 exactly when `meets` is true. Raises ValueError as `meets` does.
    """
    low, high = _bounds(comparator, target, target_high)
    _require(comparator, actual)
    gaps = []
    if low is not None:
        gaps.append(_EXACT.subtract(actual, low))
    if high is not None:
        gaps.append(_EXACT.subtract(high, actual))
    whole = target.copy_abs()  # abs() would round to the caller's context
    if low is not None and high is not None and low != high:
        whole = _EXACT.divide(_EXACT.subtract(high, low), Decimal(2))
    return _EXACT.divide(min(gaps), whole or _ONE)


def not_weaker(
    comparator: Comparator | str,
    required: Decimal,
    promised: Decimal,
    required_high: Decimal | None = None,
    promised_high: Decimal | None = None,
) -> bool:
    """Whether a bidder's promise is at least as strict as what the challenge requires (逐条响应).

    Holds when every value that keeps the promise also meets the requirement; equal is enough. A
    promised range must lie inside the required one, so that it needs `promised_high` as well.
    Raises ValueError as `meets` does.
    """
    low, high = _bounds(comparator, required, required_high)
    own_low, own_high = _bounds(comparator, promised, promised_high)
    reaches_low = low is None or (own_low is not None and own_low >= low)
    keeps_high = high is None or (own_high is not None and own_high <= high)
    return reaches_low and keeps_high


def parse_target(text: str) -> tuple[Decimal, Decimal | None]:
    """A target as people type it: "30", or "20~40" for a range. Raises ValueError."""
    parts = [part.strip() for part in str(text).replace("～", "~").split("~")]
    try:
        ends = [Decimal(part) for part in parts]
    except InvalidOperation:
        raise ValueError(f"no number: {text!r}") from None
    if len(ends) > 2 or not all(end.is_finite() for end in ends):
        raise ValueError(f"neither a number nor a range of two: {text!r}")
    return ends[0], ends[1] if len(ends) == 2 else None


def format_target(low: Decimal, high: Decimal | None = None) -> str:
    """What `parse_target` reads: no exponent, no trailing zeros."""
    return "~".join(format(end.normalize(), "f") for end in (low, high) if end is not None)


def is_comparable(comparator: Comparator | str, low: Decimal, high: Decimal | None = None) -> bool:
    """Whether a target or promise is one that this comparator knows; the others raise for any other."""
    try:
        _bounds(comparator, low, high)
    except ValueError:
        return False
    return True


def _bounds(
    comparator: Comparator | str, target: Decimal, target_high: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """The lowest and highest value that meets the target; None where there is no such end."""
    try:
        kind = Comparator(comparator)
    except ValueError:
        raise ValueError(f"unknown comparator {comparator!r}; known are {', '.join(Comparator)}") from None
    _require(kind, target)
    if (kind is Comparator.RANGE) != (target_high is not None):
        raise ValueError(f"only a range has an upper end, and it needs one; comparator {kind}, {target_high}")
    if kind is Comparator.AT_LEAST:
        return target, None
    if kind is Comparator.AT_MOST:
        return None, target
    if target_high is None:
        return target, target
    _require(kind, target_high)
    if target_high < target:
        raise ValueError(f"a range must not end ({target_high}) below its start ({target})")
    return target, target_high


def _require(comparator: Comparator | str, value: object) -> None:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise ValueError(f"an indicator value must be a finite Decimal, not {type(value).__name__} {value!r}")
    if comparator == Comparator.BOOLEAN and value not in (_ZERO, _ONE):
        raise ValueError(f"a yes/no indicator is 1 or 0, not {value}")
