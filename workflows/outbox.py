"""Outbox: what a transition wants said or done is stored with it, then delivered by the worker."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from threading import Lock

from celery import current_app
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q, QuerySet

from workflows import clock
from workflows.models import Notification, OutboxMessage

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)


#: In a rush one delivery a second takes everything along; a broker that is down is left alone a while.
BETWEEN_WAKES, AFTER_FAILURE = 1.0, 5.0
_lock = Lock()
_asked_for = 0.0  # when (monotonic) the latest delivery begins that this process has asked for


def wake_worker() -> None:
    """Ask for a delivery soon. A dead broker is no error: the beat sweep delivers later."""
    if (wait := _book_wake()) is None:
        return
    try:
        current_app.send_task("workflows.tasks.deliver_outbox", countdown=wait or None, ignore_result=True, retry=False)
    # Some of what the transports raise is their own; the message is in the database, whatever it is.
    except Exception as error:
        _put_off_wakes()
        logger.warning("broker unreachable, the sweep will deliver: %s", error)


def _book_wake() -> float | None:
    """In how many seconds the delivery should begin; None when one is asked for that is still to begin."""
    global _asked_for
    with _lock:
        now = time.monotonic()
        if now < _asked_for:
            return None
        wait = max(0.0, _asked_for + BETWEEN_WAKES - now) if _asked_for else 0.0
        _asked_for = now + wait
        return wait


def _put_off_wakes() -> None:
    global _asked_for
    with _lock:
        _asked_for = time.monotonic() + AFTER_FAILURE


def deliver_pending(limit: int = 200) -> int:
    """Deliver up to `limit` messages; return how many. Safe to run twice and side by side.

    Each message has its own transaction; rows that another worker holds are skipped. One that fails
    waits longer each time, so that a mail server that is down is not hammered, and is a dead letter
    after `MAX_ATTEMPTS`.
    """
    delivered = 0
    for _ in range(limit):
        with transaction.atomic():
            message = _next_due()
            if message is None:
                return delivered
            message.attempts += 1
            # Kept whatever becomes of the mail.
            _tell_in_house(message)
            try:
                with transaction.atomic():
                    _deliver(message)
            except Exception as error:  # the message stays, with the reason, for a later sweep
                logger.exception("outbox message %s failed, attempt %s", message.pk, message.attempts)
                _put_off(message, error)
            else:
                message.delivered_at, message.next_attempt_at = clock.now(), None
                delivered += 1
            message.save()
    return delivered


def _next_due() -> OutboxMessage | None:
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=clock.now())
    return (
        OutboxMessage.objects.select_for_update(skip_locked=True)
        .filter(due, delivered_at__isnull=True, dead_at__isnull=True)
        .order_by("attempts", "id")
        .first()
    )


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failures: 30 s, 1 min, 2 min, … at most an hour."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)


def _put_off(message: OutboxMessage, error: Exception) -> None:
    message.last_error = f"{type(error).__name__}: {error}"[:300]
    if message.attempts >= MAX_ATTEMPTS:
        message.dead_at, message.next_attempt_at = clock.now(), None
        logger.error("outbox message %s is given up", message.pk)
    else:
        message.next_attempt_at = clock.now() + pause_after(message.attempts)


def dead_letters() -> QuerySet[OutboxMessage]:
    """What was given up, the latest first."""
    return OutboxMessage.objects.filter(dead_at__isnull=False).order_by("-dead_at", "-id")


def send_again(letters: QuerySet[OutboxMessage]) -> int:
    """Put dead letters back in line, with all their attempts before them; return how many."""
    count = letters.filter(dead_at__isnull=False).update(dead_at=None, next_attempt_at=None, attempts=0)
    if count:
        transaction.on_commit(wake_worker)
    return count


def _tell_in_house(message: OutboxMessage) -> None:
    if message.recipient is not None:
        Notification.objects.get_or_create(
            message=message, defaults={"user": message.recipient, "created_at": message.created_at}
        )


def _deliver(message: OutboxMessage) -> None:
    if message.task:
        current_app.loader.import_default_modules()  # outside the worker nobody has registered them yet
        current_app.tasks[message.task].run(*message.arguments)
        return
    recipient = message.recipient
    assert recipient is not None  # the database checks outbox_tells_or_runs
    if recipient.email and settings.EMAIL_BACKEND != "django.core.mail.backends.dummy.EmailBackend":
        send_mail(message.subject, f"{message.body}\n\n{settings.PUBLIC_URL}{message.url}", None, [recipient.email])
