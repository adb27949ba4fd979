"""里程碑节点."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Milestone(Record):
    """A dated check of a project (domain 2.7). Passing it is what releases its tranche."""

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("未到期")
        DUE_SOON = "DUE_SOON", _("即将到期")
        OVERDUE = "OVERDUE", _("逾期")
        REPORT_SUBMITTED = "REPORT_SUBMITTED", _("已报告")
        USER_CONFIRMED = "USER_CONFIRMED", _("用户已确认")
        CHECKING = "CHECKING", _("考核中")
        PASSED = "PASSED", _("达标")
        PASSED_PARTIAL = "PASSED_PARTIAL", _("基本达标")
        RECTIFY = "RECTIFY", _("整改")
        RECHECK = "RECHECK", _("复核")
        FAILED = "FAILED", _("不达标")

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="milestones")
    no = models.PositiveSmallIntegerField(_("节点"))
    name = models.CharField(_("名称"), max_length=80)
    due_on = models.DateField(_("到期日"))
    report = models.TextField(_("进展报告"), blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    spent_yuan = models.PositiveBigIntegerField(_("累计支出（元）"), default=0)
    user_opinion = models.TextField(_("用户意见"), blank=True)
    score = models.DecimalField(_("考核得分"), max_digits=5, decimal_places=2, null=True, blank=True)
    opinion = models.TextField(_("考核意见"), blank=True)
    rectify_until = models.DateField(_("整改期限"), null=True, blank=True)
    has_been_rectified = models.BooleanField(default=False)
    state = models.CharField(_("状态"), max_length=20, choices=State, default=State.PLANNED, editable=False)

    class Meta:
        ordering = ["project", "no"]
        indexes = [models.Index(fields=["state", "due_on"], name="milestone_sweep")]
        constraints = [
            models.UniqueConstraint(fields=["project", "no"], name="milestone_no_once"),
            models.CheckConstraint(
                name="milestone_score_in_range", condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.number} · {self.name}"

    def get_absolute_url(self) -> str:
        return f"/projects/{self.project.number}/milestones/{self.no}/"


class MilestoneIndicator(models.Model):
    """Target and measured value of one indicator at one milestone. No actual value: not reported yet."""

    milestone = models.ForeignKey("projects.Milestone", models.PROTECT, related_name="indicators")
    indicator = models.ForeignKey("projects.Indicator", models.PROTECT, related_name="+")
    target = models.DecimalField(_("节点目标"), max_digits=16, decimal_places=4)
    target_high = models.DecimalField(_("节点上限"), max_digits=16, decimal_places=4, null=True, blank=True)
    actual = models.DecimalField(_("实际值"), max_digits=16, decimal_places=4, null=True, blank=True)
    test_body = models.CharField(_("测试机构"), max_length=120, blank=True)

    class Meta:
        ordering = ["indicator__no"]
        constraints = [
            models.UniqueConstraint(fields=["milestone", "indicator"], name="milestone_indicator_once"),
            models.CheckConstraint(
                name="node_target_ends_in_order",
                condition=Q(target_high__isnull=True) | Q(target_high__gte=F("target")),
            ),
        ]
