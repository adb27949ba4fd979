"""How values are shown: money, numbers, targets, deadlines, the colour of a state."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.apps import apps

from config.templatetags.jiebang import deadline, instant, number, shown_target, time_left, wan
from config.tones import _BY_STATE, EXCEPTIONS, TONES, tone_of
from workflows import clock


@pytest.mark.parametrize(
    ("yuan", "shown"),
    [(12_000_000, "1,200.00"), (1_234_567, "123.46"), (50, "0.01"), (49, "0.00"), (0, "0.00"), (None, "—")],
)
def test_money_is_shown_in_wan_half_up(yuan, shown):
    assert wan(yuan) == shown


def test_a_number_loses_its_trailing_zeros_and_keeps_its_thousands():
    assert [number(Decimal(n)) for n in ("95.5000", "3.0000", "1200", "0.0100")] == ["95.5", "3", "1,200", "0.01"]


def test_a_target_reads_with_comparator_and_unit():
    row = SimpleNamespace(comparator=">=", target=Decimal("95.0000"), unit="%")
    assert shown_target(row) == "≥ 95 %"
    assert shown_target(row, Decimal("98")) == "≥ 98 %"
    assert shown_target({"comparator": "bool", "target": "1", "unit": ""}) == "达成"


def test_an_instant_is_shown_in_shanghai_whatever_zone_it_is_in():
    assert instant(datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) == "2026-03-02 17:00"


def test_the_end_of_a_day_is_that_days_24_oclock():
    assert deadline(datetime(2026, 3, 2, 16, 0, tzinfo=UTC)) == "2026-03-02 24:00"


def test_the_time_left_ends_with_the_instant():
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with clock.travel(now):
        assert time_left(now + timedelta(days=3, hours=4)) == "还剩 3 天 4 小时"
        assert time_left(now + timedelta(minutes=90)) == "还剩 1 小时 30 分"
        assert time_left(now) == ""


def test_no_state_is_named_in_two_tones():
    named = [state for states in TONES.values() for state in states.split()]
    assert len(named) == len(set(named))


def test_every_named_state_exists_and_every_live_state_has_a_tone():
    states = {
        (model._meta.model_name, value)
        for model in apps.get_models()
        if hasattr(model, "State")
        for value in model.State
    }
    assert {(model, state) for model, state in EXCEPTIONS} <= states
    values = {value for _, value in states}
    ended = {
        "WITHDRAWN",
        "VOID",
        "VOIDED",
        "CANCELLED",
        "DECLINED",
        "RECUSED",
        "REPLACED",
        "ARCHIVED",
        "ABORTED",
        "EXPIRED",
        "TIMEOUT",
        "WITHHELD",
        "DISCARDED",
        "KEPT",
    }
    ended |= {"NOT_RECOMMENDED", "NOT_AWARDED", "NOT_UPHELD", "NO_WINNER", "FINISHED_NO_WIN", "REISSUED", "CORRECTED"}
    assert values - set(_BY_STATE) <= ended
    assert tone_of("bid", "AWARDED") == "good"
    assert tone_of("objection", "CLOSED") == "plain"
