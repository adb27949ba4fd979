"""What an expert types into a sheet before he hands it in, and how long he had the bid before him."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SheetCell(models.Model):
    """One field of a score sheet as it was typed last, valid or not. Outside the audit chain (decision 0023).

    `path` is the name of the control ("score_goal", "band_goal", "comment"). A valid text is taken over into
    the sheet; another stays here with its `fault`. `seq` counts the writes of one sheet.
    """

    sheet = models.ForeignKey("review.ScoreSheet", models.PROTECT, related_name="cells")
    path = models.CharField(max_length=40)
    text = models.TextField(blank=True)
    fault = models.CharField(max_length=300, blank=True)
    seq = models.PositiveBigIntegerField()
    edited_at = models.DateTimeField()

    class Meta:
        ordering = ["seq", "id"]
        constraints = [models.UniqueConstraint(fields=["sheet", "path"], name="sheet_cell_once")]


class SheetEdit(models.Model):
    """The history of a cell, the losing side of a conflict between two windows included.

    What one window goes on typing within a minute is one row.
    """

    class Outcome(models.TextChoices):
        SAVED = "SAVED", _("已保存")
        MERGED = "MERGED", _("已合并")
        CONFLICT = "CONFLICT", _("与另一窗口冲突")

    sheet = models.ForeignKey("review.ScoreSheet", models.PROTECT, related_name="edits")
    path = models.CharField(max_length=40)
    #: Given by the browser, so that a request that is sent twice is written once.
    change_id = models.UUIDField(unique=True)
    client = models.UUIDField()
    text = models.TextField(blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sheet", "path", "-id"], name="sheet_edit_of_cell")]


class SheetReading(models.Model):
    """For flag D5 (domain 3.7): when the main document was opened first, and how long the page was in use.

    `seconds` is what the page reports while it is in front and its reader moves, never more than the clock
    allows since `beat_at`. A sheet that was handed in keeps what it had (trigger `keep_reading`).
    """

    sheet = models.OneToOneField("review.ScoreSheet", models.PROTECT, related_name="reading")
    opened_at = models.DateTimeField(null=True, blank=True)
    seconds = models.PositiveIntegerField(default=0)
    beat_at = models.DateTimeField(null=True, blank=True)
