"""Teams defend their bids: the order is drawn, questions go out without a name, all but one team come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from demo.cast import Office
from demo.stage import Stage
from review.models import DefenceQuestion, DefenceSession, ReviewRound
from workflows.clock import SHANGHAI
from workflows.defence import DefenceSessionFlow
from workflows.defence_question import QuestionFlow
from workflows.defence_slot import DefenceSlotFlow
from workflows.engine import perform, start
from workflows.panel_draw import bids_of, rules_of_round
from workflows.working_days import add_working_days

QUESTIONS = (
    "请说明关键指标的测试条件，以及样机与批量产品之间的差距。",
    "联合单位承担的模块由谁验收，接口不符时如何处理？",
    "经费中设备购置占比较高，请说明与研究任务的对应关系。",
)
ANSWER = "测试条件与榜题一致，第三方报告见附件；样机与批量产品的差距主要在封装工艺，已列入第二个里程碑。"


def invite_to_defend(stage: Stage, office: Office, row: ReviewRound, publish: date, no: int) -> Iterator[datetime]:
    """Planned when the preview opens, each of a list on a day of its own, for panels share experts; three experts
    ask, two days before the secretary passes it on."""
    yield stage.after(publish, 45, 14)
    rules = rules_of_round(row)
    talk, questions = rules.defence_minutes
    session = start(
        DefenceSessionFlow,
        DefenceSession(
            round=row, room=f"综合楼 {300 + row.pk % 9} 会议室", recorder="会务组", first_day=add_working_days(publish + timedelta(days=51), no + 1, count_start=True),
            link=f"https://meeting.example.cn/{row.pk}", begins=time(9), ends=time(17, 30), lunch_from=time(12),
            lunch_until=time(13, 30), talk_minutes=talk, question_minutes=questions, buffer_minutes=rules.defence_buffer, persons=rules.defence_persons,
        ),
        by=office.secretary,
    )  # fmt: skip
    perform(DefenceSessionFlow, session, "commit_order", by=office.secretary)
    yield stage.after(publish, 46, 9)
    perform(DefenceSessionFlow, session, "draw_order", by=office.supervisor)
    perform(DefenceSessionFlow, session, "announce", by=office.secretary)
    yield stage.after(publish, 47, 20)
    seats = list(row.assignments.filter(state="PLEDGED").select_related("expert__user").order_by("alias"))
    for n, bid in enumerate(bids_of(row)[:3]):
        for seat, text in zip(seats, QUESTIONS[n:], strict=False):
            start(QuestionFlow, DefenceQuestion(assignment=seat, bid=bid, text=text), by=seat.expert.user)
    yield stage.after(publish, 48, 16)
    perform(DefenceSessionFlow, session, "send_questions", by=office.secretary)
    perform(DefenceSessionFlow, session, "check_equipment", by=office.secretary,
            tech_check="16:00 试通视频线路两条，计时器、录音正常；备用话筒一支。检查人：会务组。")  # fmt: skip
    yield stage.after(publish, 49, 15)
    for question in DefenceQuestion.objects.filter(assignment__round=row, state="RELEASED").select_related("bid__pi"):
        perform(QuestionFlow, question, "reply", by=question.bid.pi, answer=ANSWER)
    for slot in session.slots.select_related("bid__pi").order_by("position"):
        team = f"{slot.bid.pi.name} 项目负责人\n赵立新 总工程师\n钱文秀 财务负责人"
        perform(DefenceSlotFlow, slot, "register_team", by=slot.bid.pi, team=team)


def hear(stage: Stage, office: Office, row: ReviewRound) -> Iterator[datetime]:
    """One after the other; the last team does not come."""
    session = row.defences.get()
    slots = list(session.slots.order_by("position"))
    for slot in slots:
        yield slot.starts_at.astimezone(SHANGHAI) + timedelta(minutes=1)
        if slot.pk == slots[-1].pk and len(slots) > 4:
            reason = "经两次电话联系，该单位表示放弃答辩，已记录在案"
            perform(DefenceSlotFlow, slot, "record_absence", by=office.secretary, reason=reason)
        else:
            perform(DefenceSlotFlow, slot, "record_presence", by=office.secretary, note="负责人本人到场，证件已核对。")
    perform(DefenceSessionFlow, session, "conclude", by=office.secretary)
