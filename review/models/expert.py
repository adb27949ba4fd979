"""专家库."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Expert(models.Model):
    """A member of an agency's expert pool (domain 3.4)."""

    class SeatType(models.TextChoices):
        TECHNICAL = "TECHNICAL", _("技术")
        INDUSTRY = "INDUSTRY", _("产业")
        FINANCE = "FINANCE", _("财务")
        MANAGEMENT = "MANAGEMENT", _("管理")
        INVESTMENT = "INVESTMENT", _("投资")

    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="experts")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="expert_records")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, verbose_name=_("工作单位"))
    seat_type = models.CharField(_("专家类型"), max_length=12, choices=SeatType)
    title = models.CharField(_("职称"), max_length=40)
    fields = ArrayField(models.CharField(max_length=16), verbose_name=_("技术领域"), default=list)
    keywords = models.CharField(_("研究方向"), max_length=200, blank=True)
    is_active = models.BooleanField(_("在库"), default=True)
    max_panels_per_year = models.PositiveSmallIntegerField(_("年度评审上限"), default=10)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["agency", "user"], name="expert_once_per_pool")]

    def __str__(self) -> str:
        return self.user.name
