"""个别延期: a later close for one bid."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class BidExtension(Record):
    """A team's request that the close be moved for its bid alone; in force only once it is granted.

    The officer who endorses it names the two later instants, a head of the agency grants them: two people,
    which the database checks too.
    """

    class State(models.TextChoices):
        ASKED = "ASKED", _("待核实")
        ENDORSED = "ENDORSED", _("待批准")
        GRANTED = "GRANTED", _("已准予")
        DENIED = "DENIED", _("未准予")
        WITHDRAWN = "WITHDRAWN", _("已撤回")

    OPEN_STATES = [State.ASKED, State.ENDORSED]

    number = models.CharField(_("延期编号"), max_length=48, unique=True)
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="extensions")
    grounds = models.TextField(_("延期理由"), max_length=1000)
    bid_until = models.DateTimeField(_("延至（单位报送）"), null=True, blank=True)
    rec_until = models.DateTimeField(_("延至（推荐）"), null=True, blank=True)
    opinion = models.TextField(_("核实意见"), max_length=1000, blank=True)
    endorsed_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    granted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.ASKED, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_extension_per_bid", fields=["bid"], condition=Q(state__in=["ASKED", "ENDORSED"])
            ),
            models.CheckConstraint(
                name="endorsed_extension_names_its_instants",
                condition=~Q(state__in=["ENDORSED", "GRANTED"])
                | Q(bid_until__isnull=False, rec_until__gte=F("bid_until"), endorsed_by__isnull=False) & ~Q(opinion=""),
            ),
            models.CheckConstraint(
                name="extension_is_granted_by_another",
                condition=~Q(state="GRANTED") | (Q(granted_by__isnull=False) & ~Q(granted_by=F("endorsed_by"))),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"/extensions/{self.number}/"
