"""Requests that have been carried out, so that the same one sent again changes nothing."""

from django.db import models


class PerformedRequest(models.Model):
    """One keyed call of `perform`: written in its transaction, so that the key is used up or nothing happened."""

    actor = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    #: Chosen by the sender: the form's hidden field, or the header Idempotency-Key.
    key = models.CharField(max_length=64)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=20)
    transition = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="request_key_once_per_actor")]
