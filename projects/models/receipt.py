"""回执: what the team holds in its hands after a submit."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Receipt(models.Model):
    """The server received this content at this instant. Written once, in the submit's own transaction.

    `snapshot` is the content with the digests of its files; the audit entry of the transition carries
    `number` and `snapshot_sha256`. The database refuses to change or delete a receipt.
    """

    class Kind(models.TextChoices):
        HANDED_IN = "HANDED_IN", _("提交回执")
        CORRECTED = "CORRECTED", _("补正回执")
        SUBMITTED = "SUBMITTED", _("申报成功回执")

    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="receipts")
    number = models.CharField(_("回执编号"), max_length=60, unique=True)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    received_at = models.DateTimeField(_("收到时间"))
    issued_to = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", verbose_name=_("办理人"))
    snapshot = models.JSONField()
    snapshot_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="receipt_has_digest", condition=models.Q(snapshot_sha256__regex=r"^[0-9a-f]{64}$")
            )
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"/receipts/{self.number}/"
