"""赛马: stages and lanes."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class Race(Record):
    """The race for one challenge (domain 2.8). `stage_no` is the leg that runs, 1-based."""

    class State(models.TextChoices):
        SETUP = "SETUP", _("筹备")
        STAGE_RUNNING = "STAGE_RUNNING", _("阶段进行中")
        STAGE_CHECK = "STAGE_CHECK", _("阶段考核")
        STAGE_DECIDED = "STAGE_DECIDED", _("阶段已定")
        FINAL = "FINAL", _("决胜验收")
        WINNER_DECLARED = "WINNER_DECLARED", _("优胜揭晓")
        NO_WINNER = "NO_WINNER", _("无优胜")
        PAUSED = "PAUSED", _("暂停")

    challenge = models.OneToOneField("projects.Challenge", models.PROTECT, related_name="race")
    stage_no = models.PositiveSmallIntegerField(_("当前阶段"), default=1)
    paused_from = models.CharField(max_length=16, blank=True, editable=False)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.SETUP, editable=False)

    def __str__(self) -> str:
        return f"{self.challenge.number} 赛马"

    def get_absolute_url(self) -> str:
        return f"/races/{self.challenge.number}/"


class RaceStage(models.Model):
    """One leg: same dates, gates and money for every lane in it."""

    race = models.ForeignKey("projects.Race", models.PROTECT, related_name="stages")
    no = models.PositiveSmallIntegerField(_("阶段"))
    months = models.PositiveSmallIntegerField(_("月数"))
    lanes = models.PositiveSmallIntegerField(_("计划赛道数"), default=1)
    lane_yuan = models.PositiveBigIntegerField(_("每赛道经费（元）"))
    rule = models.CharField(_("淘汰规则"), max_length=24)
    keep = models.PositiveSmallIntegerField(_("晋级数"))
    pass_score = models.PositiveSmallIntegerField(_("合格分"))
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["race", "no"]
        constraints = [models.UniqueConstraint(fields=["race", "no"], name="race_stage_no_once")]


class RaceLane(Record):
    """One team's lane: an awarded project that runs against the others."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("进行中")
        ADVANCED = "ADVANCED", _("晋级")
        ELIMINATED = "ELIMINATED", _("淘汰")
        WITHDRAWN = "WITHDRAWN", _("退出")
        DISQUALIFIED = "DISQUALIFIED", _("取消资格")
        WINNER = "WINNER", _("优胜")
        FINISHED_NO_WIN = "FINISHED_NO_WIN", _("完赛未优胜")

    race = models.ForeignKey("projects.Race", models.PROTECT, related_name="lanes")
    project = models.OneToOneField("projects.Project", models.PROTECT, related_name="lane")
    no = models.PositiveSmallIntegerField(_("赛道"))
    route_tag = models.CharField(_("技术路线"), max_length=40)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.RUNNING, editable=False)

    class Meta:
        ordering = ["race", "no"]
        constraints = [models.UniqueConstraint(fields=["race", "no"], name="race_lane_no_once")]

    def __str__(self) -> str:
        return f"{self.race.challenge.number} 赛道{self.no}"

    def get_absolute_url(self) -> str:
        return self.race.get_absolute_url()


class LaneResult(models.Model):
    """What the comparison panel found for one lane in one stage."""

    stage = models.ForeignKey("projects.RaceStage", models.PROTECT, related_name="results")
    lane = models.ForeignKey("projects.RaceLane", models.PROTECT, related_name="results")
    score = models.DecimalField(_("得分"), max_digits=5, decimal_places=2, null=True, blank=True)
    #: For ties (domain 2.8): user's score, technical criterion, place in the chair-run ballot.
    user_score = models.DecimalField(_("用户评分"), max_digits=5, decimal_places=2, null=True, blank=True)
    technical_score = models.DecimalField(_("技术指标评分"), max_digits=5, decimal_places=2, null=True, blank=True)
    ballot = models.PositiveSmallIntegerField(_("抽签名次"), null=True, blank=True)
    gates_met = models.BooleanField(_("必达指标达标"))
    #: Why the comparison panel vetoed the lane; empty when it did not.
    veto = models.CharField(_("一票否决事由"), max_length=120, blank=True)
    has_report = models.BooleanField(_("已报告"), default=True)
    rank = models.PositiveSmallIntegerField(_("名次"), null=True, blank=True)
    advances = models.BooleanField(_("晋级"), null=True, blank=True)
    reason = models.CharField(_("说明"), max_length=300, blank=True)

    class Meta:
        ordering = ["stage", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "lane"], name="lane_result_once_per_stage"),
            # Gates before rank (domain 2.8): a lane that missed a must-indicator never advances.
            models.CheckConstraint(
                name="no_lane_advances_past_a_missed_gate", condition=~Q(advances=True) | Q(gates_met=True)
            ),
            models.CheckConstraint(name="no_vetoed_lane_advances", condition=~Q(advances=True) | Q(veto="")),
        ]
