"""专家信誉档案."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ExpertCredit(models.Model):
    """One thing an expert did well or badly (domain 2.5). Append-only by a database trigger.

    `points` are those of `review.credit` on that day, so that a later table changes no past.
    """

    class Event(models.TextChoices):
        ON_TIME = "ON_TIME", _("按时完成")
        THOROUGH = "THOROUGH", _("意见翔实")
        LATE = "LATE", _("逾期提交")
        DECLINED_LATE = "DECLINED_LATE", _("接受后谢绝")
        RETURNED = "RETURNED", _("意见退回补充")
        NO_ANSWER = "NO_ANSWER", _("未按时答复邀请")
        UNDECLARED_TIE = "UNDECLARED_TIE", _("应回避未申报")
        UNFAIR = "UNFAIR", _("评审不公正")
        LEAKED = "LEAKED", _("泄露评审信息")

    expert = models.ForeignKey("review.Expert", models.PROTECT, related_name="credits")
    round = models.ForeignKey(
        "review.ReviewRound", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("评审轮次")
    )
    event = models.CharField(_("事项"), max_length=16, choices=Event)
    points = models.SmallIntegerField(_("记分"))
    note = models.CharField(_("说明"), max_length=300, blank=True)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    noted_at = models.DateTimeField(_("记录时间"))

    class Meta:
        ordering = ["-noted_at", "-pk"]
        indexes = [models.Index(fields=["expert", "noted_at"], name="credit_by_expert")]
        constraints = [
            # The review tells an event of a round once, however often its transition is asked for.
            models.UniqueConstraint(
                fields=["expert", "round", "event"],
                name="credit_once_per_round",
                condition=Q(round__isnull=False, noted_by__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_event_display()} {self.points:+d}"
