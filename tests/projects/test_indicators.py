"""Meeting a target, the margin that breaks ties, promises that are not below what is required."""

from decimal import ROUND_UP, Context, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.indicators import Comparator, margin, meets, not_weaker

D = Decimal
values = st.decimals(-1000, 1000, places=4)
targets = st.one_of(
    st.tuples(st.sampled_from([">=", "<=", "="]), values, st.none()),
    st.tuples(values, values).map(lambda ends: ("range", min(ends), max(ends))),
)
flags = st.sampled_from([D(0), D(1)])


@pytest.mark.parametrize(
    ("comparator", "target", "actual", "high", "met"),
    [
        (">=", "1200", "1200", None, True),
        (">=", "1200", "1199.9999", None, False),
        ("<=", "0.5", "0.5", None, True),
        ("<=", "0.5", "0.5001", None, False),
        ("=", "3", "3.0000", None, True),
        ("=", "3", "3.0001", None, False),
        ("range", "20", "20", "25", True),
        ("range", "20", "25", "25", True),
        ("range", "20", "25.1", "25", False),
        ("range", "20", "19.9", "25", False),
        ("bool", "1", "1", None, True),
        ("bool", "1", "0", None, False),
        ("bool", "0", "0", None, True),
        ("bool", "0", "1", None, False),
    ],
)
def test_a_target_is_met_up_to_its_very_edge(comparator, target, actual, high, met):
    assert meets(comparator, D(target), D(actual), high and D(high)) is met


@pytest.mark.parametrize(
    ("comparator", "target", "actual", "high", "expected"),
    [
        (">=", "1200", "1320", None, "0.1"),
        (">=", "1200", "1080", None, "-0.1"),
        (">=", "-10", "-8", None, "0.2"),
        ("<=", "0.5", "0.4", None, "0.2"),
        ("<=", "0.5", "0.6", None, "-0.2"),
        (">=", "0", "0.3", None, "0.3"),
        ("=", "4", "4", None, "0"),
        ("=", "4", "5", None, "-0.25"),
        ("range", "20", "22", "30", "0.4"),
        ("range", "20", "25", "30", "1"),
        ("range", "20", "31", "30", "-0.2"),
        ("range", "20", "20", "20", "0"),
        ("bool", "1", "1", None, "0"),
        ("bool", "1", "0", None, "-1"),
        ("bool", "0", "1", None, "-1"),
    ],
)
def test_the_margin_is_a_share_of_the_target(comparator, target, actual, high, expected):
    assert margin(comparator, D(target), D(actual), high and D(high)) == D(expected)


@given(targets, values)
def test_the_margin_is_negative_exactly_when_the_target_is_missed(target, actual):
    comparator, low, high = target
    assert (margin(comparator, low, actual, high) >= 0) == meets(comparator, low, actual, high)


@given(values, values, values)
def test_a_better_value_never_has_a_smaller_margin(target, one, other):
    one, other = sorted((one, other))
    assert margin(">=", target, one) <= margin(">=", target, other)
    assert margin("<=", target, one) >= margin("<=", target, other)


@pytest.mark.parametrize(
    ("comparator", "required", "promised", "kept"),
    [
        (">=", "100", "100", True),
        (">=", "100", "120", True),
        (">=", "100", "99.9", False),
        ("<=", "5", "4", True),
        ("<=", "5", "5.1", False),
        ("=", "3", "3", True),
        ("=", "3", "4", False),
        ("bool", "1", "1", True),
        ("bool", "1", "0", False),
        ("bool", "0", "1", False),
    ],
)
def test_a_promise_may_exceed_but_never_weaken_what_is_required(comparator, required, promised, kept):
    assert not_weaker(comparator, D(required), D(promised)) is kept


@pytest.mark.parametrize(
    ("low", "high", "kept"),
    [("20", "30", True), ("22", "25", True), ("19", "25", False), ("22", "31", False)],
)
def test_a_promised_range_lies_inside_the_required_one(low, high, kept):
    assert not_weaker("range", D(20), D(low), D(30), D(high)) is kept


@given(st.data())
def test_a_value_that_keeps_the_promise_meets_the_requirement(data):
    comparator, low, high = data.draw(targets)
    own, own_high = sorted((data.draw(values), data.draw(values)))
    own_high = None if high is None else own_high
    actual = data.draw(values)
    if not_weaker(comparator, low, own, high, own_high) and meets(comparator, own, actual, own_high):
        assert meets(comparator, low, actual, high)


@given(targets)
def test_a_promise_is_not_weaker_than_itself(target):
    comparator, low, high = target
    assert not_weaker(comparator, low, low, high, high)


def test_the_callers_decimal_context_cannot_turn_a_miss_into_a_hit():
    with localcontext(Context(prec=2, rounding=ROUND_UP)):
        assert not meets(">=", D("1000.01"), D("1000"))
        assert margin(">=", D("1000.01"), D("1000")) < 0


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ((">", D(1), D(1)), "unknown comparator '>'"),
        ((">=", D(1), 1.0), "not float"),
        ((">=", 1, D(1)), "not int"),
        ((">=", D(1), D("NaN")), "finite"),
        ((">=", D(1), None), "not NoneType"),
        (("bool", D(2), D(1)), "1 or 0, not 2"),
        (("bool", D(1), D("0.5")), "1 or 0, not 0.5"),
        (("range", D(1), D(1)), "only a range has an upper end"),
        ((">=", D(1), D(1), D(2)), "only a range has an upper end"),
        (("range", D(2), D(1), D(1)), "must not end"),
        (("range", D(2), D(1), 3.0), "not float"),
    ],
)
def test_values_that_cannot_be_compared_are_refused(arguments, fault):
    for compare in (meets, margin):
        with pytest.raises(ValueError, match=fault):
            compare(*arguments)


def test_the_comparators_are_those_of_the_indicator_table():
    assert [c.value for c in Comparator] == [">=", "<=", "=", "range", "bool"]
