"""异议."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Objection(Record):
    """A real-name objection against a notice (domain 2.10). Its author is known to few."""

    class State(models.TextChoices):
        RECEIVED = "RECEIVED", _("已收到")
        REGISTERED = "REGISTERED", _("已登记")
        REJECTED_FORM = "REJECTED_FORM", _("不予受理")
        ACCEPTED = "ACCEPTED", _("已受理")
        INVESTIGATING = "INVESTIGATING", _("调查中")
        HEARD = "HEARD", _("已听取意见")
        UPHELD = "UPHELD", _("成立")
        PARTLY = "PARTLY", _("部分成立")
        NOT_UPHELD = "NOT_UPHELD", _("不成立")
        REPLIED = "REPLIED", _("已答复")
        CLOSED = "CLOSED", _("已办结")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    class Verdict(models.TextChoices):
        UPHELD = "UPHELD", _("成立")
        PARTLY = "PARTLY", _("部分成立")
        NOT_UPHELD = "NOT_UPHELD", _("不成立")

    VERDICTS = [State.UPHELD, State.PARTLY, State.NOT_UPHELD]
    #: Accepted, and not answered yet.
    PENDING_STATES = [State.ACCEPTED, State.INVESTIGATING, State.HEARD, *VERDICTS]
    OPEN_STATES = [State.RECEIVED, State.REGISTERED, *PENDING_STATES]
    #: The party objected to has been told of it.
    TOLD_STATES = [State.INVESTIGATING, State.HEARD, *VERDICTS, State.REPLIED, State.CLOSED]

    number = models.CharField(_("异议编号"), max_length=40, unique=True)
    notice = models.ForeignKey("projects.PublicNotice", models.PROTECT, related_name="objections")
    bid = models.ForeignKey("projects.Bid", models.PROTECT, null=True, blank=True, related_name="objections")
    author_name = models.CharField(_("异议人（单位）"), max_length=60)
    author_contact = models.CharField(_("联系方式"), max_length=120)
    author_user = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    grounds = models.TextField(_("异议事项与理由"), max_length=3000)
    #: The grounds as the party objected to reads them: without what tells who objects.
    shown_grounds = models.TextField(_("告知被异议方的内容"), max_length=3000, blank=True)
    investigator = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    other_party_reply = models.TextField(_("被异议方说明"), blank=True)
    finding = models.TextField(_("调查结论"), blank=True)
    reply = models.TextField(_("答复"), blank=True)
    reply_due_on = models.DateField(_("答复期限"), null=True, blank=True)
    #: Once, by as many working days again (domain 2.10).
    reply_is_extended = models.BooleanField(_("答复期限已延长"), default=False)
    #: Survives the later states REPLIED and CLOSED.
    verdict = models.CharField(_("认定"), max_length=10, choices=Verdict, blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.RECEIVED, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="objection_is_by_real_name", condition=~Q(author_name="") & ~Q(author_contact="")
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"/objections/{self.number}/"
