"""What the panel concluded stays inside the agency until the result is told: on every road a team can take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from projects.models import Bid
from tests import delivery_factories as f
from tests.api.callers import API, caller
from tests.workflows.conftest import module_db  # noqa: F401
from workflows.bid import BidFlow
from workflows.decision_batch import DecisionBatchFlow, propose_batch
from workflows.engine import perform
from workflows.refused import Refused
from workflows.timeline import timeline

pytestmark = pytest.mark.django_db
#: What the experts wrote: if a team can read it before the result is told, there is a leak.
CANARY = "金丝雀意见：路线可行而团队与条件尚有不足，里程碑设置过于宽松，建议压缩经费并补充测试方案后再行论证。"
VERDICTS = {"RECOMMENDED", "RESERVE", "NOT_RECOMMENDED"}
NUMBER = "鲁科字〔2026〕29号"


@pytest.fixture(scope="module")
def deciding(module_db: None) -> f.World:  # noqa: F811
    w = f.world()
    f.cleared_decision(w, scores=("90", "80", "60"), comment=CANARY)
    return w


@pytest.fixture(params=["decided by the meeting", "held"])
def w(deciding: f.World, db: None, request: Any) -> f.World:
    w = f.fresh(deciding)
    if request.param == "held":
        with f.on(f.ISSUED):
            batch = propose_batch(w.decision, "ISSUE", by=w.officer, document_no=NUMBER, is_held=True)
            perform(DecisionBatchFlow, batch, "approve", by=w.lead)
    return w


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def outsiders(w: f.World, n: int) -> list[User]:
    return [w.teams[n].pi, w.teams[n].admin, w.rec_user]


def bid_of(w: f.World, n: int) -> Bid:
    return Bid.objects.get(pi=w.teams[n].pi)


def without_names(text: str, bid: Bid) -> str:
    """The page without what differs from team to team anyway."""
    own = [str(bid.uuid), bid.title, bid.number or "", bid.organisation.name, bid.organisation.uscc, bid.pi.name]
    for word in own:
        text = text.replace(word, "…")
    return text


def test_rule_2_6_a_team_reads_under_review_until_the_result_is_told(w: f.World) -> None:
    for n in range(3):
        bid = bid_of(w, n)
        for user in outsiders(w, n):
            page = browser(user).get(bid.get_absolute_url()).content.decode()
            assert "评审中" in page
            assert "jb-badge" in page
            for told in ("拟立项", "备选", "不予立项", "审定并公示", CANARY, "90.00", "80.00", "60.00"):
                assert told not in page, (user, n, told)


def test_the_three_teams_pages_differ_in_nothing_but_themselves(w: f.World) -> None:
    """Badge, stations, next step, timeline: no trace of who is ahead."""
    found = []
    for n in range(3):
        bid = bid_of(w, n)
        found.append([(i.what, i.from_state, i.to_state) for i in timeline(bid, bid.pi)][-1])
    assert found == [("评审结论", "评审中", "评审中")] * 3


def test_tables_filters_and_exports_tell_no_more_than_the_page(w: f.World) -> None:
    for n in range(3):
        user = w.teams[n].pi
        client, title = browser(user), bid_of(w, n).title
        assert "评审中" in client.get(reverse("bids")).content.decode()
        for state in VERDICTS:
            assert title not in client.get(reverse("bids"), {"state": state}).content.decode()
        assert title in client.get(reverse("bids"), {"state": "IN_ROUND"}).content.decode()
        table = b"".join(client.get(reverse("bids_csv"))).decode()
        assert "评审中" in table
        assert not {"拟立项", "备选", "不予立项"} & set(table.replace("\n", ",").split(","))


def test_a_recommender_cannot_order_its_bids_by_score(w: f.World) -> None:
    client = browser(w.rec_user)
    orders = [
        [row.pk for row in client.get(reverse("bids"), {"sort": sort}).context["page"]] for sort in ("score", "-score")
    ]
    assert orders[0] == orders[1]
    staff = browser(w.officer)
    scores = [row.score for row in staff.get(reverse("bids"), {"sort": "-score"}).context["page"]]
    assert scores == sorted(scores, reverse=True)


def test_the_api_tells_no_more_than_the_page(w: f.World) -> None:
    for n in range(3):
        for user in outsiders(w, n):
            client, uuid = caller(user), str(bid_of(w, n).uuid)
            told = client.get(f"{API}/bids/{uuid}/").json()
            assert (told["state"], told["state_label"], told["score"]) == ("IN_ROUND", "评审中", None)
            rows = {row["uuid"]: row for row in client.get(f"{API}/bids/").json()["results"]}
            assert rows[uuid]["state"] == "IN_ROUND"
            hidden = client.get(f"{API}/bids/", {"state": ",".join(VERDICTS)}).json()["results"]
            assert uuid not in {row["uuid"] for row in hidden}
            history = client.get(f"{API}/bids/{uuid}/timeline/").json()
            text = json.dumps([told, history], ensure_ascii=False)
            for word in (*VERDICTS, "拟立项", "不予立项", CANARY):
                assert word not in text, word


def test_a_refused_step_does_not_name_the_state(w: f.World) -> None:
    bid = bid_of(w, 0)
    with pytest.raises(Refused, match="当前状态是“评审中”"):
        perform(BidFlow, bid, "withdraw", by=bid.pi, reason=f.REASON)
    page = browser(bid.pi).post(reverse("act", args=["bid", bid.pk, "withdraw"]), {"reason": f.REASON})
    assert "拟立项" not in page.content.decode()


def test_those_who_decide_read_the_verdict(w: f.World) -> None:
    for user in (w.officer, w.lead):
        told = caller(user).get(f"{API}/bids/{bid_of(w, 0).uuid}/").json()
        assert (told["state"], told["score"]) == ("RECOMMENDED", "90.00")
        rows = caller(user).get(f"{API}/bids/", {"state": "RECOMMENDED"}).json()["results"]
        assert [row["uuid"] for row in rows] == [str(bid_of(w, 0).uuid)]


def test_when_it_is_told_each_team_reads_its_own_result(w: f.World) -> None:
    kind = "RELEASE" if w.decision.state == "HELD" else "ISSUE"
    words = {} if kind == "RELEASE" else {"document_no": NUMBER}
    with f.on(f.ISSUED):
        f.carried_out(w, kind, **words)
    for n, (state, label) in enumerate([("AWARDED", "已立项"), ("RESERVE", "备选"), ("NOT_AWARDED", "未立项")]):
        bid = bid_of(w, n)
        told = caller(bid.pi).get(f"{API}/bids/{bid.uuid}/").json()
        assert (told["state"], told["score"]) == (state, str(bid.score))
        page = browser(bid.pi).get(bid.get_absolute_url()).content.decode()
        assert label in page
        assert CANARY in page
        other = bid_of(w, (n + 1) % 3)
        assert browser(bid.pi).get(other.get_absolute_url()).status_code == 404
