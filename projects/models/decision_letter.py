"""结果告知书: what a team is told of the decision on its bid, with the experts' opinions and nobody's name."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DecisionLetter(models.Model):
    """One letter to one bid's team. `content` is frozen when it is told; the paper is drawn afterwards."""

    class Kind(models.TextChoices):
        AWARD = "AWARD", _("立项告知书")
        RESERVE = "RESERVE", _("备选告知书")
        REJECT = "REJECT", _("未立项告知书")

    decision = models.ForeignKey("projects.AwardDecision", models.PROTECT, related_name="letters")
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="letters")
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    #: What the paper says: `workflows.decision_letters.Letter` as data.
    content = models.JSONField()
    told_at = models.DateTimeField(_("告知时间"))
    object_key = models.CharField(max_length=200, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["bid", "kind"], name="letter_once_per_bid_and_kind"),
            models.CheckConstraint(
                name="drawn_letter_has_digest",
                condition=Q(object_key="", pdf_sha256="") | ~Q(object_key="") & Q(pdf_sha256__regex=r"^[0-9a-f]{64}$"),
            ),
        ]
        indexes = [
            # Those the worker has still to draw.
            models.Index(fields=["decision"], name="letter_to_draw", condition=Q(object_key="")),
        ]

    def __str__(self) -> str:
        return f"{self.bid} {self.get_kind_display()}"


class LetterRecipient(models.Model):
    """Who was told by a letter, in which capacity."""

    class Capacity(models.TextChoices):
        PI = "PI", _("项目负责人")
        ORG = "ORG", _("牵头单位")
        REC = "REC", _("推荐单位")

    letter = models.ForeignKey("projects.DecisionLetter", models.PROTECT, related_name="recipients")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    capacity = models.CharField(_("身份"), max_length=4, choices=Capacity)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["letter", "user"], name="told_once_by_each_letter")]


class LetterOpinion(models.Model):
    """The letter's version of one comment. The comment itself stays as it was given, on its locked sheet."""

    decision = models.ForeignKey("projects.AwardDecision", models.PROTECT, related_name="opinions")
    sheet = models.OneToOneField("review.ScoreSheet", models.PROTECT, related_name="letter_opinion")
    text = models.TextField(_("告知文本"), max_length=1000)
    #: Somebody has looked: what resembles a name in it is none.
    names_nobody = models.BooleanField(_("已核对，所列词语不指任何专家"), default=False)
    edited_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()
