"""异议: received → registered → accepted → investigated → heard → upheld or not → replied → closed.

Rules: domain 2.10. Real name, never anonymous; whoever took part in the decision may not investigate
it; what is objected to cannot become final before the objection is closed, and an upheld one can only
be closed once the decision was changed.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from accounts.roles import held_role
from projects.models import Bid, Objection, PublicNotice
from workflows.days import day_of, end_of
from workflows.engine import Flow, start
from workflows.models import AuditEntry
from workflows.permissions import any_of, by_agency, is_officer, people_with
from workflows.state import SYSTEM, Actor, State, holds
from workflows.unit_of_work import unit_of_work
from workflows.working_days import add_working_days

S = Objection.State
V = Objection.Verdict
#: Working days from the filing until it is registered, then accepted or refused; from there to the reply.
INTAKE_WD, DECIDE_WD, REPLY_WD = 2, 5, 15
#: Not over yet. A reply that was sent still waits to be closed.
UNSETTLED = [*Objection.OPEN_STATES, S.REPLIED]


def open_objections_to(notice: PublicNotice) -> QuerySet[Objection]:
    return notice.objections.filter(state__in=UNSETTLED)


def bids_in(notice: PublicNotice) -> QuerySet[Bid]:
    """The bids a notice is about."""
    return Bid.objects.filter(
        Q(decision_row__decision__isnull=False, decision_row__decision=notice.decision_id)
        | Q(project__lane__race__isnull=False, project__lane__race=notice.race_id)
        | Q(project__acceptance__isnull=False, project__acceptance=notice.acceptance_id)
    ).order_by("pk")


def people_who_decided(objection: Objection) -> set[int]:
    """Everybody on record with the decision objected to, or with the bid's formal check and round.

    They recuse themselves from the investigation (domain 2.10).
    """
    notice, acted_on = objection.notice, Q(pk__in=[])
    subject = notice.decision or notice.race or notice.acceptance
    records: list[Any] = [notice, subject]
    if objection.bid is not None:
        records.append(getattr(objection.bid, "formal_check", None))
        records += objection.bid.challenge.rounds.all()
    for record in filter(None, records):
        acted_on |= Q(object_type=record._meta.label_lower, object_id=str(record.pk))
    actors = AuditEntry.objects.filter(acted_on, actor__isnull=False)
    return set(actors.values_list("actor_id", flat=True))


def eligible_investigators(flow: ObjectionFlow) -> QuerySet[User]:
    roles = {"role_grants__role__in": [Role.OFF, Role.AGY, Role.SUP], "role_grants__is_active": True}
    found = User.objects.filter(is_active=True, role_grants__agency=flow.object.notice.agency_id, **roles)
    return found.exclude(pk__in=people_who_decided(flow.object)).distinct().order_by("name")


def investigator_input(flow: ObjectionFlow) -> dict[str, forms.Field]:
    recused = gettext_lazy("该人员不在可选之列：参与过原决定、形式审查或评审组织的人员须回避，请另选。")
    return {
        "investigator": forms.ModelChoiceField(
            eligible_investigators(flow),
            label=gettext_lazy("调查人"),
            error_messages={"invalid_choice": recused},
        )
    }


def finding_input(flow: ObjectionFlow) -> dict[str, forms.Field]:
    label = gettext_lazy("调查结论")
    return {"finding": forms.CharField(label=label, min_length=10, max_length=3000, widget=forms.Textarea)}


def acceptance_inputs(flow: ObjectionFlow) -> dict[str, forms.Field]:
    return {
        "bid": forms.ModelChoiceField(
            bids_in(flow.object.notice), label=gettext_lazy("所涉申报"), required=False,
            initial=flow.object.bid_id, help_text=gettext_lazy("已指明的可不再选。"),
        ),
        "shown_grounds": forms.CharField(
            label=gettext_lazy("告知被异议方的内容"), required=False, max_length=3000, widget=forms.Textarea,
            help_text=gettext_lazy(
                "被异议方只看到这一段。写明被质疑的事实，略去能看出异议人是谁的内容；涉及某项申报时必填。"
            ),
        ),
    }  # fmt: skip


def notice_is_ongoing(flow: ObjectionFlow) -> State.CONDITION:
    """By the stored days, and against the locked notice: nobody slips in while it is being ended."""
    notice = PublicNotice.objects.select_for_update(no_key=True).get(pk=flow.object.notice_id)
    last: date | None = notice.ends_on
    ongoing = notice.state == PublicNotice.State.ONGOING and last is not None and day_of(flow.now) <= last
    return holds(
        ongoing, _("公示期内才能提出异议，该公示截至 %s；期满后发现的问题，请向主管部门书面反映。") % (last or "—")
    )


def author_is_named(flow: ObjectionFlow) -> State.CONDITION:
    named = flow.object.author_name.strip() and flow.object.author_contact.strip()
    return holds(named, _("异议须实名提出，请填写姓名（单位）和联系方式；匿名异议不予受理。"))


def grounds_are_given(flow: ObjectionFlow) -> State.CONDITION:
    return holds(len(flow.object.grounds.strip()) >= 10, _("请写明异议事项、事实和依据，不少于 10 个字。"))


def bid_is_in_the_notice(flow: ObjectionFlow) -> State.CONDITION:
    bid = flow.object.bid_id
    known = bid is None or bids_in(flow.object.notice).filter(pk=bid).exists()
    return holds(known, _("所涉申报不在这份公示之内，请从公示表中选择。"))


def reply_was_not_extended(flow: ObjectionFlow) -> State.CONDITION:
    return holds(not flow.object.reply_is_extended, _("答复期限只能延长一次，请在期限内答复。"))


def bid_is_named(flow: ObjectionFlow) -> State.CONDITION:
    return holds(flow.object.bid_id, _("认定成立须先指明所涉申报，请在受理时填写。"))


def decision_was_changed(flow: ObjectionFlow) -> State.CONDITION:
    """UPHELD ⇒ the row is rejected, or the whole notice was taken back (domain 2.10 result)."""
    objection = flow.object
    if objection.verdict != V.UPHELD or objection.notice.state == PublicNotice.State.WITHDRAWN:
        return holds(True, "")
    row = getattr(objection.bid, "decision_row", None) if objection.notice.decision_id else None
    # A bid that the notice never proposed is helped by a new notice only.
    proposed = {published["number"] for published in objection.notice.rows}
    changed = row is not None and row.bid.number in proposed and row.outcome == "REJECT"
    return holds(changed, _("异议成立：请先由厅局领导更改原决定（调整该申报的结论，或撤回公示重新办理）。"))


def anyone_with_an_account(flow: ObjectionFlow, actor: Actor) -> Role | None:
    """The public files under its own name (domain 1.5 PUB)."""
    own = isinstance(actor, User) and actor.is_active and flow.object.author_user_id == actor.pk
    return Role.PUB if own else None


def is_author(flow: ObjectionFlow, actor: Actor) -> Role | None:
    return Role.PUB if actor.pk is not None and flow.object.author_user_id == actor.pk else None


def is_investigator(flow: ObjectionFlow, actor: Actor) -> Role | None:
    return Role.OFF if actor.pk is not None and flow.object.investigator_id == actor.pk else None


def is_objected_party(flow: ObjectionFlow, actor: Actor) -> Role | None:
    """The objected bid's PI, or its unit."""
    bid = flow.object.bid
    if bid is None or not isinstance(actor, User):
        return None
    return Role.PI if bid.pi_id == actor.pk else held_role(actor, Role.ORG, organisation=bid.organisation_id)


class ObjectionFlow(Flow):
    model = Objection
    slug = "objection"
    related = ("notice", "bid__pi", "investigator")
    start_permission = staticmethod(anyone_with_an_account)
    start_parents = ("notice",)
    start_conditions = (author_is_named, grounds_are_given, bid_is_in_the_notice, notice_is_ongoing)
    state = State(S, default=S.RECEIVED)
    next_steps = {
        S.RECEIVED: (Role.OFF.label, gettext_lazy("核实身份并登记")),
        S.REGISTERED: (Role.OFF.label, gettext_lazy("受理，或说明理由不予受理")),
        S.ACCEPTED: (Role.OFF.label, gettext_lazy("指定未参与原决定的调查人")),
        S.INVESTIGATING: (gettext_lazy("被异议方、调查人"), gettext_lazy("说明情况；调查人核查")),
        S.HEARD: (gettext_lazy("调查人"), gettext_lazy("认定异议是否成立")),
        S.UPHELD: (Role.OFF.label, gettext_lazy("原决定更改后答复异议人")),
        S.PARTLY: (Role.OFF.label, gettext_lazy("答复异议人")),
        S.NOT_UPHELD: (Role.OFF.label, gettext_lazy("答复异议人")),
        S.REPLIED: (Role.OFF.label, gettext_lazy("办结")),
    }

    @state.transition(
        source=S.RECEIVED, target=S.REGISTERED, label=gettext_lazy("登记"), permission=is_officer,
        inputs={"name_is_real": forms.BooleanField(label=gettext_lazy("已核实异议人身份和联系方式"))},
    )  # fmt: skip
    def register(self, name_is_real: bool) -> None:
        """Real-name check done (domain 2.10 form)."""
        supervisors = people_with(Role.SUP, agency=self.object.notice.agency_id)
        self.notify("N11", supervisors, _("收到异议 %s") % self.object.number)

    @state.transition(
        source=[S.RECEIVED, S.REGISTERED], target=S.REJECTED_FORM, label=gettext_lazy("不予受理"),
        permission=is_officer, needs_reason=True, style="danger",
        help=gettext_lazy("匿名、无联系方式、逾期，或只是不同意专家的学术判断。"),
    )  # fmt: skip
    def reject_form(self) -> None:
        """Academic judgement is no ground (基金条例 19 条)."""
        self.object.reply = self.reason
        self._tell_author(_("异议 %s 不予受理") % self.object.number, self.reason)
        self._let_notice_settle()

    @state.transition(source=S.REGISTERED, target=S.ACCEPTED, label=gettext_lazy("受理"),
                      permission=is_officer,
                      inputs=acceptance_inputs, style="success")  # fmt: skip
    def accept(self, bid: Bid | None, shown_grounds: str) -> None:
        """The reply is due in 15 working days, the day of acceptance not counted."""
        self.object.bid, self.object.shown_grounds = bid or self.object.bid, shown_grounds.strip()
        if self.object.bid is not None and not self.object.shown_grounds:
            self.refuse_input("shown_grounds", _("请写明要被异议方说明的事实；他看不到异议书和异议人。"))
        self.object.reply_due_on = add_working_days(day_of(self.now), REPLY_WD, count_start=False)
        self._tell_author(_("异议 %s 已受理") % self.object.number, _("答复期限 %s") % self.object.reply_due_on)

    @state.transition(
        source=S.ACCEPTED, target=S.INVESTIGATING, label=gettext_lazy("指定调查人"),
        permission=any_of(is_officer, by_agency(Role.LEAD)), inputs=investigator_input,
    )  # fmt: skip
    def investigate(self, investigator: User) -> None:
        """The party objected to hears of it now, without learning who objects (domain 2.10)."""
        self.object.investigator = investigator
        self.notify("N11", [investigator], _("请调查异议 %s") % self.object.number, self.object.grounds)
        self._tell_party(_("请说明情况：异议 %s") % self.object.number, self.object.shown_grounds)

    @state.transition(
        source=S.INVESTIGATING, target=S.HEARD, label=gettext_lazy("被异议方说明"),
        permission=any_of(is_objected_party, is_investigator),
        help=gettext_lazy("由被异议方自己说明，或由调查人记录。提交后不能更改。"),
        inputs={
            "other_party_reply": forms.CharField(
                label=gettext_lazy("被异议方说明"), min_length=2, max_length=3000, widget=forms.Textarea
            )
        },
    )  # fmt: skip
    def hear(self, other_party_reply: str) -> None:
        self.object.other_party_reply = other_party_reply
        if self.by != self.object.investigator:
            about = _("被异议方已说明：异议 %s") % self.object.number
            self.notify("N11", [self.object.investigator], about, other_party_reply)

    @state.transition(
        source=S.HEARD, target=S.UPHELD, label=gettext_lazy("认定成立"), permission=is_investigator,
        conditions=[bid_is_named], style="warning",
        inputs=finding_input,
    )  # fmt: skip
    def uphold(self, finding: str) -> None:
        """The decision must be changed before this can be closed."""
        self.object.finding, self.object.verdict = finding, V.UPHELD
        leads = people_with(Role.LEAD, agency=self.object.notice.agency_id)
        self.notify("N11", leads, _("异议 %s 成立，请更改原决定") % self.object.number, finding)

    @state.transition(
        source=S.HEARD, target=S.PARTLY, label=gettext_lazy("认定部分成立"), permission=is_investigator,
        inputs=finding_input, help=gettext_lazy("所指事实部分属实，但不影响原决定；影响原决定的，应当认定成立。"),
    )  # fmt: skip
    def uphold_partly(self, finding: str) -> None:
        self.object.finding, self.object.verdict = finding, V.PARTLY

    @state.transition(
        source=S.HEARD, target=S.NOT_UPHELD, label=gettext_lazy("认定不成立"), permission=is_investigator,
        inputs=finding_input,
    )  # fmt: skip
    def dismiss(self, finding: str) -> None:
        self.object.finding, self.object.verdict = finding, V.NOT_UPHELD

    @state.transition(
        source=Objection.PENDING_STATES, target=State.RETURN_VALUE(*Objection.PENDING_STATES),
        label=gettext_lazy("延长答复期限"), permission=by_agency(Role.LEAD), conditions=[reply_was_not_extended],
        needs_reason=True, style="warning", help=gettext_lazy("延长 15 个工作日，只能一次。"),
    )  # fmt: skip
    def extend_reply(self) -> str:
        """The author and the investigator are told why."""
        objection = self.object
        objection.reply_due_on = add_working_days(objection.reply_due_on, REPLY_WD, count_start=False)
        objection.reply_is_extended = True
        subject = _("异议 %(no)s 的答复期限延至 %(day)s") % {"no": objection.number, "day": objection.reply_due_on}
        self.notify("N11", [objection.author_user, objection.investigator], subject, self.reason)
        return self.state_before

    @state.transition(
        source=Objection.VERDICTS, target=S.REPLIED, label=gettext_lazy("答复异议人"),
        permission=is_officer,
        inputs={"reply": forms.CharField(label=gettext_lazy("答复"), min_length=10, widget=forms.Textarea)},
    )  # fmt: skip
    def answer(self, reply: str) -> None:
        objection = self.object
        objection.reply = reply
        self._tell_author(_("异议 %s 的答复") % objection.number, reply)
        self._tell_party(
            _("异议 %(no)s：%(verdict)s") % {"no": objection.number, "verdict": objection.get_verdict_display()}
        )

    @state.transition(
        source=S.REPLIED, target=S.CLOSED, label=gettext_lazy("办结"), permission=is_officer,
        conditions=[decision_was_changed], style="success",
    )  # fmt: skip
    def close(self) -> None:
        """The last one to close settles a notice that has ended."""
        self._let_notice_settle()

    @state.transition(
        source=[S.RECEIVED, S.REGISTERED, S.ACCEPTED], target=S.WITHDRAWN, label=gettext_lazy("撤回异议"),
        permission=is_author, needs_reason=True, style="warning",
    )  # fmt: skip
    def withdraw(self) -> None:
        self._let_notice_settle()

    def deadline(self) -> datetime | None:
        """Intake, acceptance and reply are all counted in working days, the first not counted (domain 2.10)."""
        filed, state = day_of(self.object.created_at), self.object.state
        if state in (S.RECEIVED, S.REGISTERED):
            within = INTAKE_WD if state == S.RECEIVED else DECIDE_WD
            return end_of(add_working_days(filed, within, count_start=False))
        due: date | None = self.object.reply_due_on
        answered = state not in Objection.OPEN_STATES
        return None if answered or due is None else end_of(due)

    def _let_notice_settle(self) -> None:
        """Locks the notice first, so that of two last objections closed at once the later one settles."""
        from workflows.notice import NoticeFlow

        notice = PublicNotice.objects.select_for_update(no_key=True).get(pk=self.object.notice_id)
        left = open_objections_to(notice).exclude(pk=self.object.pk)
        if notice.state == PublicNotice.State.ENDED_WITH_OBJECTION and not left.exists():
            # The notice counts what is stored; this objection's end is not stored yet.
            self.object.save(update_fields=["state", "reply"])
            self.cascade(NoticeFlow, notice, "settle")

    def _tell_author(self, subject: str, body: str) -> None:
        self.notify("N11", [self.object.author_user], subject, body)

    def _tell_party(self, subject: str, body: str = "") -> None:
        """What goes to the party never quotes the author, nor the reply to him."""
        if (bid := self.object.bid) is not None:
            self.notify("N11", [bid.pi, *people_with(Role.ORG, organisation=bid.organisation_id)], subject, body)


def file_objection(
    notice: PublicNotice,
    *,
    by: Actor,
    author_name: str,
    author_contact: str,
    grounds: str,
    bid: Bid | None = None,
) -> Objection:
    """File an objection against an ongoing notice, by a person with an account or, for a letter that
    came in, by SYSTEM. Its number follows the notice's. Raises `Refused`."""
    with unit_of_work():
        locked = PublicNotice.objects.select_for_update(no_key=True).get(pk=notice.pk)
        objection = Objection(
            notice=locked,
            bid=bid,
            number=f"{locked.number}-Y{locked.objections.count() + 1:02d}",
            author_name=author_name,
            author_contact=author_contact,
            author_user=None if by is SYSTEM or not isinstance(by, User) else by,
            grounds=grounds,
        )
        start(ObjectionFlow, objection, by=by)
        return objection
