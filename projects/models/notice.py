"""公示."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class PublicNotice(Record):
    """A publicity period (domain 2.12). Both end days count; the public may object meanwhile."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("起草")
        APPROVED = "APPROVED", _("已批准")
        ONGOING = "ONGOING", _("公示中")
        ENDED_CLEAN = "ENDED_CLEAN", _("公示结束，无异议")
        ENDED_WITH_OBJECTION = "ENDED_WITH_OBJECTION", _("公示结束，有异议")
        SETTLED = "SETTLED", _("异议已处理")
        ARCHIVED = "ARCHIVED", _("已归档")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    PUBLIC_STATES = [
        State.ONGOING, State.ENDED_CLEAN, State.ENDED_WITH_OBJECTION, State.SETTLED, State.ARCHIVED,
    ]  # fmt: skip

    class Kind(models.TextChoices):
        AWARD = "AWARD", _("拟立项公示")
        STAGE = "STAGE", _("阶段考核公示")
        ACCEPTANCE = "ACCEPTANCE", _("验收结果公示")

    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="notices")
    decision = models.ForeignKey(
        "projects.AwardDecision", models.PROTECT, null=True, blank=True, related_name="notices"
    )
    race = models.ForeignKey("projects.Race", models.PROTECT, null=True, blank=True, related_name="notices")
    acceptance = models.ForeignKey("projects.Acceptance", models.PROTECT, null=True, blank=True, related_name="notices")
    number = models.CharField(_("公示编号"), max_length=40, unique=True)
    title = models.CharField(_("标题"), max_length=160)
    body = models.TextField(_("正文"))
    #: Published rows, whitelisted columns only (domain 2.12): number, title, unit, PI, yuan, period.
    rows = models.JSONField(default=list)
    starts_on = models.DateField(_("公示开始"), null=True, blank=True)
    ends_on = models.DateField(_("公示结束"), null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    state = models.CharField(_("状态"), max_length=24, choices=State, default=State.DRAFT, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "ends_on"], name="notice_sweep")]
        constraints = [
            models.CheckConstraint(
                name="notice_days_in_order", condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="notice_has_one_subject",
                condition=Q(kind="AWARD", decision__isnull=False, race__isnull=True, acceptance__isnull=True)
                | Q(kind="STAGE", decision__isnull=True, race__isnull=False, acceptance__isnull=True)
                | Q(kind="ACCEPTANCE", decision__isnull=True, race__isnull=True, acceptance__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/notices/{self.number}/"
