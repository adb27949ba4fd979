"""评审分工记录: who was to judge what, and all that it was computed from."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class RoundMatch(models.Model):
    """One assignment of a round's bids to its seats (`review.matching`). Append-only by a database trigger.

    `instance` is what `manage.py match_reviewers` reads, with aliases and numbers of bids for ids, so that the
    first match of a round can be computed again by anybody who may read it. Later rows fill what has become open;
    `added` and `moved` say what they changed. `pairs`: [number, alias], sorted, of everything that then stood.
    """

    round = models.ForeignKey("review.ReviewRound", models.PROTECT, related_name="matches")
    no = models.PositiveSmallIntegerField(_("次序"))
    at = models.DateTimeField(_("时间"))
    instance = models.JSONField()
    pairs = models.JSONField()
    added = models.JSONField(default=list)
    moved = models.JSONField(default=list)
    #: Sentences about what no expert was left for; empty when every bid has all its experts.
    lacking = models.JSONField(default=list)
    stats = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["round", "no"]
        constraints = [models.UniqueConstraint(fields=["round", "no"], name="match_no_once_per_round")]

    def __str__(self) -> str:
        return f"{self.round} {self.no}"

    @staticmethod
    def digest_of(instance: dict[str, Any], pairs: list[list[str]]) -> str:
        """SHA-256 over instance and pairs, as it stands in the audit chain."""
        text = json.dumps([instance, pairs], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
