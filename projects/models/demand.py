"""技术需求 and its 考核指标: what a unit cannot solve itself and asks the agency to post."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record
from projects.models.challenge import Challenge, Indicator


class Demand(Record):
    """One technical demand, collected for a list (domain 2.2). Passed ones merge into challenges."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("起草")
        SUBMITTED = "SUBMITTED", _("已提交")
        REC_ENDORSED = "REC_ENDORSED", _("已推荐")
        REC_RETURNED = "REC_RETURNED", _("推荐单位退回")
        APPRAISED_PASS = "APPRAISED_PASS", _("论证通过")
        APPRAISED_FAIL = "APPRAISED_FAIL", _("论证未通过")
        MERGED = "MERGED", _("已并入榜题")
        ARCHIVED = "ARCHIVED", _("已归档")

    class Result(models.TextChoices):
        PASS = "PASS", _("通过")
        FAIL = "FAIL", _("不通过")

    #: The demander may still write in these.
    EDITABLE = [State.DRAFT, State.REC_RETURNED]

    challenge_list = models.ForeignKey("projects.ChallengeList", models.PROTECT, related_name="demands")
    number = models.CharField(_("需求编号"), max_length=40, unique=True)
    demander = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="demands", verbose_name=_("需求单位")
    )
    demander_is_hidden = models.BooleanField(_("希望匿名发榜"), default=False)
    recommender = models.ForeignKey(
        "accounts.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="recommended_demands",
        verbose_name=_("推荐单位"),
    )
    title = models.CharField(_("需求名称"), max_length=80)
    field = models.CharField(_("技术领域"), max_length=16, choices=Challenge.Field)
    problem = models.TextField(_("问题与背景"), max_length=1000, blank=True)
    goal = models.TextField(_("技术目标"), max_length=3000, blank=True)
    scenario = models.CharField(_("应用场景"), max_length=300, blank=True)
    expected_yuan = models.PositiveBigIntegerField(_("期望榜金（元）"), default=0)
    own_yuan = models.PositiveBigIntegerField(_("自有投入（元）"), default=0)
    solver_cash_yuan = models.PositiveBigIntegerField(_("其中现金支付揭榜方（元）"), default=0)
    months = models.PositiveSmallIntegerField(_("实施期限（月）"), default=24)
    bidder_conditions = models.TextField(_("揭榜条件"), max_length=1000, blank=True)
    ip_terms = models.TextField(_("知识产权约定"), max_length=1000, blank=True)
    contact_name = models.CharField(_("联系人"), max_length=40, blank=True)
    contact_phone = models.CharField(_("联系电话"), max_length=40, blank=True)
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    endorsement = models.TextField(_("推荐意见"), max_length=500, blank=True)
    result = models.CharField(_("论证结果"), max_length=4, choices=Result, blank=True, editable=False)
    mean_score = models.DecimalField(_("论证平均分"), max_digits=5, decimal_places=2, null=True, blank=True)
    opinion = models.TextField(_("论证意见"), max_length=2000, blank=True)
    appraised_at = models.DateTimeField(_("论证时间"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "projects.Challenge", models.PROTECT, null=True, blank=True, related_name="demands", editable=False
    )
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.DRAFT, editable=False)

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["challenge_list", "state"], name="demand_of_list")]
        constraints = [
            models.CheckConstraint(name="demand_months_in_range", condition=Q(months__gte=1, months__lte=96)),
            models.CheckConstraint(name="demand_cash_is_own_money", condition=Q(solver_cash_yuan__lte=F("own_yuan"))),
            models.CheckConstraint(
                name="demand_recommends_not_itself", condition=Q(recommender=None) | ~Q(recommender=F("demander"))
            ),
            # An abandoned draft is archived, too, and was never submitted.
            models.CheckConstraint(
                name="demand_beyond_its_desk_was_submitted",
                condition=Q(state__in=["DRAFT", "ARCHIVED"]) | Q(submitted_at__isnull=False, recommender__isnull=False),
            ),
            models.CheckConstraint(
                name="demand_result_fits_its_state",
                condition=Q(state__in=["DRAFT", "SUBMITTED", "REC_ENDORSED", "REC_RETURNED"], result="")
                | Q(state__in=["APPRAISED_PASS", "MERGED"], result="PASS")
                | Q(state="APPRAISED_FAIL", result="FAIL")
                | Q(state="ARCHIVED"),
            ),
            models.CheckConstraint(
                name="demand_result_has_score_and_opinion",
                condition=Q(result="") | Q(mean_score__isnull=False, appraised_at__isnull=False) & ~Q(opinion=""),
            ),
            models.CheckConstraint(
                name="demand_is_merged_into_something",
                condition=Q(state="MERGED", merged_into__isnull=False)
                | (~Q(state="MERGED") & Q(merged_into__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return f"/demands/{self.number}/"


class DemandIndicator(models.Model):
    """An assessable target that the demander asks for; copied into the challenge (domain 2.2)."""

    demand = models.ForeignKey("projects.Demand", models.PROTECT, related_name="indicators")
    no = models.PositiveSmallIntegerField(_("序号"))
    name = models.CharField(_("指标"), max_length=80)
    comparator = models.CharField(_("比较"), max_length=8, choices=Indicator.Comparator)
    target = models.DecimalField(_("指标值"), max_digits=16, decimal_places=4)
    target_high = models.DecimalField(_("指标上限"), max_digits=16, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("单位"), max_length=20, blank=True)
    is_must = models.BooleanField(_("必达"), default=True)
    check_method = models.CharField(_("考核方式"), max_length=200)
    evidence = models.CharField(_("证明材料"), max_length=200, blank=True)

    class Meta:
        ordering = ["demand", "no"]
        constraints = [
            models.UniqueConstraint(fields=["demand", "no"], name="demand_indicator_no_once"),
            models.CheckConstraint(
                name="demand_range_has_two_ends",
                condition=(Q(comparator="range") & Q(target_high__isnull=False) & Q(target_high__gte=F("target")))
                | (~Q(comparator="range") & Q(target_high__isnull=True)),
            ),
            models.CheckConstraint(
                name="demand_done_is_one_or_zero",
                condition=~Q(comparator="bool") | Q(target__in=[Decimal(0), Decimal(1)]),
            ),
        ]

    def __str__(self) -> str:
        return self.name
