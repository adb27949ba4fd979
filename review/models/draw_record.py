"""抽取记录."""

from django.db import models


class DrawRecord(models.Model):
    """The replayable record of one draw (`review.draw`). Append-only by a database trigger.

    The commitment is written before the draw, the rest when it is made; `seed_hex` is revealed
    once the round is closed.
    """

    round = models.ForeignKey("review.ReviewRound", models.PROTECT, related_name="draws")
    seed_commitment = models.CharField(max_length=64)
    seed_hex = models.CharField(max_length=64)
    record = models.JSONField()
    witness = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
