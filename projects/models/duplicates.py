"""查重: what a bid's words were compared with, and what they resemble. Advice for the formal check, no more."""

from django.db import models
from django.db.models import F, Q


class Fingerprint(models.Model):
    """One winnowed hash of a handed-in bid's text (`projects.similarity`)."""

    pk = models.CompositePrimaryKey("value", "bid_id")
    value = models.IntegerField()
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="fingerprints")


class DuplicateCheck(models.Model):
    """That a bid's frozen content was compared, when, and with how many others."""

    bid = models.OneToOneField("projects.Bid", models.PROTECT, primary_key=True, related_name="duplicate_check")
    #: The content that was indexed; another digest means that it has to be done again.
    indexed_sha256 = models.CharField(max_length=64, blank=True)
    compared_sha256 = models.CharField(max_length=64, blank=True)
    compared_at = models.DateTimeField(null=True, blank=True)
    compared_with = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.bid_id} {self.compared_at or '—'}"


class DuplicateMatch(models.Model):
    """Another bid whose words return in this one."""

    check_of = models.ForeignKey(DuplicateCheck, models.PROTECT, related_name="matches")
    other = models.ForeignKey("projects.Bid", models.PROTECT, related_name="+")
    #: How much of this bid's letters stand in the other, in thousandths.
    permille = models.PositiveSmallIntegerField()
    #: Letters of the longest passage.
    longest = models.PositiveIntegerField()

    class Meta:
        ordering = ["-permille", "other"]
        constraints = [
            models.UniqueConstraint(name="match_once_per_bid", fields=["check_of", "other"]),
            models.CheckConstraint(name="match_is_a_share", condition=Q(permille__lte=1000)),
            models.CheckConstraint(name="no_bid_matches_itself", condition=~Q(other=F("check_of"))),
        ]
