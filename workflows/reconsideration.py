"""复审: filed by the PI → sealed by the unit → reviewed by somebody else → decision revoked or kept.

Rules: domain 2.10 (基金条例 19 条). Within 15 days of the refusal, decided within 60. While it is open the
formal check stays contested and the list goes to no meeting; when the refusal is revoked the formal check
starts over, and whoever checked before does not check again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from projects.models import Bid, FormalCheck, Reconsideration
from workflows.bid import BidFlow
from workflows.days import day_of, end_of
from workflows.engine import Flow, start
from workflows.formal_check import FormalCheckFlow
from workflows.models import AuditEntry
from workflows.permissions import any_of, is_lead, is_officer, is_principal_investigator, is_unit_admin, people_with
from workflows.refusals import last_day_to_file, refused_at
from workflows.state import Actor, State, holds
from workflows.unit_of_work import unit_of_work

S = Reconsideration.State
#: Calendar days from the unit's seal to the decision.
DECIDE_DAYS = 60


def people_who_refused(reconsideration: Reconsideration) -> set[int]:
    """Everybody on record with the bid's formal check."""
    check = FormalCheck.objects.get(bid=reconsideration.bid_id)
    steps = AuditEntry.objects.filter(object_type=check._meta.label_lower, object_id=str(check.pk))
    return set(steps.filter(actor__isnull=False).values_list("actor_id", flat=True))


def eligible_reviewers(flow: ReconsiderationFlow) -> QuerySet[User]:
    agency = flow.object.bid.challenge.challenge_list.agency_id
    roles = {"role_grants__role__in": [Role.OFF, Role.AGY, Role.LEAD], "role_grants__is_active": True}
    found = User.objects.filter(is_active=True, role_grants__agency=agency, **roles)
    return found.exclude(pk__in=people_who_refused(flow.object)).distinct().order_by("name")


def reviewer_input(flow: ReconsiderationFlow) -> dict[str, forms.Field]:
    return {
        "reviewer": forms.ModelChoiceField(
            eligible_reviewers(flow),
            label=gettext_lazy("复审人"),
            error_messages={"invalid_choice": gettext_lazy("该人员办理过这份申请的形式审查，须回避，请另选。")},
        )
    }


def conclusion_input() -> dict[str, forms.Field]:
    label = gettext_lazy("复审结论")
    help_text = gettext_lazy("逐条回应复审理由，写明认定的事实和依据；全文告知申请人。")
    return {
        "conclusion": forms.CharField(
            label=label, min_length=10, max_length=3000, widget=forms.Textarea, help_text=help_text
        )
    }


def bid_is_refused(flow: ReconsiderationFlow) -> State.CONDITION:
    return holds(
        flow.object.bid.state == Bid.State.NOT_ACCEPTED,
        _("只有不予受理的申请可以申请复审；其他结果如有不服，请在公示期内提出异议。"),
    )


def within_filing_period(flow: ReconsiderationFlow) -> State.CONDITION:
    last = last_day_to_file(flow.object.refused_at)
    return holds(
        day_of(flow.now) <= last,
        _(
            "申请复审的期限已过：须在不予受理之日起 15 日内由单位盖章提出，截至 %s；仍有不同意见的，请向主管部门书面反映。"
        )
        % last,
    )


def grounds_are_given(flow: ReconsiderationFlow) -> State.CONDITION:
    return holds(len(flow.object.grounds.strip()) >= 10, _("请写明复审理由：哪一条认定不符合事实，依据是什么。"))


def not_asked_before(flow: ReconsiderationFlow) -> State.CONDITION:
    mine = flow.object
    before = Reconsideration.objects.filter(bid=mine.bid_id, refused_at=mine.refused_at)
    asked = before.exclude(state=S.WITHDRAWN).exclude(pk=mine.pk).exists()
    return holds(not asked, _("对同一决定只能申请一次复审；请等待复审决定；已有决定的，请查看复审结论。"))


def is_reviewer(flow: ReconsiderationFlow, actor: Actor) -> Role | None:
    return Role.OFF if actor.pk is not None and flow.object.reviewer_id == actor.pk else None


class ReconsiderationFlow(Flow):
    model = Reconsideration
    slug = "reconsideration"
    related = ("bid__challenge__challenge_list", "bid__pi", "bid__organisation", "reviewer")
    start_permission = staticmethod(is_principal_investigator)
    start_parents = ("bid",)
    start_conditions = (bid_is_refused, grounds_are_given, not_asked_before, within_filing_period)
    state = State(S, default=S.FILED)
    next_steps = {
        S.FILED: (gettext_lazy("单位管理员"), gettext_lazy("核对并盖章提出")),
        S.SEALED: (Role.LEAD.label, gettext_lazy("指定未办理过形式审查的复审人")),
        S.UNDER_REVIEW: (gettext_lazy("复审人"), gettext_lazy("作出复审决定")),
    }

    @state.transition(
        source=S.FILED, target=S.SEALED, label=gettext_lazy("盖章提出"), permission=is_unit_admin, style="success",
        conditions=[bid_is_refused, within_filing_period],
        inputs={"sealed": forms.BooleanField(label=gettext_lazy("我代表单位确认复审理由属实，同意提出"))},
    )  # fmt: skip
    def seal(self, sealed: bool) -> None:
        """The formal check is contested from now on; 60 days run."""
        mine = self.object
        mine.sealed_at, mine.decide_by = self.now, day_of(self.now) + timedelta(days=DECIDE_DAYS)
        self.cascade(FormalCheckFlow, mine.bid.formal_check, "object_to", reason=_("复审申请 %s") % mine.number)
        leads = people_with(Role.LEAD, agency=self._agency)
        supervisors = people_with(Role.SUP, agency=self._agency)
        self.notify("N11", [*leads, *supervisors], _("收到复审申请 %s") % mine.number, mine.grounds)

    @state.transition(
        source=S.SEALED, target=S.REJECTED_FORM, label=gettext_lazy("不予受理"), permission=any_of(is_officer, is_lead),
        needs_reason=True, style="danger", help=gettext_lazy("没有提出事实，或只是不同意学术判断。"),
    )  # fmt: skip
    def reject_form(self) -> None:
        self._refusal_stands(self.reason)

    @state.transition(
        source=S.SEALED, target=S.UNDER_REVIEW, label=gettext_lazy("指定复审人"), permission=is_lead,
        inputs=reviewer_input,
    )  # fmt: skip
    def assign(self, reviewer: User) -> None:
        self.object.reviewer = reviewer
        self.notify("N11", [reviewer], _("请复审：%s") % self.object.number, self.object.grounds)

    @state.transition(
        source=S.UNDER_REVIEW, target=S.KEPT, label=gettext_lazy("维持原决定"), permission=is_reviewer,
        inputs=conclusion_input(),
    )  # fmt: skip
    def keep(self, conclusion: str) -> None:
        self.object.conclusion = conclusion
        self._refusal_stands(conclusion)

    @state.transition(
        source=S.UNDER_REVIEW, target=S.UPHELD, label=gettext_lazy("撤销原决定"), permission=is_reviewer,
        inputs=conclusion_input(), style="warning",
        help=gettext_lazy("形式审查重新进行，原审查人不得再次审查。"),
    )  # fmt: skip
    def revoke(self, conclusion: str) -> None:
        """Revoke and review again (基金条例 19 条)."""
        bid = self.object.bid
        self.object.conclusion = conclusion
        self.cascade(BidFlow, bid, "reopen")
        self.cascade(FormalCheckFlow, bid.formal_check, "reopen")
        officers = people_with(Role.OFF, agency=self._agency)
        self.notify("N11", officers, _("复审撤销不予受理，请重新形式审查：%s") % bid.title, conclusion)
        self._tell_team(_("复审 %s：撤销原决定，重新审查") % self.object.number, conclusion)

    @state.transition(
        source=[S.FILED, S.SEALED], target=S.WITHDRAWN, label=gettext_lazy("撤回复审申请"),
        permission=any_of(is_principal_investigator, is_unit_admin), needs_reason=True, style="warning",
    )  # fmt: skip
    def withdraw(self) -> None:
        if self.state_before == S.SEALED:
            self.cascade(FormalCheckFlow, self.object.bid.formal_check, "resume")

    def deadline(self) -> datetime | None:
        mine = self.object
        if mine.state == S.FILED:
            return end_of(last_day_to_file(mine.refused_at))
        return end_of(mine.decide_by) if mine.state in Reconsideration.OPEN_STATES and mine.decide_by else None

    @property
    def _agency(self) -> int:
        found: int = self.object.bid.challenge.challenge_list.agency_id
        return found

    def _refusal_stands(self, why: str) -> None:
        self.cascade(FormalCheckFlow, self.object.bid.formal_check, "settle")
        self._tell_team(_("复审 %s：维持原决定") % self.object.number, why)

    def _tell_team(self, subject: str, body: str) -> None:
        bid = self.object.bid
        self.notify("N11", [bid.pi, *people_with(Role.ORG, organisation=bid.organisation_id)], subject, body)


def ask_again(bid: Bid, *, by: Actor, grounds: str) -> Reconsideration:
    """Ask that the refusal of a bid be reconsidered. Raises `Refused`."""
    with unit_of_work():
        locked = Bid.objects.select_for_update(no_key=True).get(pk=bid.pk)
        refused = refused_at(locked) or locked.created_at  # not refused: the start's condition says so
        number = f"{locked.number or locked.pk}-F{locked.reconsiderations.count() + 1}"
        mine = Reconsideration(bid=locked, number=number, grounds=grounds, refused_at=refused)
        return start(ReconsiderationFlow, mine, by=by)
