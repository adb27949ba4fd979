"""形式审查."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class FormalCheck(Record):
    """The formal check of one bid: automatic items, an officer's opinion, a second person's confirmation."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("待审查")
        AUTO_CHECKED = "AUTO_CHECKED", _("自动审查完成")
        MANUAL_CHECKED = "MANUAL_CHECKED", _("人工审查完成")
        CONFIRMED = "CONFIRMED", _("已复核")
        OBJECTED = "OBJECTED", _("异议中")
        FINAL = "FINAL", _("已定")

    class Result(models.TextChoices):
        PASS = "PASS", _("通过")
        CORRECT = "CORRECT", _("补正")
        REJECT = "REJECT", _("不予受理")

    bid = models.OneToOneField("projects.Bid", models.PROTECT, related_name="formal_check")
    result = models.CharField(_("结果"), max_length=8, choices=Result, blank=True)
    reason_codes = models.JSONField(_("原因代码"), default=list, blank=True)
    opinion = models.TextField(_("审查意见"), blank=True)
    #: What the team may change in a correction: sections of the form, "files" for attachments (domain 2.3).
    correction_sections = models.JSONField(_("可补正部分"), default=list, blank=True)
    correction_until = models.DateTimeField(_("补正期限"), null=True, blank=True)
    checked_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    #: Whose result a reconsideration revoked; he does not check again.
    overruled = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.PENDING, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="formal_check_by_two_people",
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("checked_by")),
            ),
            models.CheckConstraint(
                name="confirmed_check_has_result",
                condition=~Q(state__in=["CONFIRMED", "FINAL"])
                | (~Q(result="") & Q(checked_by__isnull=False, confirmed_by__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bid.title} 形式审查"

    def get_absolute_url(self) -> str:
        return f"/bids/{self.bid.uuid}/formal-check/"


class FormalCheckItem(models.Model):
    """One line of the 形式审查表, with the reason code F01–F12 of domain 2.3."""

    check_of = models.ForeignKey("projects.FormalCheck", models.PROTECT, related_name="items")
    code = models.CharField(max_length=4)
    passed = models.BooleanField()
    is_automatic = models.BooleanField(default=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["check_of", "code"], name="check_item_once")]
