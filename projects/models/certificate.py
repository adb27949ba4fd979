"""证书."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


def new_token() -> str:
    """128 random bits, so that a certificate cannot be found by counting (domain 5.9)."""
    return secrets.token_urlsafe(16)


class Certificate(Record):
    """A certificate anyone can verify by its QR token or by number and verify code (domain 2.13, 5.9)."""

    class State(models.TextChoices):
        PREPARED = "PREPARED", _("待签发")
        ISSUED = "ISSUED", _("有效")
        REISSUED = "REISSUED", _("已补发")
        CORRECTED = "CORRECTED", _("已更正")
        REVOKED = "REVOKED", _("已撤销")
        EXPIRED = "EXPIRED", _("已过期")

    class Kind(models.TextChoices):
        AWARD = "AWARD", _("立项证书")
        ACCEPTANCE = "ACCEPTANCE", _("验收证书")
        WINNER = "WINNER", _("揭榜优胜证书")

    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="certificates")
    #: Allotted at issue: agency, kind and year make a series, numbered without gaps.
    number = models.CharField(_("证书编号"), max_length=40, unique=True, null=True, blank=True, editable=False)
    series = models.CharField(max_length=40, blank=True, editable=False)
    serial = models.PositiveIntegerField(null=True, blank=True, editable=False)
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    #: What is printed and shown to verifiers; frozen at issue.
    content = models.JSONField(default=dict)
    issued_on = models.DateField(_("签发日期"), null=True, blank=True)
    object_key = models.CharField(max_length=120, blank=True, editable=False)
    pdf_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    revoke_reason = models.CharField(_("撤销原因"), max_length=300, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.PREPARED, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="one_valid_certificate_per_kind",
                fields=["project", "kind"],
                condition=Q(state__in=["PREPARED", "ISSUED"]),
            ),
            models.UniqueConstraint(name="certificate_serial_once_per_series", fields=["series", "serial"]),
            models.CheckConstraint(
                name="issued_certificate_has_its_number",
                condition=Q(state="PREPARED") | Q(number__isnull=False, serial__gte=1, issued_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.get_kind_display()}（待签发）"

    def get_absolute_url(self) -> str:
        """The public page; before it is issued there is none, only the project's."""
        if self.state == self.State.PREPARED:
            return f"/projects/{self.project.number}/#certificates"
        return f"/verify/{self.token}/"
