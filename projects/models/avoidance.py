"""回避申请: whom a team asks to keep away from its bid (基金条例 20 条, domain 3.5 C10)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

#: Names a bid may put on its list.
MOST = 3


class BidAvoidance(models.Model):
    """One name on a bid's list. Considered, not automatic: it counts once the officer has accepted it.

    Confidential: the team and those who decide know it, no expert, no other team, not the public.
    Changed like the bid's other content; a database trigger keeps it once the bid is handed in.
    """

    class Decision(models.TextChoices):
        ACCEPTED = "ACCEPTED", _("采纳")
        REFUSED = "REFUSED", _("不采纳")

    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="avoidances")
    place = models.PositiveSmallIntegerField()
    person_name = models.CharField(_("专家姓名"), max_length=60)
    unit_name = models.CharField(_("工作单位"), max_length=120)
    reason = models.CharField(_("申请理由"), max_length=300)
    decision = models.CharField(_("决定"), max_length=8, choices=Decision, blank=True, editable=False)
    decision_reason = models.CharField(_("决定理由"), max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["bid", "place"]
        constraints = [
            models.UniqueConstraint(name="avoidance_place_once", fields=["bid", "place"]),
            models.UniqueConstraint(name="avoided_once_per_bid", fields=["bid", "person_name", "unit_name"]),
            # With the place unique: never more than three.
            models.CheckConstraint(name="at_most_three_avoidances", condition=Q(place__gte=1, place__lte=MOST)),
            models.CheckConstraint(
                name="avoidance_is_decided_with_a_reason",
                condition=Q(decision="", decision_reason="") | ~Q(decision="") & ~Q(decision_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_name}（{self.unit_name}）"
