"""Organisations (by 统一社会信用代码), agencies (tenants) and their divisions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.uscc_field import UsccField
from accounts.uscc import validate_uscc


class Organisation(models.Model):
    """A legal person: bidder, demander, recommender, host of experts."""

    class Kind(models.TextChoices):
        ENTERPRISE = "ENTERPRISE", _("企业")
        UNIVERSITY = "UNIVERSITY", _("高等院校")
        INSTITUTE = "INSTITUTE", _("科研院所")
        GOVERNMENT = "GOVERNMENT", _("党政机关")
        OTHER = "OTHER", _("其他")

    uscc = UsccField(_("统一社会信用代码"), max_length=18, unique=True, validators=[validate_uscc])  # type: ignore[list-item]
    name = models.CharField(_("单位名称"), max_length=120, unique=True)
    kind = models.CharField(_("单位性质"), max_length=12, choices=Kind)
    region = models.CharField(_("所在地"), max_length=40, blank=True)
    address = models.CharField(_("地址"), max_length=200, blank=True)
    legal_person = models.CharField(_("法定代表人"), max_length=60, blank=True)
    contact_name = models.CharField(_("联系人"), max_length=40, blank=True)
    contact_phone = models.CharField(_("联系电话"), max_length=40, blank=True)
    introduction = models.TextField(_("单位简介"), max_length=1000, blank=True)
    is_recommender = models.BooleanField(_("推荐单位"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="organisation_uscc_shape",
                condition=models.Q(uscc__regex=r"^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.uscc = validate_uscc(self.uscc)
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class Agency(models.Model):
    """A tenant: the department that posts lists, decides and pays. Tenants never share drafts."""

    code = models.SlugField(_("代码"), max_length=12, unique=True)
    organisation = models.OneToOneField(Organisation, models.PROTECT, verbose_name=_("单位"))
    short_name = models.CharField(_("简称"), max_length=20)
    document_mark = models.CharField(_("发文机关代字"), max_length=20, help_text=_("例：鲁科字"))
    contact = models.CharField(_("联系方式"), max_length=120, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.organisation.name


class Division(models.Model):
    """业务处室: the part of an agency that runs a list."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="divisions")
    name = models.CharField(_("处室"), max_length=40)

    class Meta:
        ordering = ["agency", "name"]
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="division_once_per_agency")]

    def __str__(self) -> str:
        return self.name
