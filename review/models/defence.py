"""答辩: the session of a round, and each team's slot in it (domain 2.5, 3.8)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class DefenceSession(Record):
    """The panel hears every team of the round, in one room and in an order that was drawn.

    Minutes and the number of persons are copied from the pinned rules when the session is planned.
    `record` is all that `review.defence.replay_order` needs; it stays as it was drawn.
    """

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("已计划")
        COMMITTED = "COMMITTED", _("待抽取顺序")
        ORDERED = "ORDERED", _("顺序已抽取")
        ANNOUNCED = "ANNOUNCED", _("已通知")
        HELD = "HELD", _("已结束")
        CANCELLED = "CANCELLED", _("已取消")

    #: States in which a team knows its slot.
    TOLD = [State.ANNOUNCED, State.HELD]

    round = models.ForeignKey("review.ReviewRound", models.PROTECT, related_name="defences")
    room = models.CharField(_("会议室"), max_length=80)
    link = models.URLField(_("视频会议链接"), blank=True)
    recorder = models.CharField(_("记录人"), max_length=40)
    first_day = models.DateField(_("首日"))
    begins = models.TimeField(_("每日开始"))
    ends = models.TimeField(_("每日结束"))
    lunch_from = models.TimeField(_("午休开始"), null=True, blank=True)
    lunch_until = models.TimeField(_("午休结束"), null=True, blank=True)
    talk_minutes = models.PositiveSmallIntegerField(_("陈述（分钟）"))
    question_minutes = models.PositiveSmallIntegerField(_("提问（分钟）"))
    buffer_minutes = models.PositiveSmallIntegerField(_("间隔（分钟）"))
    persons = models.PositiveSmallIntegerField(_("到场人数上限"))
    #: The committed seed between its commitment and the draw; empty before and after.
    pending_seed = models.CharField(max_length=64, blank=True, editable=False)
    record = models.JSONField(null=True, blank=True, editable=False)
    tech_check = models.TextField(_("设备检查"), max_length=500, blank=True)
    questions_sent_at = models.DateTimeField(_("问题转达时间"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.PLANNED, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round"], condition=~Q(state="CANCELLED"), name="one_defence_of_a_round_at_a_time"
            ),
            models.CheckConstraint(name="defence_day_ends_after_it_begins", condition=Q(ends__gt=F("begins"))),
            models.CheckConstraint(
                name="defence_lunch_lies_in_the_day",
                condition=Q(lunch_from__isnull=True, lunch_until__isnull=True)
                | Q(lunch_until__gt=F("lunch_from"), lunch_from__gte=F("begins"), lunch_until__lte=F("ends")),
            ),
            models.CheckConstraint(name="defence_gives_time_to_speak", condition=Q(talk_minutes__gt=0)),
            models.CheckConstraint(
                name="defence_order_is_on_record",
                condition=~Q(state__in=["ORDERED", "ANNOUNCED", "HELD"]) | Q(record__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} 答辩"

    def get_absolute_url(self) -> str:
        return f"/defences/{self.pk}/"


class DefenceSlot(Record):
    """One team's time. Whoever is absent has given the defence up, on record (domain 3.8)."""

    class State(models.TextChoices):
        SCHEDULED = "SCHEDULED", _("待答辩")
        PRESENT = "PRESENT", _("已到场")
        ABSENT = "ABSENT", _("缺席，视为放弃")

    session = models.ForeignKey("review.DefenceSession", models.PROTECT, related_name="slots")
    bid = models.ForeignKey("projects.Bid", models.PROTECT, related_name="defences")
    position = models.PositiveSmallIntegerField(_("顺序"))
    starts_at = models.DateTimeField(_("开始"))
    questions_at = models.DateTimeField(_("提问开始"))
    ends_at = models.DateTimeField(_("结束"))
    #: One a line, as the team registers them: name and part.
    team = models.TextField(_("到场人员"), max_length=600, blank=True)
    #: Who speaks for the principal investigator, with the unit's sealed letter among the slot's files.
    substitute = models.CharField(_("替代负责人"), max_length=40, blank=True)
    note = models.CharField(_("到场记录"), max_length=300, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.SCHEDULED, editable=False)

    class Meta:
        ordering = ["session", "position"]
        constraints = [
            models.UniqueConstraint(fields=["session", "position"], name="one_team_at_a_time"),
            models.UniqueConstraint(fields=["session", "bid"], name="every_team_is_heard_once"),
            models.CheckConstraint(
                name="defence_slot_runs_forward",
                condition=Q(questions_at__gt=F("starts_at"), ends_at__gte=F("questions_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session} · {self.position}"

    def get_absolute_url(self) -> str:
        return f"/defence-slots/{self.pk}/"
