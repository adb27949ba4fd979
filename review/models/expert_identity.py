"""专家的证件号与银行卡号, for the payment of review fees only."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.sealed_field import SealedField


class ExpertIdentity(models.Model):
    """Sensitive facts (PIPL 28–30): sealed at rest, given with a consent of their own, shown by their last four signs.

    Nobody but the expert writes them. They are in a table of their own, so that nothing that reads experts
    reads them along.
    """

    class Kind(models.TextChoices):
        ID_CARD = "ID_CARD", _("居民身份证")
        PASSPORT = "PASSPORT", _("护照")
        PERMIT = "PERMIT", _("港澳台或外国人居留证件")

    expert = models.OneToOneField("review.Expert", models.PROTECT, primary_key=True, related_name="identity")
    kind = models.CharField(_("证件类型"), max_length=10, choices=Kind, default=Kind.ID_CARD)
    number = SealedField(_("证件号"))
    bank = models.CharField(_("开户银行"), max_length=60)
    account = SealedField(_("银行卡号"))
    consented_at = models.DateTimeField(_("同意时间"))

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
