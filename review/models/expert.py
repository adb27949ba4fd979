"""专家库: one person's entry in an agency's pool."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: At most so many keywords, disciplines and languages; more says nothing any more.
MOST_KEYWORDS, MOST_DISCIPLINES, MOST_LANGUAGES = 20, 5, 5
BIRTH_MONTH = r"^(19|20)\d{2}-(0[1-9]|1[0-2])$"


def valid_until(confirmed_on: date) -> date:
    """Until when an entry counts that was confirmed on a day (domain 3.4: rotation after 3–5 years)."""
    year = confirmed_on.year + settings.EXPERT_VALID_YEARS
    leap_day = (confirmed_on.month, confirmed_on.day) == (2, 29)
    return confirmed_on.replace(year=year, day=28) if leap_day else confirmed_on.replace(year=year)


def valid_from_today() -> date:
    return valid_until(timezone.localdate())


def words(most: int, length: int, label: object) -> ArrayField:
    """A real list of short words, empty by default."""
    return ArrayField(models.CharField(max_length=length), size=most, verbose_name=label, default=list, blank=True)  # type: ignore[arg-type]


class Expert(models.Model):
    """A member of an agency's expert pool: the record of domain 3.4. Phone and e-mail are the person's (`user`).

    Identity and bank numbers are not here but in `ExpertIdentity`, so that no list ever loads them.
    """

    class SeatType(models.TextChoices):
        TECHNICAL = "TECHNICAL", _("技术")
        INDUSTRY = "INDUSTRY", _("产业")
        FINANCE = "FINANCE", _("财务")
        MANAGEMENT = "MANAGEMENT", _("管理")
        INVESTMENT = "INVESTMENT", _("投资")

    class Gender(models.TextChoices):
        FEMALE = "FEMALE", _("女")
        MALE = "MALE", _("男")

    class Education(models.TextChoices):
        DOCTORAL = "DOCTORAL", _("博士研究生")
        MASTER = "MASTER", _("硕士研究生")
        BACHELOR = "BACHELOR", _("大学本科")
        COLLEGE = "COLLEGE", _("大学专科")
        OTHER = "OTHER", _("其他")

    class Degree(models.TextChoices):
        DOCTOR = "DOCTOR", _("博士")
        MASTER = "MASTER", _("硕士")
        BACHELOR = "BACHELOR", _("学士")
        NONE = "NONE", _("无")

    class Employment(models.TextChoices):
        EMPLOYED = "EMPLOYED", _("在职")
        RETIRED = "RETIRED", _("退休")
        REHIRED = "REHIRED", _("返聘")

    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="experts")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="expert_records")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, verbose_name=_("工作单位"))
    seat_type = models.CharField(_("专家类型"), max_length=12, choices=SeatType)
    title = models.CharField(_("职称"), max_length=40)
    position = models.CharField(_("职务"), max_length=40, blank=True)
    gender = models.CharField(_("性别"), max_length=8, choices=Gender, blank=True)
    birth_month = models.CharField(_("出生年月"), max_length=7, blank=True, help_text=_("例：1975-08"))
    education = models.CharField(_("学历"), max_length=10, choices=Education, blank=True)
    degree = models.CharField(_("学位"), max_length=10, choices=Degree, blank=True)
    graduated_from = models.CharField(_("毕业院校"), max_length=60, blank=True)
    speciality = models.CharField(_("所学专业"), max_length=60, blank=True)
    fields = ArrayField(models.CharField(max_length=16), verbose_name=_("技术领域"), default=list)
    discipline_codes = words(MOST_DISCIPLINES, 7, _("学科代码"))
    keywords = words(MOST_KEYWORDS, 40, _("研究方向"))
    languages = words(MOST_LANGUAGES, 20, _("外语"))
    achievements = models.TextField(_("主要研究成果"), max_length=3000, blank=True)
    honours = models.CharField(_("学术荣誉称号"), max_length=300, blank=True)
    region = models.CharField(_("所在地区"), max_length=40, blank=True)
    employment = models.CharField(_("在职状态"), max_length=10, choices=Employment, blank=True)
    recommending_unit = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("推荐单位")
    )
    is_active = models.BooleanField(_("在库"), default=True)
    max_panels_per_year = models.PositiveSmallIntegerField(_("年度评审上限"), default=10)
    max_bids_per_round = models.PositiveSmallIntegerField(_("每轮评审申请上限"), default=20)
    integrity_checked_on = models.DateField(_("诚信核查日"), null=True, blank=True)
    confirmed_on = models.DateField(_("本人确认日"), null=True, blank=True)
    valid_until = models.DateField(_("有效期至"), default=valid_from_today)

    class Meta:
        ordering = ["id"]
        indexes = [
            # Filters of the pool's page.
            GinIndex(fields=["keywords"], name="expert_by_keyword"),
            models.Index(fields=["agency", "valid_until"], name="expert_by_validity"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["agency", "user"], name="expert_once_per_pool"),
            models.CheckConstraint(
                name="expert_birth_month_shape", condition=Q(birth_month="") | Q(birth_month__regex=BIRTH_MONTH)
            ),
        ]

    def __str__(self) -> str:
        return self.user.name

    def get_absolute_url(self) -> str:
        return f"/experts/{self.pk}/"
