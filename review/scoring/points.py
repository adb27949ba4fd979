"""Exact arithmetic on scores: decimals only, rounded once, half up (domain 3.2). No Django import.

A float is refused rather than converted: 0.1 + 0.2 has no place in anything that decides.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

_CENT = Decimal("0.01")
#: Its own context, so that no caller's precision or rounding can change a score.
EXACT = Context(prec=50, rounding=ROUND_HALF_UP)
ZERO, HUNDRED = Decimal(0), Decimal(100)


def half_up(value: Decimal) -> Decimal:
    """`value` with two decimals, half up, away from zero."""
    return value.quantize(_CENT, context=EXACT)


def require_points(values: Iterable[object], *, top: Decimal = HUNDRED) -> list[Decimal]:
    """The scores as a list. Raises ValueError unless every one is a finite Decimal from 0 to `top`."""
    checked = []
    for value in values:
        if not isinstance(value, Decimal):
            raise ValueError(f"a score must be a Decimal, not {type(value).__name__} {value!r}")
        if not value.is_finite() or not ZERO <= value <= top:
            raise ValueError(f"a score must lie between 0 and {top}, not {value}")
        checked.append(value)
    if not checked:
        raise ValueError("there are no scores")
    return checked


def mean(values: Sequence[Decimal]) -> Decimal:
    """Arithmetic mean, unrounded. `values` must not be empty."""
    with localcontext(EXACT):
        return sum(values, ZERO) / len(values)


def median(values: Sequence[Decimal]) -> Decimal:
    """Middle value, or the mean of the two middle ones. `values` must not be empty."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else mean(ordered[half - 1 : half + 1])


def sample_sd(values: Sequence[Decimal]) -> Decimal | None:
    """Sample standard deviation (n − 1), unrounded; None for a single value, which has none."""
    if len(values) < 2:
        return None
    with localcontext(EXACT):
        centre = mean(values)
        return (sum(((v - centre) ** 2 for v in values), ZERO) / (len(values) - 1)).sqrt()
