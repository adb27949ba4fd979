"""评审汇总行: what the sheets of one bid in one round come to, kept by the database."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

#: D1 (domain 3.7): highest and lowest total this many points apart.
WIDE = 20
#: D8: at least so many 重点推荐 and so many 落选 on one bid.
SPLIT = 2


class ReviewTally(models.Model):
    """Counts and spread of a bid's sheets that are not void. Read-only: a trigger writes it with each sheet,
    so that a table of ten thousand bids is sorted by an index and never adds up fifty thousand sheets.

    Points of 100, two decimals, half up; `sd` is the sample's (n − 1). None until a sheet is submitted
    (`sd`: two). The score that decides is `Bid.score`, made by the round's rule when it is closed.
    """

    round = models.ForeignKey("review.ReviewRound", models.PROTECT, related_name="tallies")
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="tallies")
    #: Copied from the list, so that one agency's rows are one stretch of each index.
    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="+")
    is_closed = models.BooleanField(_("评审已结束"), default=False)
    assigned = models.PositiveSmallIntegerField(_("应评"), default=0)
    submitted = models.PositiveSmallIntegerField(_("已评"), default=0)
    mean = models.DecimalField(_("均分"), max_digits=5, decimal_places=2, null=True)
    sd = models.DecimalField(_("标准差"), max_digits=5, decimal_places=2, null=True)
    spread = models.DecimalField(_("极差"), max_digits=5, decimal_places=2, null=True)
    strong = models.PositiveSmallIntegerField(_("重点推荐"), default=0)
    reject = models.PositiveSmallIntegerField(_("落选"), default=0)
    vetoes = models.PositiveSmallIntegerField(_("一票否决"), default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["round", "bid"], name="tally_once_per_round_and_bid")]
        indexes = [
            models.Index(fields=["agency", "-id"], name="tally_newest"),
            # One for each way the overview is sorted; rows without points come last either way.
            models.Index(F("agency"), F("mean").desc(nulls_last=True), F("id").desc(), name="tally_by_mean"),
            models.Index(F("agency"), F("mean").asc(nulls_last=True), F("id").desc(), name="tally_by_mean_up"),
            models.Index(F("agency"), F("spread").desc(nulls_last=True), F("id").desc(), name="tally_by_spread"),
            models.Index(F("agency"), F("sd").desc(nulls_last=True), F("id").desc(), name="tally_by_sd"),
            # What still waits for experts is a small part of the table.
            models.Index(fields=["agency", "-id"], name="tally_waiting", condition=Q(submitted__lt=F("assigned"))),
        ]

    def __str__(self) -> str:
        return f"{self.round_id}/{self.bid_id}"

    @property
    def is_wide(self) -> bool:
        return self.spread is not None and self.spread >= WIDE

    @property
    def is_split(self) -> bool:
        return min(self.strong, self.reject) >= SPLIT

    @property
    def is_waiting(self) -> bool:
        return self.submitted < self.assigned
