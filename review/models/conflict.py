"""回避矩阵: what the rules found for each expert and bid before anybody was invited (domain 3.5)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class ConflictFinding(models.Model):
    """That a rule speaks against a pair. Never deleted: what no longer holds has a `gone_at`.

    A deferred database trigger refuses a live score sheet of a pair that is blocked here.
    """

    class Severity(models.TextChoices):
        BLOCK = "BLOCK", _("应当回避")
        WARN = "WARN", _("待核实")

    expert = models.ForeignKey("review.Expert", models.PROTECT, related_name="findings")
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="findings")
    code = models.CharField(_("规则"), max_length=3)
    severity = models.CharField(_("程度"), max_length=5, choices=Severity)
    evidence = models.TextField(_("依据"))
    found_at = models.DateTimeField(_("发现时间"))
    gone_at = models.DateTimeField(_("消失时间"), null=True, blank=True)

    class Meta:
        ordering = ["expert", "bid", "code"]
        indexes = [
            # Asked by the database's own guards for every score sheet, and by a round's page for its bids.
            models.Index(
                fields=["bid", "expert"], name="finding_blocks", condition=Q(severity="BLOCK", gone_at__isnull=True)
            )
        ]
        constraints = [
            models.UniqueConstraint(name="finding_once_per_rule", fields=["expert", "bid", "code"]),
            models.CheckConstraint(name="finding_names_a_rule", condition=Q(code__regex=r"^C(0[1-9]|1[0-4])$")),
            models.CheckConstraint(name="finding_has_evidence", condition=~Q(evidence="")),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.expert} · {self.bid}"


class ConflictRuling(Record):
    """What the secretary decided on a finding that wants checking. `evidence`: what was decided upon."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("待核实")
        CONFIRMED = "CONFIRMED", _("已核实，须回避")
        CLEARED = "CLEARED", _("已排除")

    finding = models.OneToOneField(ConflictFinding, models.PROTECT, related_name="ruling")
    evidence = models.TextField(_("依据"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.OPEN, editable=False)

    class Meta:
        ordering = ["finding"]

    def __str__(self) -> str:
        return str(self.finding)
