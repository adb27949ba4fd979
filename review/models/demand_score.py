"""论证得分: what one member of the panel gives a demand."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

#: Each dimension counts a quarter of 100 points (domain 2.1: 必要性, 创新性, 可行性, 预期效益 [S22]).
HIGHEST = 25
DIMENSIONS = ("necessity", "innovation", "feasibility", "benefit")


class DemandScore(models.Model):
    """One expert's points in the four dimensions. Written while the appraisal is open, never after."""

    demand = models.ForeignKey("projects.Demand", models.PROTECT, related_name="scores")
    expert = models.ForeignKey("review.Expert", models.PROTECT, related_name="demand_scores", verbose_name=_("专家"))
    necessity = models.PositiveSmallIntegerField(_("必要性"))
    innovation = models.PositiveSmallIntegerField(_("创新性"))
    feasibility = models.PositiveSmallIntegerField(_("可行性"))
    benefit = models.PositiveSmallIntegerField(_("预期效益"))
    total = models.GeneratedField(
        expression=F("necessity") + F("innovation") + F("feasibility") + F("benefit"),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["demand", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["demand", "expert"], name="demand_scored_once_by_each"),
            models.CheckConstraint(
                name="demand_points_in_range",
                condition=Q(
                    necessity__lte=HIGHEST, innovation__lte=HIGHEST, feasibility__lte=HIGHEST, benefit__lte=HIGHEST
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.demand_id}/{self.expert_id}"
