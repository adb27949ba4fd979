"""Where a batch's money ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.cut_line import cut_line

MONEY = st.lists(st.integers(0, 10**10), max_size=30)


def test_the_line_stands_before_the_first_that_no_longer_fits() -> None:
    cut = cut_line([300, 200, 400, 50], 550)
    assert (cut.running, cut.fits, cut.left, cut.over) == ((300, 500, 900, 950), 2, 50, 400)


def test_a_smaller_one_behind_the_line_does_not_jump_the_queue() -> None:
    assert cut_line([300, 400, 10], 350).fits == 1


def test_a_budget_spent_to_the_yuan_is_no_excess() -> None:
    cut = cut_line([300, 200], 500)
    assert (cut.fits, cut.left, cut.is_over) == (2, 0, False)


def test_without_a_budget_everything_fits() -> None:
    cut = cut_line([300, 200], None)
    assert (cut.fits, cut.left, cut.is_over) == (2, None, False)


@pytest.mark.parametrize(("amounts", "budget"), [([-1], 5), ([1], -5)])
def test_negative_money_is_refused(amounts: list[int], budget: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        cut_line(amounts, budget)


@given(MONEY, st.integers(0, 10**11))
def test_what_fits_is_paid_and_one_more_is_not(amounts: list[int], budget: int) -> None:
    cut = cut_line(amounts, budget)
    spent = sum(amounts[: cut.fits])
    assert cut.left == budget - spent >= 0
    if cut.fits < len(amounts):
        assert spent + amounts[cut.fits] > budget
        assert cut.over == sum(amounts) - budget > 0
    else:
        assert cut.over == 0
