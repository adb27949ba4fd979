"""Roles of domain 1.5, each granted within a scope."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    DEM = "DEM", _("需求方")
    ORG = "ORG", _("单位管理员")
    PI = "PI", _("项目负责人")
    REC = "REC", _("推荐单位")
    OFF = "OFF", _("业务处室经办人")
    LEAD = "LEAD", _("厅局领导")
    AGY = "AGY", _("专业机构")
    SEC = "SEC", _("评审秘书")
    EXP = "EXP", _("评审专家")
    CHR = "CHR", _("评审组长")
    SUP = "SUP", _("监督员")
    FIN = "FIN", _("财务处")
    PUB = "PUB", _("社会公众")
    SYS = "SYS", _("系统管理员")
    SAF = "SAF", _("安全管理员")
    AUD = "AUD", _("审计管理员")


THREE_OFFICERS = [Role.SYS, Role.SAF, Role.AUD]
AGENCY_ROLES = [Role.OFF, Role.LEAD, Role.AGY, Role.SEC, Role.SUP, Role.FIN]
ORGANISATION_ROLES = [Role.DEM, Role.ORG, Role.PI, Role.REC]


class RoleGrant(models.Model):
    """`user` may act as `role` inside the scope; an empty scope field means 'all of it'.

    Agency roles always name their agency, organisation roles their organisation (checked by
    the database), so a grant can never reach across tenants by being left blank.
    """

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="role_grants")
    role = models.CharField(_("角色"), max_length=4, choices=Role)
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, null=True, blank=True)
    division = models.ForeignKey("accounts.Division", models.PROTECT, null=True, blank=True)
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, blank=True)
    programme = models.CharField(_("计划类别"), max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "agency", "division", "organisation", "programme"],
                name="grant_once_per_scope",
                nulls_distinct=False,
            ),
            # 三员分立 (domain 8.2): one person holds at most one of the three offices …
            models.UniqueConstraint(
                fields=["user"],
                name="three_officers_are_three_people",
                condition=models.Q(role__in=THREE_OFFICERS, is_active=True),
            ),
            models.CheckConstraint(
                name="agency_role_names_its_agency",
                condition=~models.Q(role__in=AGENCY_ROLES) | models.Q(agency__isnull=False),
            ),
            models.CheckConstraint(
                name="organisation_role_names_its_organisation",
                condition=~models.Q(role__in=ORGANISATION_ROLES) | models.Q(organisation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"
