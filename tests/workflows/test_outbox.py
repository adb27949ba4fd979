"""Delivery that fails: it waits longer each time, is given up at last, and the administrator may send it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from accounts.models import Role, User
from tests.delivery_factories import person
from workflows import clock, outbox
from workflows.models import Notification, OutboxMessage

pytestmark = pytest.mark.django_db
START = datetime(2026, 7, 1, 9, 0, tzinfo=clock.SHANGHAI)
NOBODY_LISTENS = 9  # the discard port


@pytest.fixture
def recipient(settings: Settings) -> User:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", NOBODY_LISTENS, 2
    user = person("收件人")
    user.email = "someone@example.cn"
    user.save()
    return user


@pytest.fixture
def message(recipient: User) -> OutboxMessage:
    return OutboxMessage.objects.create(created_at=START, code="N01", recipient=recipient, subject="题", body="文")


def sweep_at(instant: datetime) -> int:
    with clock.travel(instant):
        return outbox.deliver_pending()


def attempts(message: OutboxMessage) -> Iterator[datetime]:
    """The instants of the attempts when a sweep comes every ten seconds."""
    instant = START
    while True:
        before = message.attempts
        sweep_at(instant)
        message.refresh_from_db()
        if message.attempts > before:
            yield instant
        if message.dead_at:
            return
        instant = max(instant + timedelta(seconds=10), message.next_attempt_at or instant)


def test_it_waits_twice_as_long_after_each_failure_and_is_given_up(message: OutboxMessage) -> None:
    instants = list(attempts(message))
    pauses = [(b - a).total_seconds() for a, b in pairwise(instants)]
    assert pauses == [30, 60, 120, 240, 480, 960, 1920]
    assert len(instants) == outbox.MAX_ATTEMPTS
    assert (message.dead_at, message.next_attempt_at, message.delivered_at) == (instants[-1], None, None)
    assert message.last_error.startswith("ConnectionRefusedError: ")
    assert sweep_at(START + timedelta(days=30)) == 0
    message.refresh_from_db()
    assert message.attempts == outbox.MAX_ATTEMPTS


def test_no_pause_is_longer_than_an_hour() -> None:
    assert outbox.pause_after(7) < timedelta(hours=1)
    assert {outbox.pause_after(n) for n in (8, 9, 100)} == {timedelta(hours=1)}


def test_who_is_not_reached_by_mail_still_finds_it_in_house_once(message: OutboxMessage, recipient: User) -> None:
    list(attempts(message))
    assert Notification.objects.get().user == recipient


def test_it_goes_out_when_the_server_is_back_and_not_before_its_time(
    message: OutboxMessage, settings: Settings
) -> None:
    sweep_at(START)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert sweep_at(START + timedelta(seconds=29)) == 0
    assert sweep_at(START + timedelta(seconds=30)) == 1
    assert sweep_at(START + timedelta(days=1)) == 0
    message.refresh_from_db()
    assert message.delivered_at == START + timedelta(seconds=30)
    assert len(mail.outbox) == 1


def test_one_that_fails_does_not_hold_up_the_others(message: OutboxMessage) -> None:
    other = OutboxMessage.objects.create(created_at=START, code="N01", recipient=person("无邮箱"), subject="题")
    assert sweep_at(START) == 1
    other.refresh_from_db()
    assert other.delivered_at == START


def test_a_task_that_fails_is_given_up_too(db: None) -> None:
    OutboxMessage.objects.create(created_at=START, task="projects.tasks.no_such_task")
    message = OutboxMessage.objects.get()
    assert len(list(attempts(message))) == outbox.MAX_ATTEMPTS
    assert "no_such_task" in message.last_error


def test_nothing_is_dead_and_delivered(message: OutboxMessage) -> None:
    with pytest.raises(IntegrityError, match="outbox_dead_or_delivered"), transaction.atomic():
        OutboxMessage.objects.update(dead_at=START, delivered_at=START)


# --- the administrator's page -------------------------------------------------------------------------


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_administrator_sees_the_envelope_and_sends_it_again(message: OutboxMessage, settings: Settings) -> None:
    OutboxMessage.objects.update(dead_at=START, attempts=8, last_error="SMTP 451", subject="机密题目", body="机密正文")
    administrator = logged_in(person("系统", Role.SYS))
    html = administrator.get("/outbox/").content.decode()
    assert "SMTP 451" in html
    assert message.recipient is not None
    assert message.recipient.username in html
    assert "机密" not in html

    html = administrator.post("/outbox/again/", {"message": message.pk}, follow=True).content.decode()
    assert "已重新排队 1 条" in html
    assert "没有投递失败的消息" in html
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert outbox.deliver_pending() == 1


def test_it_is_for_the_administrator_only(message: OutboxMessage) -> None:
    OutboxMessage.objects.update(dead_at=START)
    for role in (Role.AUD, Role.SAF):
        client = logged_in(person("别人", role))
        assert client.get("/outbox/").status_code == 403
        assert client.post("/outbox/again/").status_code == 403
    assert Client().get("/outbox/").status_code == 302
    assert outbox.dead_letters().count() == 1


def test_all_are_sent_again_at_once_and_a_strange_number_does_nothing(message: OutboxMessage) -> None:
    OutboxMessage.objects.create(created_at=START, task="x")
    OutboxMessage.objects.update(dead_at=START)
    administrator = logged_in(person("系统", Role.SYS))
    administrator.post("/outbox/again/", {"message": "9" * 40})
    assert outbox.dead_letters().count() == 2
    administrator.post("/outbox/again/")
    assert outbox.dead_letters().count() == 0
