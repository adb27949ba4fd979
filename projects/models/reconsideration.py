"""复审."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Reconsideration(Record):
    """A team's request that the refusal to accept its bid be looked at again (domain 2.10, 基金条例 19 条)."""

    class State(models.TextChoices):
        FILED = "FILED", _("待单位盖章")
        SEALED = "SEALED", _("已提出")
        UNDER_REVIEW = "UNDER_REVIEW", _("复审中")
        UPHELD = "UPHELD", _("撤销原决定")
        KEPT = "KEPT", _("维持原决定")
        REJECTED_FORM = "REJECTED_FORM", _("不予受理")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    OPEN_STATES = [State.FILED, State.SEALED, State.UNDER_REVIEW]
    #: Handed in under the unit's seal; before, it is the team's own affair.
    HANDED_IN = [State.SEALED, State.UNDER_REVIEW, State.UPHELD, State.KEPT, State.REJECTED_FORM]

    number = models.CharField(_("复审编号"), max_length=48, unique=True)
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="reconsiderations")
    grounds = models.TextField(_("复审理由"), max_length=3000)
    #: When the refusal was told to the team: the filing period runs from this day.
    refused_at = models.DateTimeField(_("不予受理时间"))
    sealed_at = models.DateTimeField(_("单位盖章时间"), null=True, blank=True)
    decide_by = models.DateField(_("决定期限"), null=True, blank=True)
    reviewer = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    conclusion = models.TextField(_("复审结论"), blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.FILED, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # A refusal is looked at again once; a request that was taken back does not count.
            models.UniqueConstraint(
                name="one_reconsideration_per_refusal", fields=["bid", "refused_at"], condition=~Q(state="WITHDRAWN")
            ),
            models.CheckConstraint(
                name="reconsideration_is_decided_with_reasons",
                condition=~Q(state__in=["UPHELD", "KEPT"]) | (~Q(conclusion="") & Q(reviewer__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"/reconsiderations/{self.number}/"
