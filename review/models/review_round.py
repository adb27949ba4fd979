"""评审轮次."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class ReviewRound(Record):
    """One panel judging the accepted bids of one challenge (domain 2.5)."""

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("已计划")
        DRAWING = "DRAWING", _("抽取专家")
        CONFIRMED = "CONFIRMED", _("名单确认")
        PREVIEW = "PREVIEW", _("预览")
        SCORING = "SCORING", _("评分")
        COLLATING = "COLLATING", _("汇总")
        CLOSED = "CLOSED", _("已结束")
        ABORTED = "ABORTED", _("中止")

    challenge = models.ForeignKey("projects.Challenge", models.PROTECT, related_name="rounds")
    no = models.PositiveSmallIntegerField(_("轮次"), default=1)
    #: Copied from the pinned rule set when the round is planned; never edited afterwards.
    criteria = models.JSONField()
    secretary = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", verbose_name=_("评审秘书"))
    chair = models.ForeignKey("review.Assignment", models.PROTECT, null=True, blank=True, related_name="+")
    witness = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("监督见证人")
    )
    #: The committed seed between its commitment and the draw; empty before and after.
    pending_seed = models.CharField(max_length=64, blank=True, editable=False)
    preview_until = models.DateTimeField(_("预览至"), null=True, blank=True)
    scoring_until = models.DateTimeField(_("评分截止"), null=True, blank=True)
    panel_opinion = models.TextField(_("评审组意见"), blank=True)
    #: Of the wording that the round closed on (`workflows.panel_opinion`); empty until then.
    opinion_digest = models.CharField(max_length=64, blank=True, editable=False)
    #: Until when the panel signs what the chair drafted; who has not dissented by then agrees (实施条例 53 条).
    sign_until = models.DateTimeField(_("签署截止"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.PLANNED, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["challenge", "no"], name="round_no_once")]

    def __str__(self) -> str:
        return f"{self.challenge.number} 第{self.no}轮评审"

    def get_absolute_url(self) -> str:
        return f"/rounds/{self.pk}/"
