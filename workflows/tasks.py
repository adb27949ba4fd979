"""Celery tasks. Each can run twice, late, or side by side without harm."""

from celery import shared_task

from workflows import anchors, outbox, sweeps


@shared_task
def deliver_outbox() -> int:
    return outbox.deliver_pending()


@shared_task
def sweep_deadlines() -> int:
    return sweeps.sweep_all()


@shared_task
def anchor_audit_chain() -> str:
    return anchors.anchor_head()
