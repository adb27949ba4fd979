"""评审任务: one expert's seat in a round."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Assignment(Record):
    """An expert invited to a round. `alias` (E01 …) is all that other people ever see."""

    class State(models.TextChoices):
        INVITED = "INVITED", _("已邀请")
        ACCEPTED = "ACCEPTED", _("已接受")
        DECLINED = "DECLINED", _("已谢绝")
        RECUSED = "RECUSED", _("已回避")
        TIMEOUT = "TIMEOUT", _("逾期未复")
        REPLACED = "REPLACED", _("已替换")
        PLEDGED = "PLEDGED", _("已承诺")
        SUBMITTED = "SUBMITTED", _("已提交")
        LOCKED = "LOCKED", _("已锁定")
        VOIDED = "VOIDED", _("作废")

    #: States that hold a seat of the panel.
    SEATED = [State.INVITED, State.ACCEPTED, State.PLEDGED, State.SUBMITTED, State.LOCKED]

    round = models.ForeignKey("review.ReviewRound", models.PROTECT, related_name="assignments")
    expert = models.ForeignKey("review.Expert", models.PROTECT, related_name="assignments")
    seat_type = models.CharField(_("席位"), max_length=12)
    alias = models.CharField(_("代号"), max_length=4)
    #: Until when the invitation, and then the pledge, waits for him; None once pledged (domain 2.5).
    respond_by = models.DateTimeField(_("答复期限"), null=True, blank=True)
    pledged_at = models.DateTimeField(_("承诺时间"), null=True, blank=True)
    decline_reason = models.CharField(_("原因"), max_length=300, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.INVITED, editable=False)

    class Meta:
        ordering = ["round", "alias"]
        indexes = [
            models.Index(fields=["expert", "state"], name="assignment_by_expert"),
            # What the sweep and the reminders ask for: the few seats that wait for an answer.
            models.Index(fields=["respond_by"], name="seats_that_wait", condition=Q(respond_by__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["round", "expert"], name="expert_once_per_round"),
            models.UniqueConstraint(fields=["round", "alias"], name="alias_once_per_round"),
            models.CheckConstraint(
                name="waiting_ends_with_the_pledge",
                condition=Q(respond_by__isnull=True) | ~Q(state__in=["PLEDGED", "SUBMITTED", "LOCKED"]),
            ),
            models.CheckConstraint(
                name="scores_only_after_pledge",
                condition=~Q(state__in=["PLEDGED", "SUBMITTED", "LOCKED"]) | Q(pledged_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.alias}"

    def get_absolute_url(self) -> str:
        return f"/reviews/{self.pk}/"
