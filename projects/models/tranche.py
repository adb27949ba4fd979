"""经费拨付."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Tranche(Record):
    """One payment of a project (domain 2.14).

    The first is released by the contract, every later one by the milestone it is bound to, the
    last by acceptance when it names none. A database trigger refuses a sum above the award.
    """

    class State(models.TextChoices):
        SCHEDULED = "SCHEDULED", _("待条件")
        CONDITION_MET = "CONDITION_MET", _("条件已满足")
        REQUESTED = "REQUESTED", _("已申请")
        APPROVED = "APPROVED", _("已批准")
        PAID = "PAID", _("已拨付")
        HELD = "HELD", _("暂缓")
        CANCELLED = "CANCELLED", _("取消")

    class Release(models.TextChoices):
        CONTRACT = "CONTRACT", _("签约")
        MILESTONE = "MILESTONE", _("里程碑达标")
        ACCEPTANCE = "ACCEPTANCE", _("验收通过")

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="tranches")
    no = models.PositiveSmallIntegerField(_("笔次"))
    released_by = models.CharField(_("拨付条件"), max_length=12, choices=Release)
    milestone = models.ForeignKey("projects.Milestone", models.PROTECT, null=True, blank=True, related_name="tranches")
    amount_yuan = models.PositiveBigIntegerField(_("金额（元）"))
    paid_on = models.DateField(_("拨付日"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.SCHEDULED, editable=False)

    class Meta:
        ordering = ["project", "no"]
        constraints = [
            models.UniqueConstraint(fields=["project", "no"], name="tranche_no_once"),
            models.CheckConstraint(
                name="milestone_tranche_names_its_milestone",
                condition=~Q(released_by="MILESTONE") | Q(milestone__isnull=False),
            ),
            models.CheckConstraint(name="paid_tranche_has_day", condition=~Q(state="PAID") | Q(paid_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.project.number} 第{self.no}笔"

    def get_absolute_url(self) -> str:
        return f"/projects/{self.project.number}/#tranches"
