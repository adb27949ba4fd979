"""规则集: a programme's rules as data, immutable once published."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.rules import Rules


class RuleSet(models.Model):
    """One version of an agency's rules. A list pins the version it was posted under.

    A database trigger refuses any change of a published version.
    """

    class Mode(models.TextChoices):
        OPEN_CHALLENGE = "OPEN_CHALLENGE", _("揭榜挂帅")
        HORSE_RACE = "HORSE_RACE", _("赛马制")

    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="rule_sets")
    code = models.SlugField(max_length=40)
    edition = models.PositiveIntegerField(_("版本"), default=1)
    name = models.CharField(_("名称"), max_length=80)
    mode = models.CharField(_("组织方式"), max_length=16, choices=Mode)
    data = models.JSONField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["agency", "code", "-edition"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "code", "edition"], name="rule_set_edition_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.edition}"

    @property
    def rules(self) -> Rules:
        return Rules.from_data(self.data)
