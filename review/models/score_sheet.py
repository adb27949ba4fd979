"""评分表."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class ScoreSheet(Record):
    """One expert's scores for one bid. `total` is set when the sheet is submitted; after the collation
    only its expert changes it, once, when the chair has asked about a flag (domain 3.7)."""

    class State(models.TextChoices):
        EMPTY = "EMPTY", _("未评")
        DRAFT = "DRAFT", _("暂存")
        SUBMITTED = "SUBMITTED", _("已提交")
        RETURNED = "RETURNED", _("退回补充")
        LOCKED = "LOCKED", _("已锁定")
        QUERIED = "QUERIED", _("待专家答复")
        VOID = "VOID", _("作废")

    class Answer(models.TextChoices):
        CONFIRMED = "CONFIRMED", _("维持原分")
        AMENDED = "AMENDED", _("已更正")
        NONE = "NONE", _("逾期未答复，原分保留")

    #: Sheets that go with their seat, or with their bid: nothing of the round rests on them yet.
    LIVE = [State.EMPTY, State.DRAFT, State.SUBMITTED, State.RETURNED]
    #: Sheets whose points count. A returned one is open again until it is handed in anew.
    COUNTED = [State.SUBMITTED, State.LOCKED, State.QUERIED]

    class Recommendation(models.TextChoices):
        STRONG = "STRONG", _("重点推荐")
        RECOMMEND = "RECOMMEND", _("推荐")
        RESERVE = "RESERVE", _("备选")
        REJECT = "REJECT", _("落选")

    class VetoGround(models.TextChoices):
        """What one expert alone may stop a bid for (domain 3.1.f)."""

        INTEGRITY = "INTEGRITY", _("科研诚信")
        SAFETY = "SAFETY", _("安全")
        ETHICS = "ETHICS", _("科技伦理")
        COVERAGE = "COVERAGE", _("未覆盖榜题全部必达指标")

    assignment = models.ForeignKey("review.Assignment", models.PROTECT, related_name="sheets")
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="sheets")
    comment = models.TextField(_("评审意见"), max_length=1000, blank=True)
    recommendation = models.CharField(_("综合意见"), max_length=12, choices=Recommendation, blank=True)
    is_vetoed = models.BooleanField(_("一票否决"), default=False)
    veto_grounds = models.JSONField(_("一票否决事由"), default=list, blank=True)
    veto_reason = models.TextField(_("一票否决理由"), max_length=500, blank=True)
    total = models.DecimalField(_("总分"), max_digits=5, decimal_places=2, null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    #: The chair's one question: about which flags (D1 … D8), why, until when, and what came of it.
    query_flags = models.CharField(_("询问的提示"), max_length=40, blank=True)
    query_reason = models.TextField(_("询问"), max_length=1000, blank=True)
    query_until = models.DateTimeField(_("答复期限"), null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=12, choices=Answer, blank=True)
    answer_reason = models.TextField(_("答复理由"), max_length=1000, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.EMPTY, editable=False)

    class Meta:
        ordering = ["assignment", "bid"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "bid"], name="sheet_once_per_expert_and_bid"),
            models.CheckConstraint(
                name="sheet_total_in_range", condition=Q(total__isnull=True) | Q(total__gte=0, total__lte=100)
            ),
            models.CheckConstraint(
                name="asked_about_a_flag_and_why",
                condition=~Q(state="QUERIED") | (~Q(query_flags="") & ~Q(query_reason="") & Q(answer="")),
            ),
            models.CheckConstraint(
                name="submitted_sheet_has_total",
                condition=~Q(state__in=["SUBMITTED", "LOCKED", "QUERIED"])
                | Q(total__isnull=False, submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="veto_names_its_grounds",
                condition=~Q(state__in=["SUBMITTED", "LOCKED"])
                | Q(is_vetoed=False, veto_grounds=[])
                | (Q(is_vetoed=True) & ~Q(veto_grounds=[]) & ~Q(veto_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment.alias} · {self.bid.reference}"

    def get_absolute_url(self) -> str:
        return f"/reviews/{self.assignment_id}/bids/{self.bid.uuid}/"


class ScoreItem(models.Model):
    """Points for one criterion, in half-point steps; `band` is the label of the one ticked, if there are any."""

    sheet = models.ForeignKey("review.ScoreSheet", models.PROTECT, related_name="items")
    criterion = models.CharField(max_length=16)
    value = models.DecimalField(max_digits=4, decimal_places=1)
    band = models.CharField(max_length=40, blank=True, db_default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "criterion"], name="item_once_per_criterion"),
            models.CheckConstraint(name="item_not_negative", condition=Q(value__gte=0)),
        ]
