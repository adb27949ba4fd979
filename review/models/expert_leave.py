"""专家不便评审的时段."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _


class ExpertLeave(models.Model):
    """Days, both included, on which an expert is not drawn. Two of one expert never overlap."""

    expert = models.ForeignKey("review.Expert", models.PROTECT, related_name="leaves")
    starts_on = models.DateField(_("开始日"))
    ends_on = models.DateField(_("结束日"))
    reason = models.CharField(_("事由"), max_length=60, blank=True)

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(name="leave_in_order", condition=Q(ends_on__gte=F("starts_on"))),
            ExclusionConstraint(
                name="leaves_do_not_overlap",
                expressions=[
                    ("expert", RangeOperators.EQUAL),
                    (Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on}"
