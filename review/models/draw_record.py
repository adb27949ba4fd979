"""抽取记录."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone


class DrawRecord(models.Model):
    """The replayable record of one draw or redraw (`review.draw`). Append-only by a database trigger.

    The commitment is in the audit chain before the draw; this row is written when it is made, and
    `seed_hex` is revealed once the round is over. `record` is what is handed out, and beside it, under
    `EXPERTS`, the link from its pseudonyms to the experts, which never leaves the house.
    """

    EXPERTS = "experts"

    round = models.ForeignKey("review.ReviewRound", models.PROTECT, related_name="draws")
    seed_commitment = models.CharField(max_length=64)
    seed_hex = models.CharField(max_length=64)
    record = models.JSONField()
    witness = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def names_nobody(self) -> bool:
        """Whether the record runs on pseudonyms. Records from before they were used hold the experts' own keys."""
        return self.EXPERTS in self.record

    def public_record(self) -> dict[str, Any]:
        """What `review.draw.replay` needs, without the link."""
        return {name: value for name, value in self.record.items() if name != self.EXPERTS}

    def experts(self) -> dict[str, int]:
        """Id in the record → key of the expert."""
        if self.names_nobody():
            found: dict[str, int] = self.record[self.EXPERTS]
            return found
        return {name: int(name) for name, *_rest in self.record["candidates"]}
