"""A team whose office lost its power on the last days asks for a later close, and hands in within it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from demo.cast import Office
from demo.stage import Stage
from projects.models import Bid, ChallengeList
from workflows.bid import BidFlow
from workflows.engine import perform
from workflows.extension import BidExtensionFlow, ask_extension

GROUNDS = (
    "园区变电站检修延误，自昨日 14 时起全园停电，供电公司通知预计 48 小时内恢复。申报书与附件存放在园区服务器，"
    "无法取出，附供电公司停电通知，请准予延期。"
)
OPINION = "已向供电公司核实，停电属实，影响时段与所述一致；申请人此前已完成基本信息和逐条响应，确属客观原因。"


def extend(stage: Stage, office: Office, row: ChallengeList, publish: date) -> Iterator[datetime]:
    """Asked two days before the close, granted on the day before by two people, handed in on the last day."""
    yield stage.after(publish, 28, 10)
    bid = Bid.objects.filter(challenge__challenge_list=row, state=Bid.State.DRAFT).order_by("pk")[0]
    mine = ask_extension(bid, by=bid.pi, grounds=GROUNDS)
    stage.file(mine, "OTHER", bid.title, bid.pi)
    yield stage.after(publish, 29, 9, 30)
    until, rec_until = stage.after(publish, 32, 17), stage.after(publish, 33, 9)
    perform(BidExtensionFlow, mine, "endorse", by=office.officer, opinion=OPINION, bid_until=until, rec_until=rec_until)
    yield stage.after(publish, 29, 16)
    perform(BidExtensionFlow, mine, "grant", by=office.lead)
    yield stage.after(publish, 32, 16)
    hand_over(stage, bid)


def hand_over(stage: Stage, bid: Bid) -> None:
    """Handed in, passed on by the unit, endorsed by the recommender."""
    for slot in ("PROPOSAL", "PLEDGE"):
        stage.file(bid, slot, bid.title, bid.pi)
    perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
    perform(BidFlow, bid, "unit_endorse", by=stage.admin_of(bid), matching_confirmed=True)
    perform(BidFlow, bid, "recommend", by=stage.recommender_of(bid), endorsement="方案可行，团队具备条件，同意推荐。")
