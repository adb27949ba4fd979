"""揭榜申请."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Bid(Record):
    """A team's bid for a challenge (domain 2.3).

    `snapshot` is the frozen content of the bid with the digests of its files, made when the PI
    hands it in; `snapshot_sha256` is the digest of its canonical JSON and is what the audit
    entry carries. Drafts have neither.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("填写中（未提交）")
        UNIT_REVIEW = "UNIT_REVIEW", _("单位审核")
        REC_REVIEW = "REC_REVIEW", _("推荐审核")
        SUBMITTED = "SUBMITTED", _("已申报")
        FORMAL_CHECK = "FORMAL_CHECK", _("形审中")
        CORRECTION = "CORRECTION", _("补正")
        ACCEPTED = "ACCEPTED", _("已受理")
        NOT_ACCEPTED = "NOT_ACCEPTED", _("不予受理")
        IN_ROUND = "IN_ROUND", _("评审中")
        RECOMMENDED = "RECOMMENDED", _("拟立项")
        RESERVE = "RESERVE", _("备选")
        NOT_RECOMMENDED = "NOT_RECOMMENDED", _("不予立项")
        AWARDED = "AWARDED", _("已立项")
        NOT_AWARDED = "NOT_AWARDED", _("未立项")
        WITHDRAWN = "WITHDRAWN", _("已撤回")
        VOID = "VOID", _("作废")
        DISQUALIFIED = "DISQUALIFIED", _("取消资格")

    #: States in which the bid counts as handed in for good.
    HANDED_IN = [
        State.SUBMITTED, State.FORMAL_CHECK, State.CORRECTION, State.ACCEPTED, State.NOT_ACCEPTED,
        State.IN_ROUND, State.RECOMMENDED, State.RESERVE, State.NOT_RECOMMENDED, State.AWARDED,
        State.NOT_AWARDED, State.DISQUALIFIED,
    ]  # fmt: skip

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    challenge = models.ForeignKey("projects.Challenge", models.PROTECT, related_name="bids")
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="bids", verbose_name=_("牵头单位")
    )
    pi = models.ForeignKey("accounts.User", models.PROTECT, related_name="bids", verbose_name=_("项目负责人"))
    recommender = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("推荐单位"), limit_choices_to={"is_recommender": True},
    )  # fmt: skip
    title = models.CharField(_("项目名称"), max_length=80)
    summary = models.TextField(_("摘要"), max_length=1500, blank=True)
    route = models.TextField(_("技术路线"), max_length=3000, blank=True)
    route_tag = models.CharField(_("路线标签"), max_length=40, blank=True)
    team = models.TextField(_("团队与条件"), max_length=2000, blank=True)
    requested_yuan = models.PositiveBigIntegerField(_("申请财政经费（元）"), default=0)
    matching_yuan = models.PositiveBigIntegerField(_("自筹经费（元）"), default=0)
    pledge_signed_at = models.DateTimeField(_("承诺书签署"), null=True, blank=True)
    number = models.CharField(_("申报编号"), max_length=40, unique=True, null=True, blank=True)
    snapshot = models.JSONField(null=True, blank=True, editable=False)
    snapshot_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    handed_in_at = models.DateTimeField(_("提交时间"), null=True, blank=True, editable=False)
    submitted_at = models.DateTimeField(_("申报完成时间"), null=True, blank=True, editable=False)
    score = models.DecimalField(_("综合得分"), max_digits=5, decimal_places=2, null=True, blank=True)
    #: When its team was told the result; before, nobody outside the agency may know the panel's verdict.
    told_at = models.DateTimeField(_("告知时间"), null=True, blank=True, editable=False)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.DRAFT, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["challenge", "state"], name="bid_by_challenge"),
            models.Index(fields=["state", "-id"], name="bid_by_state"),
            models.Index(fields=["organisation", "-id"], name="bid_by_organisation"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_live_bid_per_lead_and_challenge",
                fields=["challenge", "organisation"],
                condition=~Q(state__in=["WITHDRAWN", "VOID"]),
            ),
            models.CheckConstraint(
                name="handed_in_bid_has_snapshot",
                condition=Q(state__in=["DRAFT", "WITHDRAWN", "VOID", "CORRECTION"])
                | Q(snapshot__isnull=False, snapshot_sha256__regex=r"^[0-9a-f]{64}$", handed_in_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/bids/{self.uuid}/"

    @property
    def reference(self) -> str:
        """Its number, or its key while it has none: what papers of the review call it."""
        return self.number or str(self.pk)


class BidEditor(models.Model):
    """Somebody beside the PI who may fill in the bid; never hands it in. Changed by `BidFlow` only."""

    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="editors")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bid", "user"], name="editor_once_per_bid")]


class BidPartner(models.Model):
    """联合单位: at most `Rules.max_partners` beside the lead."""

    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="partners")
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    task = models.CharField(_("承担任务"), max_length=200)
    budget_yuan = models.PositiveBigIntegerField(_("经费（元）"), default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bid", "organisation"], name="partner_once_per_bid")]


class IndicatorResponse(models.Model):
    """逐条响应: what the bidder promises for one indicator; never weaker than required."""

    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="responses")
    indicator = models.ForeignKey("projects.Indicator", models.PROTECT, related_name="+")
    promised = models.DecimalField(_("承诺值"), max_digits=16, decimal_places=4)
    promised_high = models.DecimalField(_("承诺上限"), max_digits=16, decimal_places=4, null=True, blank=True)
    present_level = models.CharField(_("现有水平"), max_length=200, blank=True)
    proof = models.CharField(_("证明"), max_length=300, blank=True)

    class Meta:
        ordering = ["indicator__no"]
        constraints = [
            models.UniqueConstraint(fields=["bid", "indicator"], name="response_once_per_indicator"),
            models.CheckConstraint(
                name="promise_ends_in_order",
                condition=Q(promised_high__isnull=True) | Q(promised_high__gte=F("promised")),
            ),
        ]
