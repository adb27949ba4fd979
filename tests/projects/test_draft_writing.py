"""What is typed into a bid's form is kept, merged, and taken over when it is valid."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from projects.bid_editing import BidChanges, apply_bid_changes
from projects.draft_cells import DraftForms
from projects.draft_writing import LONGEST, Change, write_cells
from projects.models import Bid, DraftEdit
from tests.delivery_factories import World, on, organisation, published_list, team, world
from workflows import bid_conditions, clock
from workflows.bid import BidFlow
from workflows.engine import start
from workflows.refused import Refused

pytestmark = pytest.mark.django_db
HERE, THERE = uuid4(), uuid4()


@pytest.fixture
def w() -> World:
    return world()


@pytest.fixture
def bid(w):
    challenge = published_list(w).challenges.get()
    t = team(w)
    with on(date(2026, 4, 1)):
        row = Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, recommender=w.recommender, title="草稿")
        yield start(BidFlow, row, by=t.pi)


def write(bid, path, text, base="", *, client: UUID = HERE, change_id: UUID | None = None):
    (found,) = write_cells(bid, [Change(path, base, text, change_id or uuid4())], by=bid.pi, client=client)
    return found


def texts(bid):
    return {path: cell.text for path, cell in DraftForms(Bid.objects.get(pk=bid.pk)).cells().items()}


def test_only_the_field_that_was_changed_is_written(bid):
    write(bid, "summary", "摘要")
    write(bid, "team", "团队", client=THERE)
    bid.refresh_from_db()
    assert (bid.title, bid.summary, bid.team, bid.route) == ("草稿", "摘要", "团队", "")


def test_money_and_choices_are_taken_over_in_the_columns_they_mean(bid):
    write(bid, "requested_yuan", "123.45")
    write(bid, "recommender", "", base=str(bid.recommender_id))
    bid.refresh_from_db()
    assert (bid.requested_yuan, bid.recommender) == (1_234_500, None)
    assert texts(bid)["requested_yuan"] == "123.45"


def test_an_invalid_text_is_kept_as_typed_and_stops_the_hand_in(bid):
    found = write(bid, "requested_yuan", "一百万")
    assert (found.outcome, found.text) == ("saved", "一百万")
    assert found.fault
    assert texts(bid)["requested_yuan"] == "一百万"
    bid.refresh_from_db()
    assert bid.requested_yuan == 0
    verdict = bid_conditions.nothing_typed_is_invalid(BidFlow(bid, by=bid.pi))
    assert not verdict
    assert "申请财政经费" in str(verdict.message)
    write(bid, "requested_yuan", "100", base="一百万")
    assert bid_conditions.nothing_typed_is_invalid(BidFlow(bid, by=bid.pi))


def test_two_people_in_one_long_text_are_merged(bid):
    write(bid, "route", "一。二。三。")
    write(bid, "route", "一改。二。三。", base="一。二。三。")
    found = write(bid, "route", "一。二。三。四。", base="一。二。三。", client=THERE)
    assert (found.outcome, found.text) == ("merged", "一改。二。三。四。")
    bid.refresh_from_db()
    assert bid.route == "一改。二。三。四。"


def test_a_true_conflict_keeps_both_texts_and_tells_whose(bid):
    write(bid, "title", "甲", base="草稿")
    found = write(bid, "title", "乙", base="草稿", client=THERE)
    assert (found.outcome, found.text, found.by) == ("conflict", "甲", bid.pi.name)
    assert Bid.objects.get(pk=bid.pk).title == "甲"
    assert set(DraftEdit.objects.values_list("text", "outcome")) == {("甲", "SAVED"), ("乙", "CONFLICT")}
    assert write(bid, "title", "乙", base="甲", client=THERE).outcome == "saved"


def test_the_same_request_twice_is_written_once(bid):
    once = uuid4()
    write(bid, "title", "甲", base="草稿", change_id=once)
    write(bid, "title", "乙", base="甲", client=THERE)
    assert write(bid, "title", "甲", base="草稿", change_id=once).text == "乙"
    assert Bid.objects.get(pk=bid.pk).title == "乙"


def test_what_one_browser_goes_on_typing_is_one_row_of_history(bid):
    write(bid, "team", "团")
    write(bid, "team", "团队", base="团")
    with clock.travel(clock.now() + timedelta(seconds=61)):
        write(bid, "team", "团队。", base="团队")
    assert list(DraftEdit.objects.order_by("pk").values_list("text", flat=True)) == ["团队", "团队。"]


def test_an_answer_is_taken_over_once_its_promise_is_valid(bid):
    assert not write(bid, "i1-present_level", "90").fault
    assert not bid.responses.exists()
    assert "低于榜题要求" in write(bid, "i1-promised", "99").fault
    assert not bid.responses.exists()
    assert write(bid, "i1-promised", "120", base="99").fault == ""
    (answer,) = bid.responses.all()
    assert (str(answer.promised.normalize()), answer.present_level) == ("1.2E+2", "90")
    write(bid, "i1-promised", "", base="120")
    assert not bid.responses.exists()
    assert texts(bid)["i1-present_level"] == "90"


def test_a_partner_is_taken_over_when_its_row_is_complete_and_goes_when_deleted(bid):
    unit = organisation("联合单位")
    assert write(bid, "partner-n1-organisation", str(unit.pk)).outcome == "saved"
    assert not bid.partners.exists()
    assert bid.cells.get(path="partner-n1-task").fault, "half a row must stop the hand-in"
    write(bid, "partner-n1-task", "测试")
    assert not bid.cells.exclude(fault="").exists()
    assert bid.partners.get().organisation == unit
    assert write(bid, "partner-n2-organisation", str(unit.pk)).outcome == "saved"
    write(bid, "partner-n2-task", "再来")
    assert "不能重复" in bid.cells.get(path="partner-n2-organisation").fault
    write(bid, "partner-n1-DELETE", "on")
    assert bid.partners.get().task == "再来"
    assert write(bid, "partner-n1-task", "改", base="测试").outcome == "refused"


def test_partners_that_came_through_the_api_become_rows(bid):
    from projects.bid_editing import PartnerLine

    first, second = organisation("甲单位"), organisation("乙单位")
    apply_bid_changes(
        bid, BidChanges(partners=[PartnerLine(first, "一"), PartnerLine(second, "二", 20_000)]), by=bid.pi
    )
    assert texts(bid)[f"partner-o{second.pk}-budget_yuan"] == "2.00"
    write(bid, f"partner-o{first.pk}-task", "改", base="一")
    assert list(bid.partners.order_by("pk").values_list("organisation", "task", "budget_yuan")) == [
        (first.pk, "改", 0),
        (second.pk, "二", 20_000),
    ]


def test_the_api_writes_over_what_was_typed(bid):
    write(bid, "requested_yuan", "错")
    apply_bid_changes(bid, BidChanges(fields={"requested_yuan": 500_000}), by=bid.pi)
    assert texts(bid)["requested_yuan"] == "50.00"
    assert bid_conditions.nothing_typed_is_invalid(BidFlow(bid, by=bid.pi))


@pytest.mark.parametrize(("path", "text"), [("state", "AWARDED"), ("nothing", "x"), ("title", "长" * (LONGEST + 1))])
def test_what_is_no_cell_or_too_long_is_refused_and_nothing_changes(bid, path, text):
    found = write(bid, path, text)
    assert found.outcome == "refused"
    assert found.fault
    assert not bid.cells.exists()


def test_nobody_else_writes_and_nobody_after_the_close(bid, w):
    change = [Change("title", "草稿", "改", uuid4())]
    with pytest.raises(Refused, match="只有项目负责人"):
        write_cells(bid, change, by=w.officer, client=HERE)
    with on(date(2026, 4, 22)), pytest.raises(Refused, match="已截止"):
        write_cells(bid, change, by=bid.pi, client=HERE)
    assert not bid.cells.exists()


def test_a_text_with_strange_characters_is_kept(bid):
    write(bid, "team", "一\r\n二\x00\U00020000")
    assert Bid.objects.get(pk=bid.pk).team == "一\n二\U00020000"
