"""Time-driven steps: by stored instants, safe to run twice, late and side by side."""

from datetime import date, datetime, time, timedelta

import pytest

from projects.models import ChallengeList, PublicNotice
from tests import delivery_factories as f
from workflows import sweeps
from workflows.bid import BidFlow
from workflows.clock import SHANGHAI, travel
from workflows.engine import perform, start
from workflows.models import AuditEntry, OutboxMessage
from workflows.reminders import BID_STEPS, step_due
from workflows.sweeps import CLOSE_GRACE, sweep_all

pytestmark = pytest.mark.django_db
CLOSE = datetime.combine(f.BID_CLOSE, time(17), SHANGHAI)


def drafted(w: f.World) -> f.Team:
    from projects.models import Bid

    challenge = f.published_list(w).challenges.get()
    team = f.team(w)
    with f.on(date(2026, 3, 10)):
        bid = Bid(challenge=challenge, organisation=team.organisation, pi=team.pi, title="草稿")
        start(BidFlow, bid, by=team.pi)
    return team


def steps_sent(team: f.Team) -> list[str]:
    keys = OutboxMessage.objects.filter(code="N02", recipient=team.pi, key__isnull=False).order_by("pk")
    return [key.split(":")[-2] for key in keys.values_list("key", flat=True)]


def test_rule_2_1_a_list_closes_when_what_came_by_the_recommenders_instant_has_been_worked_off() -> None:
    w = f.world()
    f.published_list(w)
    rec_close = w.challenge_list.rec_close_at
    assert rec_close is not None
    with travel(rec_close + CLOSE_GRACE - timedelta(microseconds=1)):
        sweep_all()
    assert w.challenge_list.state == ChallengeList.State.PUBLISHED
    with travel(rec_close + CLOSE_GRACE):
        assert sweep_all() == 1
    assert w.challenge_list.state == ChallengeList.State.CLOSED


def test_a_second_sweep_does_nothing() -> None:
    w = f.world()
    f.noticed_decision(w)
    with f.on(date(2026, 6, 6)):
        assert sweep_all() > 0
        entries = AuditEntry.objects.count()
        assert sweep_all() == 0
    assert AuditEntry.objects.count() == entries


def test_drafters_are_reminded_once_at_each_step() -> None:
    w = f.world()
    team = drafted(w)
    for left in (timedelta(days=8), *BID_STEPS.values(), timedelta(minutes=1)):
        with travel(CLOSE - left):
            sweep_all()
            sweep_all()
    assert steps_sent(team) == ["T-7d", "T-3d", "T-24h", "T-2h"]
    assert OutboxMessage.objects.filter(code="N02", recipient=team.admin, key__isnull=False).count() == 4


def test_a_reminder_says_what_is_missing() -> None:
    w = f.world()
    team = drafted(w)
    with travel(CLOSE - timedelta(hours=20)):
        sweep_all()
    (message,) = OutboxMessage.objects.filter(code="N02", recipient=team.pi, key__isnull=False)
    for asked in ("还差", "尚未填写：", "以下指标尚未响应", "尚未上传"):
        assert asked in message.body


def test_recommenders_are_reminded_of_the_bids_that_wait_for_them_before_their_own_close() -> None:
    w = f.world()
    challenge, team = f.published_list(w).challenges.get(), f.team(w)
    with f.on(date(2026, 4, 10)):
        bid = f.complete_draft(w, challenge, team, title="等待推荐的申请")
        perform(BidFlow, bid, "hand_in", by=team.pi, pledge=True)
        perform(BidFlow, bid, "unit_endorse", by=team.admin, matching_confirmed=True)
    close = w.challenge_list.rec_close_at
    assert close is not None
    reminders = OutboxMessage.objects.filter(recipient=w.rec_user, key__isnull=False)
    for left, sent in ((25, 0), (23, 1), (22, 1), (1, 2)):
        with travel(close - timedelta(hours=left)):
            sweep_all()
        assert reminders.count() == sent, left
    for message in reminders:
        assert "还有 1 份申请待推荐" in message.subject
        assert "等待推荐的申请" in message.body


def test_a_late_sweep_sends_the_most_urgent_reminder_only() -> None:
    w = f.world()
    team = drafted(w)
    with travel(CLOSE - timedelta(hours=1)):
        sweep_all()
    assert steps_sent(team) == ["T-2h"]


def test_nobody_is_reminded_after_the_close() -> None:
    w = f.world()
    team = drafted(w)
    with travel(CLOSE):
        sweep_all()
    assert steps_sent(team) == []


def test_an_extended_close_is_reminded_of_anew() -> None:
    from workflows.challenge_list import ChallengeListFlow

    w = f.world()
    team = drafted(w)
    with travel(CLOSE - timedelta(days=6)):
        sweep_all()
        later = CLOSE + timedelta(days=10)
        perform(
            ChallengeListFlow, w.challenge_list, "extend", by=w.lead, bid_close_at=later, rec_close_at=later,
            reason=f.REASON,
        )  # fmt: skip
    with travel(later - timedelta(days=6)):
        sweep_all()
    assert steps_sent(team) == ["T-7d", "T-7d"]


@pytest.mark.parametrize(
    ("left", "step"),
    [
        (timedelta(days=7, seconds=1), None),
        (timedelta(days=7), "T-7d"),
        (timedelta(hours=24), "T-24h"),
        (timedelta(seconds=1), "T-2h"),
        (timedelta(0), None),
    ],
)
def test_the_step_that_is_due(left: timedelta, step: str | None) -> None:
    assert step_due(left, BID_STEPS) == step


def test_one_broken_record_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = f.world(), f.world()
    f.noticed_decision(first)
    f.noticed_decision(second)
    real = sweeps.perform

    def breaks_on_the_first(flow: type, pk: int, step: str, **kwargs: object) -> object:
        if pk == first.notice.pk and step == "end":
            raise RuntimeError("disk full")
        return real(flow, pk, step, **kwargs)

    monkeypatch.setattr(sweeps, "perform", breaks_on_the_first)
    with f.on(date(2026, 6, 6)):
        sweep_all()
    assert first.notice.state == PublicNotice.State.ONGOING
    assert second.notice.state == PublicNotice.State.ENDED_CLEAN
