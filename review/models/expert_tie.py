"""专家的利害关系: what makes a member of the pool stand aside for somebody (domain 3.5, C02, C04–C09, C14)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Record

_NO_UNIT, _NO_PERSON = Q(organisation__isnull=True), Q(person__isnull=True)
_NAMES_UNIT = _NO_PERSON & Q(person_name="") & (
    Q(organisation__isnull=False, unit_name="") | _NO_UNIT & ~Q(unit_name="")
)  # fmt: skip
_NAMES_PERSON = _NO_UNIT & (
    Q(person__isnull=False, person_name="", unit_name="") | _NO_PERSON & ~Q(person_name="") & ~Q(unit_name="")
)


class ExpertTie(Record):
    """One relation of an expert to a unit or to a person. Withdrawn when it was wrong, never deleted.

    The subject is registered here (`organisation`, `person`) or written out: the name of a unit, or of a
    person and his unit. `until` empty: it lasts, or nobody knows when it ended.
    """

    class Kind(models.TextChoices):
        RELATIVE = "RELATIVE", _("近亲属")
        EMPLOYED = "EMPLOYED", _("任职")
        DIRECTOR = "DIRECTOR", _("担任董事、监事")
        SHAREHOLDER = "SHAREHOLDER", _("控股股东、实际控制人")
        OTHER = "OTHER", _("其他可能影响公正的关系")
        ADVISOR_STUDENT = "ADVISOR_STUDENT", _("导师与学生")
        COAUTHOR = "COAUTHOR", _("合作论文、专利或项目")
        CONSULTANT = "CONSULTANT", _("有偿顾问、代写申报材料")

    class Source(models.TextChoices):
        DECLARED = "DECLARED", _("本人申报")
        IMPORTED = "IMPORTED", _("批量导入")
        SECRETARY = "SECRETARY", _("评审秘书登记")

    class State(models.TextChoices):
        DECLARED = "DECLARED", _("未核实")
        CONFIRMED = "CONFIRMED", _("已核实")
        WITHDRAWN = "WITHDRAWN", _("已撤销")

    #: Held towards a unit; the others towards a person, or either.
    OF_UNITS = [Kind.EMPLOYED, Kind.DIRECTOR, Kind.SHAREHOLDER]
    OF_PEOPLE = [Kind.RELATIVE, Kind.ADVISOR_STUDENT, Kind.COAUTHOR]

    expert = models.ForeignKey("review.Expert", models.PROTECT, related_name="ties")
    kind = models.CharField(_("关系"), max_length=16, choices=Kind)
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("单位")
    )
    person = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("人员")
    )
    person_name = models.CharField(_("对方姓名"), max_length=60, blank=True)
    unit_name = models.CharField(_("单位名称"), max_length=120, blank=True)
    since = models.DateField(_("开始日"), null=True, blank=True)
    until = models.DateField(_("结束日"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=10, choices=Source, editable=False)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DECLARED, editable=False)

    class Meta:
        ordering = ["expert", "-id"]
        constraints = [
            models.CheckConstraint(
                name="tie_names_one_subject",
                condition=Q(kind__in=["EMPLOYED", "DIRECTOR", "SHAREHOLDER"]) & _NAMES_UNIT
                | Q(kind__in=["RELATIVE", "ADVISOR_STUDENT", "COAUTHOR"]) & _NAMES_PERSON
                | Q(kind__in=["OTHER", "CONSULTANT"]) & (_NAMES_UNIT | _NAMES_PERSON),
            ),
            models.CheckConstraint(
                name="tie_dates_in_order", condition=Q(since=None) | Q(until=None) | Q(until__gte=F("since"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.subject}"

    def get_absolute_url(self) -> str:
        return f"/experts/{self.expert_id}/ties/"

    @property
    def subject(self) -> str:
        """Who it is towards, in words. Reads `organisation` or `person`."""
        if self.organisation is not None:
            return self.organisation.name
        if self.person is not None:
            return self.person.name
        return f"{self.person_name}（{self.unit_name}）" if self.person_name else self.unit_name
