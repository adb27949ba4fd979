"""验收."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Acceptance(Record):
    """The acceptance of one project (domain 2.9)."""

    class State(models.TextChoices):
        DUE = "DUE", _("待申请")
        APPLIED = "APPLIED", _("已申请")
        MATERIAL_CHECK = "MATERIAL_CHECK", _("材料审查")
        RETURNED = "RETURNED", _("退回补充")
        SCHEDULED = "SCHEDULED", _("已排期")
        TESTING = "TESTING", _("现场测试")
        PANEL = "PANEL", _("验收会")
        OPINION_SIGNED = "OPINION_SIGNED", _("意见已签")
        RESULT_NOTICE = "RESULT_NOTICE", _("结果公示")
        PASSED = "PASSED", _("通过")
        CONCLUDED = "CONCLUDED", _("结题")
        FAILED = "FAILED", _("不通过")

    class Result(models.TextChoices):
        PASSED = "PASSED", _("通过")
        CONCLUDED = "CONCLUDED", _("结题")
        FAILED = "FAILED", _("不通过")

    project = models.OneToOneField("projects.Project", models.PROTECT, related_name="acceptance")
    due_on = models.DateField(_("申请期限"))
    report = models.TextField(_("总结报告"), blank=True)
    spent_yuan = models.PositiveBigIntegerField(_("决算支出（元）"), default=0)
    #: Measured values by indicator number, as decimal strings.
    measured = models.JSONField(default=dict, blank=True)
    meeting_on = models.DateField(_("验收会日期"), null=True, blank=True)
    panel = models.JSONField(_("验收专家组"), default=list, blank=True)
    score = models.DecimalField(_("得分"), max_digits=5, decimal_places=2, null=True, blank=True)
    opinion = models.TextField(_("验收意见"), blank=True)
    result = models.CharField(_("结论"), max_length=12, choices=Result, blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.DUE, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accepted_as_concluded_by_panel",
                condition=~Q(state__in=["PASSED", "CONCLUDED", "FAILED"]) | Q(state=models.F("result")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.number} 验收"

    def get_absolute_url(self) -> str:
        return f"/projects/{self.project.number}/acceptance/"
