"""答辩: planned → order committed → drawn → told to the teams → held.

Rules: domain 2.5 (five days of reading before, anonymous questions two days before), 3.8 (order by lot,
minutes, room, tech check, absence). The order is drawn as the panel was: the seed is committed first, the
witness draws, and what is mixed in is the chain's hash of that commitment, which nobody knew when choosing it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from review.defence import NotEnoughTime, digest_of, draw_order
from review.draw import commit
from review.models import Assignment, DefenceQuestion, DefenceSession, DefenceSlot, ReviewRound
from workflows.clock import SHANGHAI
from workflows.days import day_of
from workflows.defence_booking import nobody_is_booked_twice, slots_in_order
from workflows.defence_question import QuestionFlow
from workflows.defence_slot import DefenceSlotFlow
from workflows.engine import Flow
from workflows.models import AuditEntry
from workflows.panel_draw import bids_of, new_seed, rules_of_round
from workflows.permissions import any_of, is_officer, is_system, people_with
from workflows.review_permissions import is_secretary, is_witness
from workflows.state import State, holds
from workflows.wording import listed

S = DefenceSession.State
R = ReviewRound.State
#: Questions reach the teams this long before the first of them speaks (domain 2.5).
QUESTIONS_LEAD = timedelta(days=2)


def the_rules_ask_for_a_defence(flow: DefenceSessionFlow) -> State.CONDITION:
    return holds(
        rules_of_round(flow.object.round).defence,
        _("本批规则不设答辩；请直接进入评分；需要答辩的，请在规则集中设定后另行发榜。"),
    )


def the_panel_stands(flow: DefenceSessionFlow) -> State.CONDITION:
    return holds(
        flow.object.round.state in (R.CONFIRMED, R.PREVIEW),
        _("名单确认之后、评分开始之前安排答辩；请查看本轮所处阶段。"),
    )


def the_first_day_lies_ahead(flow: DefenceSessionFlow) -> State.CONDITION:
    return holds(flow.object.first_day > day_of(flow.now), _("答辩首日须晚于今天；请改选以后的日期。"))


def experts_have_read_long_enough(flow: DefenceSessionFlow) -> State.CONDITION:
    """Not before the preview has run its days (domain 2.5: at least five)."""
    first, until = first_start(flow.object), flow.object.round.preview_until
    if until is None:
        return holds(False, _("请先开放预览：专家读过材料才答辩。"))
    shown = f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return holds(first and first >= until, _("预览期至 %s，首家答辩不得早于此时；请取消本安排，另定日期。") % shown)


def questions_are_not_out_yet(flow: DefenceSessionFlow) -> State.CONDITION:
    return holds(flow.object.questions_sent_at is None, _("问题已于先前转达，不能再次转达；请在答辩时当面提问。"))


def two_days_are_left(flow: DefenceSessionFlow) -> State.CONDITION:
    """Anonymous questions come two days before the defence, so that a team can answer (domain 2.5)."""
    first = first_start(flow.object)
    shown = f"{(first - QUESTIONS_LEAD).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if first else ""
    sentence = _("专家问题须在首家答辩前 2 天（%s 前）转达，现在已经不足；请在答辩时当面提问。") % shown
    return holds(first and flow.now <= first - QUESTIONS_LEAD, sentence)


def every_team_was_heard_or_absent(flow: DefenceSessionFlow) -> State.CONDITION:
    waiting = flow.object.slots.filter(state=DefenceSlot.State.SCHEDULED).order_by("position")
    positions = [str(position) for position in waiting.values_list("position", flat=True)]
    return holds(not positions, _("第 %s 家的到场情况尚未登记；请逐家登记。") % listed(positions))


def nobody_has_spoken(flow: DefenceSessionFlow) -> State.CONDITION:
    """Once a team was heard, the rest are heard too, unless the whole round ends."""
    heard = flow.cause is None and flow.object.slots.exclude(state=DefenceSlot.State.SCHEDULED).exists()
    return holds(not heard, _("已有申报方答辩或缺席，不能再取消；请继续完成答辩。"))


def first_start(session: DefenceSession) -> datetime | None:
    slot = session.slots.order_by("position").first()
    return slot.starts_at if slot else None


class DefenceSessionFlow(Flow):
    model = DefenceSession
    slug = "defence"
    related = ("round__challenge__challenge_list__rule_set", "round__secretary")
    start_permission = staticmethod(any_of(is_secretary, is_officer))
    start_parents = ("round",)
    start_conditions = (
        the_rules_ask_for_a_defence, the_panel_stands, the_first_day_lies_ahead, nobody_is_booked_twice,
    )  # fmt: skip
    state = State(S, default=S.PLANNED)
    next_steps = {
        S.PLANNED: (Role.SEC.label, gettext_lazy("承诺随机种子")),
        S.COMMITTED: (Role.SUP.label, gettext_lazy("抽取答辩顺序")),
        S.ORDERED: (Role.SEC.label, gettext_lazy("预览开放后通知各申报方")),
        S.ANNOUNCED: (Role.SEC.label, gettext_lazy("转达专家问题、检查设备、登记到场，全部结束后收尾")),
    }
    _staff = staticmethod(any_of(is_secretary, is_officer))

    @state.transition(source=S.PLANNED, target=S.COMMITTED, label=gettext_lazy("启动顺序抽取"), permission=_staff,
                      conditions=[the_panel_stands, nobody_is_booked_twice],
                      help=gettext_lazy("先公布种子承诺和名单摘要，再由监督见证人抽取；结果可复算。"))  # fmt: skip
    def commit_order(self) -> None:
        """Seed and list of bids, on record before the order is drawn."""
        seed = new_seed()
        self.object.pending_seed = seed.hex()
        self.evidence |= {"seed_commitment": commit(seed), "ids_digest": digest_of(_ids(self.object))}
        self.notify("N07", [self.object.round.witness], _("请抽取答辩顺序：%s") % self.object)

    @state.transition(source=S.COMMITTED, target=S.ORDERED, label=gettext_lazy("抽取答辩顺序"), permission=is_witness,
                      conditions=[the_panel_stands, nobody_is_booked_twice], style="success")  # fmt: skip
    def draw_order(self) -> None:
        """The witness draws; every team gets its slot."""
        session = self.object
        seed, session.pending_seed = bytes.fromhex(session.pending_seed), ""
        committed = _commitment(session)
        ids = _ids(session)
        if digest_of(ids) != committed.payload["ids_digest"]:
            self.refuse_input("__all__", _("承诺之后参加答辩的申报有变动，请取消本安排，另行计划。"))
        session.record = draw_order(ids, seed, committed.hash) | {"committed_in": committed.seq, "seed": seed.hex()}
        self.evidence["record"] = session.record
        bids = {bid.number: bid for bid in bids_of(session.round)}
        try:
            slots = slots_in_order(session, session.record["order"])
        except NotEnoughTime as error:
            self.refuse_input("__all__", str(error))
        for slot in slots:
            self.start(
                DefenceSlotFlow,
                DefenceSlot(
                    session=session, bid=bids[slot.id], position=slot.position, starts_at=slot.starts_at,
                    questions_at=slot.questions_at, ends_at=slot.ends_at,
                ),
            )  # fmt: skip

    @state.transition(source=S.ORDERED, target=S.ANNOUNCED, label=gettext_lazy("通知各申报方"), permission=_staff,
                      conditions=[the_panel_stands, experts_have_read_long_enough])  # fmt: skip
    def announce(self) -> None:
        """N07: each team its own slot, and how many may come."""
        session = self.object
        for slot in session.slots.select_related("bid__pi").order_by("position"):
            admins = people_with(Role.ORG, organisation=slot.bid.organisation_id)
            starts = f"{slot.starts_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            told = {"at": starts, "room": session.room, "n": session.persons}
            body = _("时间 %(at)s，地点 %(room)s，到场不超过 %(n)s 人；负责人须本人到场，缺席视为放弃。") % told
            self.notify("N07", [slot.bid.pi, *admins], _("答辩安排：%s") % slot.bid.title, body, about=slot)
        for seat in _panel(session):
            self.notify("N07", [seat.expert.user], _("答辩日程已排定"), about=session)

    @state.transition(
        source=S.ANNOUNCED, target=S.ANNOUNCED, label=gettext_lazy("转达专家问题"), permission=is_secretary,
        conditions=[questions_are_not_out_yet, two_days_are_left],
        help=gettext_lazy("打乱次序、不带代号转达各申报方；不宜转达的请先逐条“不予转达”。"),
    )  # fmt: skip
    def send_questions(self) -> None:
        """N08: without author or order of writing. Who got none is told nothing."""
        session = self.object
        session.questions_sent_at = self.now
        asked: dict[int, list[DefenceQuestion]] = {}
        waiting = DefenceQuestion.objects.filter(assignment__round=session.round, state="WRITTEN")
        # The order in which the rows came shows who wrote when: it is cast anew.
        for question in waiting.order_by("?"):
            own = asked.setdefault(question.bid_id, [])
            own.append(question)
            self.cascade(QuestionFlow, question, "release", no=len(own))
        for slot in session.slots.filter(bid__in=asked).select_related("bid__pi").order_by("position"):
            subject = _("专家问题 %(n)s 条：%(title)s") % {"n": len(asked[slot.bid_id]), "title": slot.bid.title}
            until = f"{slot.starts_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            self.notify("N08", [slot.bid.pi], subject, _("请在答辩开始（%s）前书面答复。") % until, about=slot)

    @state.transition(
        source=S.ANNOUNCED, target=S.ANNOUNCED, label=gettext_lazy("记录设备检查"), permission=_staff, style="secondary",
        inputs={"tech_check": forms.CharField(
            label=gettext_lazy("检查情况"), min_length=5, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
            help_text=gettext_lazy("会议室、视频线路、计时与录音；检查人和时间。"),
        )},
    )  # fmt: skip
    def check_equipment(self, tech_check: str) -> None:
        self.object.tech_check = tech_check

    @state.transition(source=S.ANNOUNCED, target=S.HELD, label=gettext_lazy("结束答辩"), permission=_staff,
                      conditions=[every_team_was_heard_or_absent], style="success")  # fmt: skip
    def conclude(self) -> None:
        """Every team was heard, or its absence is on record."""

    @state.transition(source=[S.PLANNED, S.COMMITTED, S.ORDERED, S.ANNOUNCED], target=S.CANCELLED, needs_reason=True,
                      label=gettext_lazy("取消答辩"), permission=any_of(is_system, is_secretary, is_officer),
                      conditions=[nobody_has_spoken], style="danger")  # fmt: skip
    def cancel(self) -> None:
        """The round was aborted, or another day is needed: the old order is kept, a new one is drawn."""
        self.object.pending_seed = ""
        if self.state_before == S.ANNOUNCED:
            for slot in self.object.slots.select_related("bid__pi").order_by("position"):
                self.notify("N07", [slot.bid.pi], _("答辩取消：%s") % slot.bid.title, about=slot)

    def deadline(self) -> datetime | None:
        return first_start(self.object) if self.object.state in (S.ORDERED, S.ANNOUNCED) else None


def _ids(session: DefenceSession) -> list[str]:
    """Numbers of the bids the panel hears: what is public of them, so that anyone may draw again."""
    return [bid.reference for bid in bids_of(session.round)]


def _commitment(session: DefenceSession) -> AuditEntry:
    entries = AuditEntry.objects.filter(
        object_type=session._meta.label_lower, object_id=str(session.pk), transition="commit_order"
    )
    return entries.order_by("-seq")[0]


def _panel(session: DefenceSession) -> list[Assignment]:
    seats = session.round.assignments.filter(state__in=["PLEDGED", "SUBMITTED", "LOCKED"])
    return list(seats.select_related("expert__user").order_by("pk"))
