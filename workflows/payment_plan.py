"""Splitting an award into tranches (domain 4.2). No Django import.

Money is whole yuan. Every tranche is rounded down and the last one takes the remainder, so that the
sum is the award to the yuan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Release(StrEnum):
    """What releases a tranche; the values of `Tranche.released_by`."""

    CONTRACT = "CONTRACT"
    MILESTONE = "MILESTONE"
    ACCEPTANCE = "ACCEPTANCE"


@dataclass(frozen=True)
class PaymentPlan:
    """A preset: percent and release of each tranche, first to last."""

    code: str
    name: str
    tranches: tuple[tuple[int, Release], ...]

    @property
    def percents(self) -> tuple[int, ...]:
        return tuple(percent for percent, _ in self.tranches)


_C, _M, _A = Release.CONTRACT, Release.MILESTONE, Release.ACCEPTANCE
#: The plans of domain 4.2. In P_PRIZE the milestone is the test, and the sum goes to its ranked winners.
PAYMENT_PLANS = {
    plan.code: plan
    for plan in (
        PaymentPlan("P_442", "签约40%、中期里程碑40%、验收20%", ((40, _C), (40, _M), (20, _A))),
        PaymentPlan("P_3331", "签约30%、三个里程碑30%/30%/10%", ((30, _C), (30, _M), (30, _M), (10, _M))),
        PaymentPlan("P_60_40", "签约60%、考核通过后40%", ((60, _C), (40, _M))),
        PaymentPlan("P_0_100", "验收通过后一次性拨付", ((100, _A),)),
        PaymentPlan("P_PRIZE", "测试通过后奖励优胜者", ((100, _M),)),
    )
}


def split_tranches(total_yuan: int, percents: Sequence[int]) -> list[int]:
    """The tranches of an award in whole yuan (domain 4.2): rounded down, the remainder to the last.

    `percents` are whole, none negative, their sum 100; the last is not 0, since it may get a remainder.
    Raises ValueError otherwise, or when the total is not a whole number of yuan from 0 up.
    """
    if isinstance(total_yuan, bool) or not isinstance(total_yuan, int) or total_yuan < 0:
        raise ValueError(f"the total must be a whole number of yuan, not {total_yuan!r}")
    if any(isinstance(p, bool) or not isinstance(p, int) or p < 0 for p in percents):
        raise ValueError(f"percents must be whole numbers from 0 up, not {list(percents)!r}")
    if sum(percents) != 100:
        raise ValueError(f"percents must sum to 100, not {sum(percents)}")
    if percents[-1] == 0:
        raise ValueError("the last percent must not be 0, because the last tranche takes the remainder")
    parts = [total_yuan * percent // 100 for percent in percents[:-1]]
    return [*parts, total_yuan - sum(parts)]
