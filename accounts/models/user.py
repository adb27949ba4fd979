"""People who log in."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models.role import RoleGrant


class User(AbstractUser):
    """A person. Chinese names are one field; Django's first and last name are not used."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("姓名"), max_length=60)
    phone = models.CharField(_("手机"), max_length=20, blank=True)
    job_title = models.CharField(_("职称或职务"), max_length=40, blank=True)
    speciality = models.CharField(_("专业方向"), max_length=80, blank=True)
    biography = models.TextField(_("个人简介"), max_length=1000, blank=True)
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="people"
    )

    REQUIRED_FIELDS = ["email", "name"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @cached_property
    def grants(self) -> list[RoleGrant]:
        """Roles in force. One SQL query, kept for the life of this instance (one request)."""
        return list(self.role_grants.filter(is_active=True).select_related("agency", "division"))
