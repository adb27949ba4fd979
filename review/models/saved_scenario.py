"""推演存档: a what-if that somebody wanted kept with the file."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SavedScenario(models.Model):
    """One scenario on one round or one list, with digests of what it was computed from and what came out.

    Append-only by a database trigger; it touches no score. The result is not kept but computed anew when it
    is opened: the digests tell whether it is the same (`workflows.saved_scenarios`).
    """

    round = models.ForeignKey("review.ReviewRound", models.PROTECT, null=True, related_name="scenarios")
    challenge_list = models.ForeignKey("projects.ChallengeList", models.PROTECT, null=True, related_name="scenarios")
    #: `Scenario.to_json`.
    scenario = models.JSONField()
    digest = models.CharField(max_length=64)
    #: Of the sheets and facts it was computed from.
    book_digest = models.CharField(max_length=64)
    result_digest = models.CharField(max_length=64)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    #: The office it was saved in: a chair is named by his alias only.
    role = models.CharField(max_length=8)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="scenario_on_one_round_or_list",
                condition=Q(round__isnull=False, challenge_list__isnull=True)
                | Q(round__isnull=True, challenge_list__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.scenario["name"])

    def get_absolute_url(self) -> str:
        """The analysis with this scenario put into it."""
        target = self.round or self.challenge_list
        assert target is not None  # the check above
        return f"{target.get_absolute_url()}analysis/?saved={self.pk}"
