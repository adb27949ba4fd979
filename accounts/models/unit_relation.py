"""What a unit is also called, and whom it belongs to: the ground on which recusal rests (domain 3.5)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.unit_names import normalise


class UnitAlias(models.Model):
    """Another name of a unit. One form names one unit only, or it would name nobody."""

    class Kind(models.TextChoices):
        FORMER = "FORMER", _("曾用名")
        SHORT = "SHORT", _("简称")
        FOREIGN = "FOREIGN", _("外文名")

    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="aliases", verbose_name=_("单位"))
    kind = models.CharField(_("名称类别"), max_length=8, choices=Kind)
    name = models.CharField(_("名称"), max_length=120)
    normalised = models.CharField(max_length=120, unique=True, editable=False)

    class Meta:
        ordering = ["unit", "name"]
        constraints = [models.CheckConstraint(name="alias_says_something", condition=~Q(normalised=""))]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.normalised = normalise(self.name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class UnitLink(models.Model):
    """`unit` belongs to `parent`: as a part of the same legal person, or as a company it controls or holds."""

    class Kind(models.TextChoices):
        BRANCH = "BRANCH", _("分支机构（同一法人）")
        SUBSIDIARY = "SUBSIDIARY", _("子公司")
        AFFILIATE = "AFFILIATE", _("关联单位")

    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="links", verbose_name=_("单位"))
    parent = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="linked", verbose_name=_("上级"))
    kind = models.CharField(_("关系"), max_length=10, choices=Kind)

    class Meta:
        ordering = ["unit", "parent"]
        constraints = [
            models.UniqueConstraint(name="link_once", fields=["unit", "parent"]),
            models.UniqueConstraint(name="branch_of_one_unit", fields=["unit"], condition=Q(kind="BRANCH")),
            models.CheckConstraint(name="no_unit_is_its_own_parent", condition=~Q(unit=F("parent"))),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} → {self.parent_id}"
