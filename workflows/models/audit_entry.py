"""The audit chain's table. Rows are written by the SQL function `audit_append` only."""

from django.db import models


class AuditEntry(models.Model):
    """One link of the chain (domain 2.0). See `workflows.audit` for how it is hashed.

    `at` is the instant by the product's clock (which the demo may set); `recorded_at` is the
    database server's own clock. No foreign key to the object: history outlives everything.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    actor_name = models.CharField(max_length=60)
    role = models.CharField(max_length=12)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    transition = models.CharField(max_length=40)
    from_state = models.CharField(max_length=24)
    to_state = models.CharField(max_length=24)
    reason = models.TextField()
    payload = models.JSONField()
    payload_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    txid = models.BigIntegerField()

    class Meta:
        ordering = ["seq"]
        indexes = [
            # Timelines of one object, and the deferred trigger's look-up.
            models.Index(fields=["object_type", "object_id", "seq"], name="audit_by_object"),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.object_type}:{self.object_id} {self.transition}"
