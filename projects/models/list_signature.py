"""会签: who has signed a challenge list before it goes to the leader, and which text."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ListSignature(models.Model):
    """One signature of the approval chain (domain 2.1). The database refuses to change or delete it.

    It holds for the text with that digest only: a list that is changed afterwards is signed anew.
    """

    challenge_list = models.ForeignKey("projects.ChallengeList", models.PROTECT, related_name="signatures")
    role = models.CharField(_("角色"), max_length=8)
    signer = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", verbose_name=_("签署人"))
    content_sha256 = models.CharField(max_length=64)
    note = models.CharField(_("意见"), max_length=300, blank=True)
    at = models.DateTimeField(_("签署时间"))

    class Meta:
        ordering = ["challenge_list", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["challenge_list", "content_sha256", "role"], name="list_signed_once_by_each_role"
            ),
            models.UniqueConstraint(
                fields=["challenge_list", "content_sha256", "signer"], name="list_signed_by_distinct_people"
            ),
            models.CheckConstraint(
                name="list_signature_has_digest", condition=models.Q(content_sha256__regex=r"^[0-9a-f]{64}$")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.challenge_list_id}/{self.role}"
