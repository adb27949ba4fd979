"""One figure, one JSON line."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence


def figure(name: str, value: float, unit: str, **more: object) -> None:
    print(json.dumps({"figure": name, "value": round(value, 2), "unit": unit, **more}, ensure_ascii=False), flush=True)


def share(values: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` of the values do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else math.nan
