"""The panel's opinion: who signed it, who dissented, what was discussed. All append-only by a database trigger."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PanelSignature(models.Model):
    """One person's word on one wording of the opinion (实施条例 53 条).

    `digest` covers the text and every score it rests on: what changes afterwards is signed anew.
    A member signs by his seat; a supervisor has no seat and marks the opinion as seen.
    """

    class Kind(models.TextChoices):
        AGREE = "AGREE", _("同意并签署")
        DISSENT = "DISSENT", _("书面不同意见")
        SEEN = "SEEN", _("监督已阅")

    round = models.ForeignKey("review.ReviewRound", models.PROTECT, related_name="signatures")
    assignment = models.ForeignKey(
        "review.Assignment", models.PROTECT, null=True, blank=True, related_name="signatures"
    )
    supervisor = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(_("签署"), max_length=8, choices=Kind)
    dissent = models.TextField(_("不同意见"), max_length=2000, blank=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "digest"], name="member_signs_a_wording_once"),
            models.UniqueConstraint(fields=["round", "supervisor", "digest"], name="supervisor_sees_a_wording_once"),
            models.CheckConstraint(
                name="signed_by_a_seat_or_seen_by_a_supervisor",
                condition=Q(kind="SEEN", supervisor__isnull=False, assignment__isnull=True)
                | (~Q(kind="SEEN") & Q(supervisor__isnull=True, assignment__isnull=False)),
            ),
            models.CheckConstraint(
                name="dissent_is_written",
                condition=Q(kind="DISSENT") & ~Q(dissent="") | ~Q(kind="DISSENT") & Q(dissent=""),
            ),
        ]


class FlagDiscussion(models.Model):
    """What the panel said about one flag that no expert's answer has settled (domain 3.7)."""

    round = models.ForeignKey("review.ReviewRound", models.PROTECT, related_name="discussions")
    #: `code|bid id|alias`, as `workflows.review_flags` builds it.
    flag = models.CharField(max_length=60)
    note = models.TextField(_("讨论记录"), max_length=1000)
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
