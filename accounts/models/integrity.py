"""科研诚信: bars in force against people and units (domain 2.15)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class IntegrityRecord(models.Model):
    """A confirmed bar. While in force the subject may not bid, be awarded, be paid or review."""

    user = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True)
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, blank=True)
    conduct = models.CharField(_("失信行为"), max_length=200)
    decision_no = models.CharField(_("决定文号"), max_length=60)
    in_force_from = models.DateField(_("生效日"))
    in_force_to = models.DateField(_("截止日"), null=True, blank=True, help_text=_("空表示长期"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="integrity_has_one_subject",
                condition=models.Q(user__isnull=False, organisation__isnull=True)
                | models.Q(user__isnull=True, organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="integrity_period_in_order",
                condition=models.Q(in_force_to__isnull=True) | models.Q(in_force_to__gte=models.F("in_force_from")),
            ),
        ]
