"""更正公告 and 延期公告: what is changed about a call while it runs, for everybody to read."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Amendment(models.Model):
    """Published with its list and never changed (domain 2.1 extend, clarify). The database refuses both."""

    class Kind(models.TextChoices):
        EXTENSION = "EXTENSION", _("延期公告")
        CORRECTION = "CORRECTION", _("更正公告")

    challenge_list = models.ForeignKey("projects.ChallengeList", models.PROTECT, related_name="amendments")
    no = models.PositiveSmallIntegerField(_("序号"))
    kind = models.CharField(_("类别"), max_length=10, choices=Kind)
    text = models.TextField(_("内容"), max_length=2000)
    is_material = models.BooleanField(_("影响申报内容"), default=False)
    #: Empty where the close stayed what it was.
    old_close_at = models.DateTimeField(null=True, blank=True)
    new_close_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField(_("公布时间"))

    class Meta:
        ordering = ["challenge_list", "-no"]
        constraints = [
            models.UniqueConstraint(fields=["challenge_list", "no"], name="amendment_no_once"),
            models.CheckConstraint(
                name="amendment_only_extends",
                condition=Q(old_close_at=None, new_close_at=None) | Q(new_close_at__gt=F("old_close_at")),
            ),
            models.CheckConstraint(
                name="extension_has_a_new_close", condition=Q(kind="CORRECTION") | Q(new_close_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.no}"
