"""What is typed into the form of a bid, field by field, before it is handed in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class DraftCell(models.Model):
    """One field of a bid's form, as it was typed last: valid or not, nothing typed is thrown away.

    `path` is the name of the control ("title", "i3-promised", "partner-n1-task"). A valid text is taken
    over into the record that the bid keeps; an invalid one stays here with its `fault`, and the bid
    cannot be handed in with it. `seq` counts the writes of one bid, for “what is new since …?”.
    """

    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="cells")
    path = models.CharField(max_length=80)
    label = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    fault = models.CharField(max_length=300, blank=True)
    seq = models.PositiveBigIntegerField()
    edited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["bid", "seq"], name="draft_cell_since")]
        constraints = [models.UniqueConstraint(fields=["bid", "path"], name="draft_cell_once")]

    def __str__(self) -> str:
        return f"{self.bid_id}/{self.path}"


class DraftEdit(models.Model):
    """The history of a cell: who typed what when, the losing side of a conflict included.

    What one browser goes on typing within a minute is one row (`projects.draft_writing`).
    """

    class Outcome(models.TextChoices):
        SAVED = "SAVED", _("已保存")
        MERGED = "MERGED", _("已合并")
        CONFLICT = "CONFLICT", _("与他人冲突")

    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="edits")
    path = models.CharField(max_length=80)
    #: Given by the browser, so that a request that is sent twice is written once.
    change_id = models.UUIDField(unique=True)
    client = models.UUIDField()
    text = models.TextField(blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["bid", "path", "-id"], name="draft_edit_of_cell")]

    def __str__(self) -> str:
        return f"{self.bid_id}/{self.path} {self.at:%Y-%m-%d %H:%M:%S}"
