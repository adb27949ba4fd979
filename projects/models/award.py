"""立项审定: who is awarded, reserved or not, decided in steps."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record


class AwardDecision(Record):
    """The decision on one list (domain 2.6): ranked proposal → meetings → publicity → issue, at once or held."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("建议方案")
        JOINT_MEETING = "JOINT_MEETING", _("联席会")
        OFFICE_MEETING = "OFFICE_MEETING", _("厅（局）办公会")
        PARTY_GROUP = "PARTY_GROUP", _("党组会")
        NOTICE = "NOTICE", _("拟立项公示")
        CLEARED = "CLEARED", _("公示无异议")
        HELD = "HELD", _("已审定，待发布")
        ISSUED = "ISSUED", _("已下达")

    challenge_list = models.OneToOneField("projects.ChallengeList", models.PROTECT, related_name="award_decision")
    document_no = models.CharField(_("发文字号"), max_length=40, blank=True)
    minutes = models.TextField(_("会议纪要"), blank=True)
    #: What the batch may cost in all; None: nobody has said.
    budget_yuan = models.PositiveBigIntegerField(_("经费盘子（元）"), null=True, blank=True)
    #: A held result is told at this instant by itself; None: when somebody releases it.
    release_at = models.DateTimeField(_("定时发布"), null=True, blank=True)
    #: Digest of what was approved when it was held: released by the clock only if it is still the same.
    approved_digest = models.CharField(max_length=64, blank=True, editable=False)
    issued_at = models.DateTimeField(_("下达时间"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.PROPOSED, editable=False)

    def __str__(self) -> str:
        return f"{self.challenge_list.number} 立项审定"

    def get_absolute_url(self) -> str:
        return f"/decisions/{self.challenge_list.number}/"


class DecisionRow(models.Model):
    """One bid's line in the decision."""

    class Outcome(models.TextChoices):
        AWARD = "AWARD", _("拟立项")
        RESERVE = "RESERVE", _("备选")
        REJECT = "REJECT", _("不予立项")

    decision = models.ForeignKey("projects.AwardDecision", models.PROTECT, related_name="rows")
    bid = models.OneToOneField("projects.Bid", models.PROTECT, related_name="decision_row")
    rank = models.PositiveSmallIntegerField(_("排名"))
    score = models.DecimalField(_("得分"), max_digits=5, decimal_places=2)
    outcome = models.CharField(_("结论"), max_length=8, choices=Outcome)
    award_yuan = models.PositiveBigIntegerField(_("拟支持经费（元）"), default=0)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    #: The last step that was needed to set the bid apart (`review.scoring.ranking`); bids still tied share their rank.
    decided_by = models.CharField(_("排序依据"), max_length=16, blank=True)
    #: Changed by a meeting on a recorded ground (domain 3.3.5).
    is_changed = models.BooleanField(default=False)

    class Meta:
        ordering = ["bid__challenge__number", "rank"]
        constraints = [
            models.CheckConstraint(name="only_awards_carry_money", condition=Q(outcome="AWARD") | Q(award_yuan=0)),
        ]

    def __str__(self) -> str:
        return f"{self.bid.challenge.number} 第{self.rank}名 {self.bid.title}（{self.get_outcome_display()}）"
