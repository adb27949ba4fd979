"""共同填写: whom the PI invites may fill in, not hand in; and never judges in the same list."""

from datetime import date
from uuid import uuid4

import pytest

from projects.bid_editing import BidChanges, apply_bid_changes
from projects.draft_writing import Change, write_cells
from projects.file_access import may_write_to_bid
from projects.models import Bid, BidPartner
from projects.queries import bids_visible_to
from review.conflicts import blocked_pairs
from review.models import Expert
from tests import delivery_factories as f
from tests.delivery_factories import World, on
from workflows.bid import BidFlow
from workflows.engine import perform
from workflows.refused import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def base(module_db: None) -> World:
    w = f.world()
    challenge = f.published_list(w).challenges.get()
    with on(date(2026, 4, 1)):
        f.complete_draft(w, challenge, f.team(w), summary="第一句。中间。第二句。")
    return w


@pytest.fixture
def w(base: World, db: None) -> World:
    return f.fresh(base)


def draft(w: World) -> Bid:
    return Bid.objects.get(challenge__challenge_list=w.challenge_list)


def change(base: str, text: str) -> list[Change]:
    return [Change("summary", base, text, uuid4())]


def test_an_invited_colleague_fills_in_and_both_texts_merge(w: World) -> None:
    bid = draft(w)
    colleague = f.person("同事", org=bid.organisation)
    with on(date(2026, 4, 2)):
        with pytest.raises(Refused, match="共同填写人"):
            write_cells(bid, change("", "x"), by=colleague, client=uuid4())
        perform(BidFlow, bid, "invite_editor", by=bid.pi, person=colleague.pk)
        assert bids_visible_to(colleague).get() == bid
        assert may_write_to_bid(colleague, bid)
        text = "第一句。中间。第二句。"
        write_cells(bid, change(text, "第一句，改。中间。第二句。"), by=bid.pi, client=uuid4())
        (done,) = write_cells(bid, change(text, "第一句。中间。第二句，改。"), by=colleague, client=uuid4())
        assert (done.outcome, done.text) == ("merged", "第一句，改。中间。第二句，改。")
        apply_bid_changes(bid, BidChanges({"route": "新路线"}), by=colleague)
        with pytest.raises(Refused, match="权限"):
            perform(BidFlow, bid, "hand_in", by=colleague, pledge=True)


def test_who_was_removed_reads_and_writes_nothing_more(w: World) -> None:
    bid = draft(w)
    colleague = f.person("同事", org=bid.organisation)
    with on(date(2026, 4, 2)):
        perform(BidFlow, bid, "invite_editor", by=bid.pi, person=colleague.pk)
        perform(BidFlow, bid, "remove_editor", by=bid.pi, person=colleague.pk)
        with pytest.raises(Refused):
            write_cells(bid, change("第一句。中间。第二句。", "x"), by=colleague, client=uuid4())
    assert not bids_visible_to(colleague).exists()


def test_only_people_of_lead_and_partners_can_be_invited_and_only_by_the_pi(w: World) -> None:
    bid = draft(w)
    partner, outsider = f.organisation("联合单位"), f.person("外人", org=f.organisation("别家"))
    ally = f.person("伙伴", org=partner)
    with on(date(2026, 4, 2)):
        with pytest.raises(Refused, match="人员"):
            perform(BidFlow, bid, "invite_editor", by=bid.pi, person=ally.pk)
        BidPartner.objects.create(bid=bid, organisation=partner, task="测试")
        perform(BidFlow, bid, "invite_editor", by=bid.pi, person=ally.pk)
        for person in (outsider, bid.pi, ally):
            with pytest.raises(Refused, match="人员"):
                perform(BidFlow, bid, "invite_editor", by=bid.pi, person=person.pk)
        with pytest.raises(Refused, match="权限"):
            perform(BidFlow, bid, "invite_editor", by=ally, person=outsider.pk)


def test_who_helps_to_write_a_bid_does_not_judge_in_its_list(w: World) -> None:
    bid = draft(w)
    partner = f.organisation("联合单位")
    helper = f.person("兼职专家", org=partner)
    BidPartner.objects.create(bid=bid, organisation=partner, task="测试")
    with on(date(2026, 4, 2)):
        perform(BidFlow, bid, "invite_editor", by=bid.pi, person=helper.pk)
        rival = f.complete_draft(w, bid.challenge, f.team(w))
    expert = Expert.objects.create(
        agency=w.agency, user=helper, organisation=f.organisation("大学"), seat_type="TECHNICAL", fields=["SOFTWARE"]
    )
    found = {(c.bid_id, c.code) for c in blocked_pairs([expert], [bid, rival], date(2026, 4, 3))}
    assert {(bid.pk, "C03"), (rival.pk, "C03")} <= found


def test_partners_get_no_more_than_there_is(w: World) -> None:
    bid = draft(w)
    BidPartner.objects.create(bid=bid, organisation=f.organisation("联合单位"), task="测试", budget_yuan=9_000_000)
    f.store_file(bid, "AGREEMENT", bid.pi)
    with on(date(2026, 4, 2)), pytest.raises(Refused, match=r"联合单位经费合计 900\.00 万元，超过"):
        perform(BidFlow, bid, "hand_in", by=bid.pi, pledge=True)
