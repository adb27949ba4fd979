"""Outbox: what a transition wants said or done is stored with it, then delivered by the worker."""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from kombu.exceptions import OperationalError

from workflows import clock
from workflows.models import Notification, OutboxMessage

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 8


def wake_worker() -> None:
    """Ask for a delivery now. A dead broker is no error: the beat sweep delivers later."""
    try:
        current_app.send_task("workflows.tasks.deliver_outbox", ignore_result=True, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("broker unreachable, the sweep will deliver: %s", error)


def deliver_pending(limit: int = 200) -> int:
    """Deliver up to `limit` messages; return how many. Safe to run twice and side by side.

    Each message has its own transaction; rows that another worker holds are skipped.
    """
    delivered = 0
    for _ in range(limit):
        with transaction.atomic():
            message = (
                OutboxMessage.objects.select_for_update(skip_locked=True)
                .filter(delivered_at__isnull=True, attempts__lt=MAX_ATTEMPTS)
                .order_by("attempts", "id")
                .first()
            )
            if message is None:
                return delivered
            message.attempts += 1
            try:
                with transaction.atomic():
                    _deliver(message)
            except Exception as error:  # the message stays, with the reason, for the next sweep
                logger.exception("outbox message %s failed", message.pk)
                message.last_error = str(error)[:300]
            else:
                message.delivered_at = clock.now()
                delivered += 1
            message.save()
    return delivered


def _deliver(message: OutboxMessage) -> None:
    if message.task:
        current_app.loader.import_default_modules()  # outside the worker nobody has registered them yet
        current_app.tasks[message.task].run(*message.arguments)
        return
    recipient = message.recipient
    assert recipient is not None  # the database checks outbox_tells_or_runs
    Notification.objects.get_or_create(message=message, defaults={"user": recipient, "created_at": message.created_at})
    if recipient.email and settings.EMAIL_BACKEND != "django.core.mail.backends.dummy.EmailBackend":
        send_mail(message.subject, f"{message.body}\n\n{settings.PUBLIC_URL}{message.url}", None, [recipient.email])
