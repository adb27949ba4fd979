"""补正: only the parts that the notice names may be changed, until its deadline, and never for the worse (domain 2.3)."""

from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from projects.bid_editing import editable_sections, may_change_files
from projects.draft_writing import Change, Written, write_cells
from projects.models import Bid, FormalCheck
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import CHECKED, Review
from workflows.bid import BidFlow
from workflows.bid_conditions import promises_are_kept
from workflows.clock import SHANGHAI, travel
from workflows.engine import perform
from workflows.formal_check import FormalCheckFlow
from workflows.refused import Refused

DAY = date(2026, 4, 30)
ENDS = datetime.combine(date(2026, 5, 7), time(17), SHANGHAI)


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.closed(1)


@pytest.fixture
def r(base: Review, db: None) -> Review:
    return base


def asked(r: Review, *sections: str) -> Bid:
    """A correction of these parts is asked for by two people."""
    with on(CHECKED):
        perform(BidFlow, r.bids[0], "begin_formal_check", by=r.w.officer)
        check = FormalCheck.objects.get(bid=r.bids[0])
        perform(FormalCheckFlow, check, "check", by=r.w.officer, result="CORRECT", reason_codes=["F10"],
                sections=list(sections), opinion="承诺书未加盖公章，请重新上传盖章件")  # fmt: skip
        perform(FormalCheckFlow, check, "confirm", by=r.w.second_officer)
    return Bid.objects.get(pk=r.bids[0].pk)


def write(bid: Bid, path: str, text: str, base: str) -> Written:
    with on(DAY):
        (found,) = write_cells(bid, [Change(path, base, text, uuid4())], by=bid.pi, client=uuid4())
    return found


def test_rule_2_3_only_the_named_part_can_be_written(r):
    bid = asked(r, "money")
    old = f"{bid.matching_yuan / 10_000:.2f}" if bid.matching_yuan else ""
    assert write(bid, "matching_yuan", "400", old).outcome == "saved"
    found = write(bid, "title", "换一个名称", bid.title)
    assert found.outcome == "refused"
    assert "只能修改通知中列明的部分" in found.fault
    bid.refresh_from_db()
    assert (bid.matching_yuan, bid.title == "换一个名称") == (4_000_000, False)
    with on(DAY):
        assert not may_change_files(bid.pi, bid)


def test_without_a_named_part_only_files_may_be_changed(r):
    bid = asked(r)
    with on(DAY):
        assert editable_sections(bid.pi, bid) == ["files"]
        assert may_change_files(bid.pi, bid)
        assert editable_sections(r.w.officer, bid) == []


def test_after_the_deadline_nothing(r):
    bid = asked(r, "money", "files")
    with travel(ENDS - timedelta(seconds=1)):
        assert editable_sections(bid.pi, bid) == ["money", "files"]
    with travel(ENDS):
        assert editable_sections(bid.pi, bid) == []
        with pytest.raises(Refused):
            write_cells(bid, [Change("matching_yuan", "", "1", uuid4())], by=bid.pi, client=uuid4())


def test_rule_2_3_a_promise_that_was_handed_in_is_never_lowered(r):
    bid = asked(r, "responses")
    answer = bid.responses.select_related("indicator").order_by("indicator__no").first()
    bid.snapshot["responses"][0]["promised"] = str(answer.promised + 1)
    verdict = promises_are_kept(BidFlow(bid, by=bid.pi))
    assert not verdict
    assert answer.indicator.name in str(verdict.message)


def test_the_corrected_bid_is_handed_in_again_and_checked_anew(r):
    bid = asked(r, "basic")
    assert write(bid, "team", "补充了团队分工。", bid.team).outcome == "saved"
    with on(DAY):
        perform(BidFlow, bid, "hand_in_correction", by=bid.pi)
    bid.refresh_from_db()
    assert bid.state == "FORMAL_CHECK"
    assert bid.snapshot["team"] == "补充了团队分工。"
    assert FormalCheck.objects.get(bid=bid).correction_sections == []


def test_the_pages_offer_what_is_named_and_nothing_else(r):
    bid = asked(r, "basic", "files")
    client = Client()
    client.force_login(bid.pi)
    with on(DAY):
        html = client.get(bid.get_absolute_url()).content.decode()
        assert "可补正部分" in html
        assert reverse("bid_edit", args=[bid.uuid, "basic"]) in html
        assert client.get(reverse("bid_edit", args=[bid.uuid, "basic"])).status_code == 200
        assert client.get(reverse("bid_edit", args=[bid.uuid, "money"])).status_code == 302
