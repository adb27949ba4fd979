"""An expert's question to a team before the defence; the team never learns whose it is (domain 2.5, N08)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class DefenceQuestion(Record):
    """Written in the preview, passed on by the secretary, answered in writing before the defence."""

    class State(models.TextChoices):
        WRITTEN = "WRITTEN", _("待转达")
        WITHHELD = "WITHHELD", _("不予转达")
        RELEASED = "RELEASED", _("待答复")
        ANSWERED = "ANSWERED", _("已答复")

    #: States in which others than its author and the secretary read it.
    OUT = [State.RELEASED, State.ANSWERED]

    assignment = models.ForeignKey("review.Assignment", models.PROTECT, related_name="questions")
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="questions")
    text = models.TextField(_("问题"), max_length=500)
    #: Its place among the questions to this team, by lot: neither author nor time of writing shows.
    no = models.PositiveSmallIntegerField(_("序号"), null=True, blank=True)
    answer = models.TextField(_("书面答复"), max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.WRITTEN, editable=False)

    class Meta:
        ordering = ["bid", "no", "pk"]
        constraints = [
            models.CheckConstraint(
                name="released_question_has_a_place",
                condition=~Q(state__in=["RELEASED", "ANSWERED"]) | Q(no__isnull=False),
            ),
            models.CheckConstraint(
                name="answered_question_has_an_answer",
                condition=~Q(state="ANSWERED") | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bid_id}/{self.no or '—'}"
