"""批量办理: what one person proposes and a second one carries out, upon the same preview."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class DecisionBatch(Record):
    """A step that concerns every bid of a decision at once: publish, issue, or release what was held.

    `digest` is the SHA-256 of the preview that was proposed; what is carried out has the same digest.
    """

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("待第二人复核")
        CARRIED_OUT = "CARRIED_OUT", _("已办理")
        REFUSED = "REFUSED", _("复核未通过")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    class Kind(models.TextChoices):
        PUBLICISE = "PUBLICISE", _("审定并公示")
        ISSUE = "ISSUE", _("下达立项")
        RELEASE = "RELEASE", _("发布结果")

    decision = models.ForeignKey("projects.AwardDecision", models.PROTECT, related_name="batches")
    kind = models.CharField(_("事项"), max_length=12, choices=Kind)
    minutes = models.TextField(_("会议纪要"), max_length=5000, blank=True)
    document_no = models.CharField(_("发文字号"), max_length=40, blank=True)
    is_held = models.BooleanField(_("审定后暂不发布"), default=False)
    release_at = models.DateTimeField(_("定时发布"), null=True, blank=True)
    digest = models.CharField(_("预览摘要值"), max_length=64)
    proposed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", verbose_name=_("提出人"))
    decided_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    #: Version of the decision that it led to: the database looks it up before it lets a result out.
    led_to_version = models.PositiveIntegerField(null=True, blank=True, editable=False)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.PROPOSED, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="batch_has_a_second_person",
                condition=~Q(state__in=["CARRIED_OUT", "REFUSED"])
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by")),
            ),
            models.UniqueConstraint(
                name="one_open_batch_per_decision", fields=["decision"], condition=Q(state="PROPOSED")
            ),
            models.CheckConstraint(name="batch_has_digest", condition=Q(digest__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(
                name="only_held_results_wait", condition=Q(release_at__isnull=True) | Q(kind="ISSUE", is_held=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision}：{self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return f"/decisions/{self.decision.challenge_list.number}/batches/{self.pk}/"
