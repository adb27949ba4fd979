"""领域订阅."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models.challenge import Challenge


class Subscription(models.Model):
    """A person wants to be told when a list with a challenge in this field is published.

    Nothing depends on it; the person makes and deletes it. PROTECT all the same: no row of this
    product goes because a person went (`tests/test_structure.py`).
    """

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="subscriptions")
    field = models.CharField(_("技术领域"), max_length=16, choices=Challenge.Field)

    class Meta:
        ordering = ["user", "field"]
        constraints = [
            models.UniqueConstraint(fields=["user", "field"], name="subscription_once_per_field"),
            models.CheckConstraint(
                name="subscription_to_a_field", condition=models.Q(field__in=Challenge.Field.values)
            ),
        ]
        # Publication asks by field; a person's own are few and found by the constraint's index.
        indexes = [models.Index(fields=["field"], name="subscription_by_field")]

    def __str__(self) -> str:
        return f"{self.user}：{self.get_field_display()}"
