"""Messages and jobs written in the transition's own transaction, delivered afterwards."""

from django.db import models
from django.db.models import Q


class OutboxMessage(models.Model):
    """Something to do after commit: tell a person (`recipient`) or run a task (`task`)."""

    created_at = models.DateTimeField()
    code = models.CharField(max_length=4, blank=True)  # N01 … N18 of domain 2.18
    recipient = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=160, blank=True)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=200, blank=True)
    #: Names a message that must be sent only once, however often a sweep comes by.
    key = models.CharField(max_length=120, unique=True, null=True, blank=True)
    task = models.CharField(max_length=80, blank=True)
    arguments = models.JSONField(default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: After a failed attempt: not before this instant.
    next_attempt_at = models.DateTimeField(null=True)
    #: Given up after the last attempt (a dead letter). The system administrator may send it again.
    dead_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # The sweep reads only what is still to be delivered, the administrator only what is dead.
            models.Index(
                fields=["id"], name="outbox_pending", condition=Q(delivered_at__isnull=True, dead_at__isnull=True)
            ),
            models.Index(fields=["-dead_at"], name="outbox_dead", condition=Q(dead_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="outbox_tells_or_runs",
                condition=Q(recipient__isnull=False, task="") | (Q(recipient__isnull=True) & ~Q(task="")),
            ),
            models.CheckConstraint(
                name="outbox_dead_or_delivered", condition=Q(delivered_at__isnull=True) | Q(dead_at__isnull=True)
            ),
        ]


class Notification(models.Model):
    """站内信. One per outbox message, however often delivery is retried."""

    message = models.OneToOneField(OutboxMessage, models.PROTECT)
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="notifications")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-id"], name="notification_by_user")]
