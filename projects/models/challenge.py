"""榜题 and its 考核指标."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Challenge(Record):
    """One technical challenge of a list (domain 2.2, 5.1)."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("起草")
        IN_LIST = "IN_LIST", _("已入榜")
        OPEN = "OPEN", _("揭榜中")
        CLOSED = "CLOSED", _("已截止")
        UNDER_REVIEW = "UNDER_REVIEW", _("评审中")
        NEGOTIATING = "NEGOTIATING", _("供需对接")
        AWARDED = "AWARDED", _("已立项")
        LAPSED = "LAPSED", _("流榜")
        WITHDRAWN = "WITHDRAWN", _("已撤榜")
        SOLVED = "SOLVED", _("攻关完成")
        UNSOLVED = "UNSOLVED", _("未完成")

    class Field(models.TextChoices):
        AI = "AI", _("人工智能与大模型")
        COMPUTING = "COMPUTING", _("先进计算")
        SOFTWARE = "SOFTWARE", _("工业软件")
        CHIP = "CHIP", _("集成电路与光电")
        NETWORK = "NETWORK", _("网络通信")
        SECURITY = "SECURITY", _("信息安全与密码")
        DATA = "DATA", _("数据要素")
        MANUFACTURING = "MANUFACTURING", _("智能制造")
        AGRICULTURE = "AGRICULTURE", _("智慧农业与海洋")

    challenge_list = models.ForeignKey("projects.ChallengeList", models.PROTECT, related_name="challenges")
    number = models.CharField(_("榜题编号"), max_length=40, unique=True)
    title = models.CharField(_("榜题名称"), max_length=80)
    field = models.CharField(_("技术领域"), max_length=16, choices=Field)
    demander = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="challenges")
    demander_is_hidden = models.BooleanField(_("需求方匿名"), default=False)
    background = models.TextField(_("需求背景"), max_length=1000)
    content = models.TextField(_("攻关内容"), max_length=3000)
    scenario = models.CharField(_("最终用户及应用场景"), max_length=300, blank=True)
    months = models.PositiveSmallIntegerField(_("实施期限（月）"))
    cap_yuan = models.PositiveBigIntegerField(_("榜金（元）"))
    bidder_conditions = models.TextField(_("揭榜条件"), max_length=1000, blank=True)
    ip_terms = models.TextField(_("知识产权约定"), max_length=1000, blank=True)
    lanes = models.PositiveSmallIntegerField(_("拟支持项数（赛道数）"), default=1)
    #: The lapsed challenge that this one posts again, once and with revised targets (domain 2.2).
    reposted_from = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="reposted_as"
    )
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.DRAFT, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(name="challenge_months_in_range", condition=Q(months__gte=1, months__lte=96)),
            models.CheckConstraint(name="challenge_lanes_in_range", condition=Q(lanes__gte=1, lanes__lte=5)),
            models.CheckConstraint(name="challenge_reposts_another", condition=~Q(reposted_from=F("id"))),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return f"/challenges/{self.number}/"


class Indicator(models.Model):
    """A checkable target of a challenge: comparator, number, unit, method (domain 4.7)."""

    class Comparator(models.TextChoices):
        AT_LEAST = ">=", "≥"
        AT_MOST = "<=", "≤"
        EQUAL = "=", "="
        RANGE = "range", _("范围")
        BOOLEAN = "bool", _("达成")

    challenge = models.ForeignKey("projects.Challenge", models.PROTECT, related_name="indicators")
    no = models.PositiveSmallIntegerField(_("序号"))
    name = models.CharField(_("指标"), max_length=80)
    comparator = models.CharField(_("比较"), max_length=8, choices=Comparator)
    target = models.DecimalField(_("指标值"), max_digits=16, decimal_places=4)
    #: The upper end of a range, with `target` the lower; both ends belong to it.
    target_high = models.DecimalField(_("指标上限"), max_digits=16, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("单位"), max_length=20, blank=True)
    is_must = models.BooleanField(_("必达"), default=True)
    check_method = models.CharField(_("考核方式"), max_length=200)
    #: What proves it (domain 5.2 证明): a report, a certificate, a contract.
    evidence = models.CharField(_("证明材料"), max_length=200, blank=True)
    #: Target at each milestone or race stage, by its number: {"1": "30", "2": "60"}; of a range {"1": "20~40"}.
    milestone_values = models.JSONField(_("里程碑指标值"), default=dict, blank=True)

    class Meta:
        ordering = ["challenge", "no"]
        constraints = [
            models.UniqueConstraint(fields=["challenge", "no"], name="indicator_no_once"),
            models.CheckConstraint(
                name="indicator_range_has_two_ends",
                condition=(Q(comparator="range") & Q(target_high__isnull=False) & Q(target_high__gte=F("target")))
                | (~Q(comparator="range") & Q(target_high__isnull=True)),
            ),
            models.CheckConstraint(
                name="indicator_done_is_one_or_zero", condition=~Q(comparator="bool") | Q(target__in=[0, 1])
            ),
        ]

    def __str__(self) -> str:
        return self.name
