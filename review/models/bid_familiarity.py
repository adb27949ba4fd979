"""熟悉程度: how well an expert says he could judge a bid, told before the bids are shared out."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BidFamiliarity(models.Model):
    """One declaration. It overrides what the texts say (`review.affinity.Level`); none is owed.

    Written by `AssignmentFlow.declare_levels` only; what counted is frozen in the round's `RoundMatch`.
    """

    class Level(models.IntegerChoices):
        CANNOT = 0, _("不能评审")
        PARTLY = 1, _("部分了解")
        CAN = 2, _("能够评审")
        FITS = 3, _("非常适合")

    assignment = models.ForeignKey("review.Assignment", models.PROTECT, related_name="familiarities")
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(_("熟悉程度"), choices=Level)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "bid"], name="familiarity_once_per_seat_and_bid"),
            models.CheckConstraint(name="familiarity_in_range", condition=Q(level__lte=3)),
        ]
