"""What the script of a bid's form sends and gets back."""

import json
from datetime import date
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Bid
from tests.delivery_factories import on, published_list, team, world
from workflows.bid import BidFlow
from workflows.engine import start

pytestmark = pytest.mark.django_db


@pytest.fixture
def bid():
    w = world()
    challenge = published_list(w).challenges.get()
    t = team(w)
    with on(date(2026, 4, 1)):
        row = Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, recommender=w.recommender, title="草稿")
        yield start(BidFlow, row, by=t.pi)


def send(bid, changes, *, by="pi", **body):
    client = Client()
    if by is not None:
        client.force_login(bid.pi if by == "pi" else by)
    sent = {"user": bid.pi_id, "client": str(uuid4()), "since": 0, "changes": changes, **body}
    return client.post(reverse("bid_cells", args=[bid.uuid]), json.dumps(sent), content_type="application/json")


def change(path="title", base="草稿", text="新名称"):
    return {"path": path, "base": base, "text": text, "id": str(uuid4())}


def test_a_change_is_written_and_its_state_comes_back(bid):
    answer = send(bid, [change(), change("requested_yuan", "", "x")]).json()
    assert [one["outcome"] for one in answer["written"]] == ["saved", "saved"]
    assert answer["written"][1]["fault"]
    assert {cell["path"] for cell in answer["cells"]} == {"title", "requested_yuan"}
    assert (answer["seq"], answer["is_editable"]) == (1, True)
    client = Client()
    client.force_login(bid.pi)
    later = client.get(reverse("bid_cells", args=[bid.uuid]), {"since": "1"}).json()
    assert later["cells"] == []


def test_an_ended_session_is_said_as_data(bid):
    answer = send(bid, [change()], by=None)
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


def test_somebody_elses_session_does_not_write_what_another_typed(bid):
    answer = send(bid, [change()], user=bid.pi_id + 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "other_user")
    assert not bid.cells.exists()


def test_a_stranger_finds_no_bid(bid):
    w_pi = team(world()).pi
    assert send(bid, [change()], by=w_pi, user=w_pi.pk).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{"changes": [{}]}, {"client": "x"}, {"since": None}, {"changes": 3}, {"changes": [{**change(), "id": "1"}]}],
)
def test_a_broken_request_is_refused_whole(bid, body):
    answer = send(bid, **{"changes": [change()], **body})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert not bid.cells.exists()


def test_after_the_close_the_answer_says_so(bid):
    with on(date(2026, 4, 22)):
        answer = send(bid, [change()])
    assert answer.status_code == 409
    assert "已截止" in answer.json()["detail"]


def test_an_unscripted_form_writes_only_what_its_user_changed(bid):
    client = Client()
    client.force_login(bid.pi)
    send(bid, [change("summary", "", "别人写的摘要")])
    shown = {"before-title": "草稿", "before-summary": "", "before-team": ""}
    url = reverse("bid_edit", args=[bid.uuid, "basic"])
    assert client.post(url, {**shown, "title": "草稿", "summary": "", "team": "团队"}).status_code == 302
    bid.refresh_from_db()
    assert (bid.summary, bid.team) == ("别人写的摘要", "团队")
    clash = client.post(url, {**shown, "title": "草稿", "summary": "我的摘要", "team": "团队"})
    assert clash.status_code == 422
    assert "别人写的摘要" in clash.content.decode()
