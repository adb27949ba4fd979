"""The team of a bid that was not accepted asks that the refusal be looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from demo.cast import Office
from demo.stage import Stage
from projects.models import Bid, ChallengeList
from workflows.engine import perform
from workflows.reconsideration import ReconsiderationFlow, ask_again

GROUNDS = (
    "不予受理的原因是“主要研究内容与在研项目重复”。所指在研项目研究的是单机算法，本申请研究的是规模化工程应用，"
    "考核指标、试验场景和经费用途均不相同，附两份任务书的逐项对照表，请予复审。"
)
CONCLUSION = (
    "逐项核对了两份任务书：考核指标有四项相同，试验场景为同一产线，经费用途重合六成以上。申请人所述“规模化应用”"
    "已列入在研项目第三年任务。原认定事实清楚，依据榜单第四条，维持不予受理的决定。"
)


def reconsider(stage: Stage, office: Office, row: ChallengeList, publish: date) -> Iterator[datetime]:
    """Written on the fifth day after the refusal, sealed, and kept by somebody who had no hand in the refusal."""
    yield stage.after(publish, 44, 9)
    bid = Bid.objects.filter(challenge__challenge_list=row, state=Bid.State.NOT_ACCEPTED).first()
    if bid is None:
        return
    mine = ask_again(bid, by=bid.pi, grounds=GROUNDS)
    stage.file(mine, "OBJECTION", bid.title, bid.pi)
    yield stage.after(publish, 45, 14)
    perform(ReconsiderationFlow, mine, "seal", by=stage.admin_of(bid), sealed=True)
    yield stage.after(publish, 47)
    perform(ReconsiderationFlow, mine, "assign", by=office.lead, reviewer=office.legal.pk)
    yield stage.after(publish, 57)
    perform(ReconsiderationFlow, mine, "keep", by=office.legal, conclusion=CONCLUSION)
