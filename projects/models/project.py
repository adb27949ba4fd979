"""立项项目 and 任务书."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Project(Record):
    """An awarded project (domain 2.6)."""

    class State(models.TextChoices):
        PENDING_CONTRACT = "PENDING_CONTRACT", _("待签约")
        ACTIVE = "ACTIVE", _("执行中")
        RECTIFYING = "RECTIFYING", _("整改")
        SUSPENDED = "SUSPENDED", _("暂停")
        CLOSING = "CLOSING", _("待验收")
        ACCEPTED = "ACCEPTED", _("验收通过")
        CONCLUDED = "CONCLUDED", _("结题")
        FAILED = "FAILED", _("验收不通过")
        TERMINATED = "TERMINATED", _("终止")
        REVOKED = "REVOKED", _("撤销")

    bid = models.OneToOneField("projects.Bid", models.PROTECT, related_name="project")
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="projects")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="projects")
    pi = models.ForeignKey("accounts.User", models.PROTECT, related_name="projects")
    number = models.CharField(_("项目编号"), max_length=40, unique=True)
    title = models.CharField(_("项目名称"), max_length=80)
    award_yuan = models.PositiveBigIntegerField(_("立项经费（元）"))
    contract_due_on = models.DateField(_("签约期限"))
    starts_on = models.DateField(_("开始"), null=True, blank=True)
    ends_on = models.DateField(_("结束"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.PENDING_CONTRACT, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["agency", "state"], name="project_by_agency")]
        constraints = [
            models.CheckConstraint(
                name="project_days_in_order", condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return f"/projects/{self.number}/"


class TaskBook(models.Model):
    """任务书 with 军令状: promises fixed for the project's life; a change makes a new edition.

    `indicators` rows: {no, name, comparator, target, unit, is_must, milestone_values}; the
    targets are the bid's promised values, so later papers can never lower them.
    """

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="task_books")
    edition = models.PositiveSmallIntegerField(_("版本"), default=1)
    indicators = models.JSONField()
    budget_yuan = models.PositiveBigIntegerField(_("经费（元）"))
    commitment = models.TextField(_("军令状"))
    signed_by_pi_at = models.DateTimeField(_("负责人签署"), null=True, blank=True)
    signed_by_unit_at = models.DateTimeField(_("承担单位签署"), null=True, blank=True)
    signed_by_recommender_at = models.DateTimeField(_("归口单位签署"), null=True, blank=True)
    signed_by_agency_at = models.DateTimeField(_("主管部门签署"), null=True, blank=True)

    class Meta:
        ordering = ["project", "-edition"]
        constraints = [models.UniqueConstraint(fields=["project", "edition"], name="task_book_edition_once")]
