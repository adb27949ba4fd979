"""What became of a score sheet: the points that were superseded, and when its expert had it open."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SupersededScores(models.Model):
    """A sheet as it stood before its expert amended it. Append-only by a database trigger (domain 3.7)."""

    sheet = models.OneToOneField("review.ScoreSheet", models.PROTECT, related_name="superseded")
    total = models.DecimalField(_("总分"), max_digits=5, decimal_places=2)
    points = models.JSONField(_("分项"))
    recommendation = models.CharField(max_length=12)
    comment = models.TextField()
    is_vetoed = models.BooleanField()
    at = models.DateTimeField()


class SheetOpening(models.Model):
    """The expert opened the bid beside his sheet; for the supervisor, and for D5. Append-only."""

    sheet = models.ForeignKey("review.ScoreSheet", models.PROTECT, related_name="openings")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        indexes = [models.Index(fields=["sheet", "at"], name="openings_of_sheet")]
