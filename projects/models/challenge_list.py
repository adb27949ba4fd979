"""榜单批次."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class ChallengeList(Record):
    """A batch of challenges posted together, under one pinned rule set (domain 2.1)."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("起草")
        COLLECTING = "COLLECTING", _("需求征集")
        APPRAISING = "APPRAISING", _("论证")
        DEMAND_NOTICE = "DEMAND_NOTICE", _("榜单公示")
        APPROVED = "APPROVED", _("已批准")
        PUBLISHED = "PUBLISHED", _("揭榜中")
        CLOSED = "CLOSED", _("已截止")
        REVIEWING = "REVIEWING", _("评审中")
        DECIDING = "DECIDING", _("会议审定")
        RESULT_NOTICE = "RESULT_NOTICE", _("拟立项公示")
        AWARDED = "AWARDED", _("已立项")
        EXECUTING = "EXECUTING", _("执行中")
        FINISHED = "FINISHED", _("已结束")
        SUSPENDED = "SUSPENDED", _("已暂停")
        CANCELLED = "CANCELLED", _("已取消")

    #: States in which the public may read the list.
    PUBLIC_STATES = [
        State.DEMAND_NOTICE, State.PUBLISHED, State.CLOSED, State.REVIEWING, State.DECIDING,
        State.RESULT_NOTICE, State.AWARDED, State.EXECUTING, State.FINISHED, State.SUSPENDED,
    ]  # fmt: skip

    agency = models.ForeignKey("accounts.Agency", models.PROTECT, related_name="challenge_lists")
    division = models.ForeignKey("accounts.Division", models.PROTECT)
    rule_set = models.ForeignKey("projects.RuleSet", models.PROTECT)
    number = models.CharField(_("批次编号"), max_length=40, unique=True)
    title = models.CharField(_("榜单名称"), max_length=120)
    year = models.PositiveSmallIntegerField(_("年度"))
    introduction = models.TextField(_("说明"), blank=True)
    quota_target = models.PositiveSmallIntegerField(_("拟立项数"), default=1)
    contact = models.CharField(_("联系方式"), max_length=120, blank=True)
    demand_close_at = models.DateTimeField(_("需求征集截止"), null=True, blank=True)
    published_at = models.DateTimeField(_("发榜时间"), null=True, blank=True)
    bid_close_at = models.DateTimeField(_("揭榜截止"), null=True, blank=True)
    rec_close_at = models.DateTimeField(_("推荐截止"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.DRAFT, editable=False)
    suspended_from = models.CharField(max_length=16, blank=True, editable=False)

    class Meta:
        ordering = ["-year", "-number"]
        indexes = [models.Index(fields=["state", "rec_close_at"], name="list_sweep")]
        constraints = [
            models.CheckConstraint(
                name="recommender_closes_after_bidder",
                condition=Q(rec_close_at__isnull=True) | Q(rec_close_at__gte=F("bid_close_at")),
            ),
            models.CheckConstraint(
                name="published_list_has_its_instants",
                condition=~Q(state="PUBLISHED")
                | Q(published_at__isnull=False, bid_close_at__isnull=False, rec_close_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return f"/lists/{self.number}/"
