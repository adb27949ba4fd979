"""A whole bid over the API: opened, filled in, files proved, handed in, endorsed, recommended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import urllib3

from accounts.models import Role
from projects.models import Bid
from tests.api.callers import API, caller, perform_over_api
from tests.delivery_factories import World, on, organisation, person, published_list, team, world
from workflows.clock import travel
from workflows.models import AuditEntry

pytestmark = pytest.mark.django_db
OPEN_DAY = date(2026, 4, 1)
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
CONTENT = {
    "title": "高吞吐存储引擎", "summary": "摘要", "route": "路线", "route_tag": "存算一体", "team": "团队",
    "requested_yuan": 2_000_000, "matching_yuan": 500_000,
}  # fmt: skip


@pytest.fixture
def w() -> Iterator[World]:
    found = world()
    published_list(found)
    team(found)
    with on(OPEN_DAY):
        yield found


@pytest.fixture
def number(w: World) -> str:
    return w.challenge_list.challenges.get().number


def opened(w: World, number: str) -> str:
    answer = caller(w.teams[0].pi).post(f"{API}/bids/", {"challenge": number, "title": "草稿"})
    assert answer.status_code == 201, answer.content.decode()
    return str(answer.json()["uuid"])


def filled(w: World, uuid: str) -> Any:
    answers = [
        {"no": 1, "promised": "120"},
        {"no": 2, "promised": "8.5", "proof": "测试报告"},
        {"no": 3, "promised": "1"},
    ]
    body = {**CONTENT, "recommender": w.recommender.uscc, "responses": answers, "partners": []}
    answer = caller(w.teams[0].pi).patch(f"{API}/bids/{uuid}/", body)
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()


def put_file(w: World, uuid: str, slot: str, data: bytes = PDF) -> str:
    """Promise, PUT to the store itself, complete."""
    client = caller(w.teams[0].pi)
    digest = hashlib.sha256(data).hexdigest()
    promise = {"slot": slot, "file_name": f"{slot}.pdf", "size": len(data), "sha256": digest}
    ticket = client.post(f"{API}/bids/{uuid}/files/", promise)
    assert ticket.status_code == 201, ticket.content.decode()
    assert urllib3.PoolManager().request("PUT", ticket.json()["upload_url"], body=data).status == 200
    file = str(ticket.json()["file"]["uuid"])
    done = client.post(f"{API}/bids/{uuid}/files/{file}/complete/")
    assert done.status_code == 200, done.content.decode()
    assert done.json()["sha256"] == digest
    return file


def complete(w: World, number: str) -> str:
    uuid = opened(w, number)
    filled(w, uuid)
    for slot in ("PROPOSAL", "PLEDGE"):
        put_file(w, uuid, slot)
    return uuid


def hand_in(w: World, uuid: str, **inputs: Any) -> Any:
    return caller(w.teams[0].pi).post(f"{API}/bids/{uuid}/transitions/hand_in/", {"pledge": True, **inputs})


def test_a_bid_goes_from_nothing_to_submitted_by_tokens_alone(w: World, number: str) -> None:
    uuid = complete(w, number)
    pi, admin = w.teams[0].pi, w.teams[0].admin
    offered = caller(pi).get(f"{API}/bids/{uuid}/transitions/").json()
    assert [(a["transition"], a["is_ready"]) for a in offered] == [
        ("hand_in", True), ("withdraw", True), ("invite_editor", True), ("remove_editor", False),
    ]  # fmt: skip
    assert offered[0]["inputs"][0]["name"] == "pledge"
    assert offered[0]["inputs"][0]["type"] == "boolean"
    moved = perform_over_api(pi, f"bids/{uuid}", "hand_in", pledge=True, seen_version=0)
    receipt = Bid.objects.get(uuid=uuid).receipts.get().number
    assert moved == {
        "state": "UNIT_REVIEW", "state_label": "单位审核", "version": 1, "is_visible": True, "receipt": receipt,
    }  # fmt: skip
    perform_over_api(admin, f"bids/{uuid}", "unit_endorse", matching_confirmed=True)
    moved = perform_over_api(w.rec_user, f"bids/{uuid}", "recommend", endorsement="同意推荐")
    assert moved["state"] == "SUBMITTED"
    told = caller(w.officer).get(f"{API}/bids/{uuid}/").json()
    assert told["number"] == f"{number}-B{Bid.objects.get(uuid=uuid).pk:05d}"
    assert [r["promised"] for r in told["responses"]] == ["120.0000", "8.5000", "1.0000"]
    assert {f["slot"] for f in told["files"]} == {"PROPOSAL", "PLEDGE"}
    assert [row["what"] for row in caller(pi).get(f"{API}/bids/{uuid}/timeline/").json()][-1] == "同意推荐"


def test_the_frozen_content_is_what_was_sent_and_its_digest_is_in_the_chain(w: World, number: str) -> None:
    uuid = complete(w, number)
    assert hand_in(w, uuid).status_code == 200
    bid = Bid.objects.get(uuid=uuid)
    assert bid.snapshot is not None
    assert {name: bid.snapshot[name] for name in CONTENT} == CONTENT
    assert [f["sha256"] for f in bid.snapshot["files"]] == [hashlib.sha256(PDF).hexdigest()] * 2
    entry = AuditEntry.objects.get(object_type="projects.bid", object_id=str(bid.pk), transition="hand_in")
    assert entry.payload["snapshot_sha256"] == bid.snapshot_sha256


def test_the_same_request_twice_gets_the_same_receipt_and_a_wrong_key_is_refused_with_its_reason(
    w: World, number: str
) -> None:
    uuid = complete(w, number)

    def send(transition: str, key: str, **inputs: Any) -> Any:
        path = f"{API}/bids/{uuid}/transitions/{transition}/"
        return caller(w.teams[0].pi).post(path, inputs, headers={"Idempotency-Key": key})

    too_long = send("hand_in", "k" * 65, pledge=True)
    assert (too_long.status_code, too_long.json()["code"]) == (400, "invalid_key")
    first, second = send("hand_in", "one", pledge=True), send("hand_in", "one", pledge=True)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    reused = send("withdraw", "one", reason="改由其他单位牵头申报本榜题")
    assert (reused.status_code, reused.json()["code"]) == (422, "key_reused")


def test_an_empty_draft_hears_everything_that_is_missing_and_stays_a_draft(w: World, number: str) -> None:
    uuid = opened(w, number)
    answer = hand_in(w, uuid)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "conditions_unmet"
    assert any("摘要" in sentence for sentence in problem["sentences"])
    assert any("揭榜申报书" in sentence for sentence in problem["sentences"])
    assert Bid.objects.get(uuid=uuid).state == "DRAFT"
    offered = caller(w.teams[0].pi).get(f"{API}/bids/{uuid}/transitions/").json()
    assert offered[0]["is_ready"] is False
    assert offered[0]["unmet"] == problem["sentences"]


def test_the_pledge_is_an_input_that_must_be_given(w: World, number: str) -> None:
    uuid = complete(w, number)
    answer = caller(w.teams[0].pi).post(f"{API}/bids/{uuid}/transitions/hand_in/", {})
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"pledge"}


@pytest.mark.parametrize("name", ["cause", "by", "obj", "flow_class", "transition", "typo"])
def test_a_body_cannot_pass_for_the_engine(w: World, number: str, name: str) -> None:
    uuid = complete(w, number)
    answer = hand_in(w, uuid, **{name: 1})
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {name}
    assert Bid.objects.get(uuid=uuid).state == "DRAFT"


def test_a_consequence_cannot_be_asked_for_by_claiming_a_cause(w: World, number: str) -> None:
    uuid = opened(w, number)
    answer = caller(w.teams[0].pi).post(
        f"{API}/bids/{uuid}/transitions/void/", {"cause": {"object": 1}, "reason": "我自己把它作废好了吧"}
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_permitted"


def test_a_version_not_seen_refuses_as_stale_and_a_wrong_state_as_conflict(w: World, number: str) -> None:
    uuid = complete(w, number)
    stale = hand_in(w, uuid, seen_version=7)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert hand_in(w, uuid, seen_version="x").status_code == 400
    assert hand_in(w, uuid).status_code == 200
    again = hand_in(w, uuid)
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


def test_nobody_else_reads_edits_or_moves_a_draft(w: World, number: str) -> None:
    uuid = complete(w, number)
    stranger = person("路人", Role.PI, org=organisation("别家"))
    for user in (stranger, w.officer, w.lead, w.rec_user, w.dem_user):
        client = caller(user)
        assert client.get(f"{API}/bids/{uuid}/").status_code == 404
        assert client.patch(f"{API}/bids/{uuid}/", {"title": "改"}).status_code == 404
        assert client.post(f"{API}/bids/{uuid}/transitions/hand_in/", {"pledge": True}).status_code == 404
        assert client.get(f"{API}/bids/{uuid}/files/").status_code == 404
    assert caller().patch(f"{API}/bids/{uuid}/", {"title": "改"}).status_code == 401
    admin = caller(w.teams[0].admin)
    assert admin.get(f"{API}/bids/{uuid}/").json()["is_editable"] is False
    assert admin.patch(f"{API}/bids/{uuid}/", {"title": "改"}).json()["code"] == "not_permitted"
    assert admin.post(f"{API}/bids/{uuid}/transitions/hand_in/", {"pledge": True}).status_code == 403
    assert Bid.objects.get(uuid=uuid).title == CONTENT["title"]


def test_after_handing_in_and_after_the_close_nothing_can_be_edited(w: World, number: str) -> None:
    uuid, pi = complete(w, number), w.teams[0].pi
    close = w.challenge_list.bid_close_at
    assert close is not None
    with travel(close):
        late = caller(pi).patch(f"{API}/bids/{uuid}/", {"title": "迟到"})
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
    assert hand_in(w, uuid).status_code == 200
    answer = caller(pi).patch(f"{API}/bids/{uuid}/", {"title": "改"})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert Bid.objects.get(uuid=uuid).title == CONTENT["title"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"state": "SUBMITTED"}, "state"),
        ({"score": "100"}, "score"),
        ({"number": "X"}, "number"),
        ({"title": "长" * 81}, "title"),
        ({"requested_yuan": -1}, "requested_yuan"),
        ({"requested_yuan": 10**30}, "requested_yuan"),
        ({"recommender": "91110108551385082Q"}, "recommender"),
        ({"responses": [{"no": 1, "promised": "NaN"}]}, "responses.0.promised"),
        ({"responses": [{"no": 1, "promised": "1e30"}]}, "responses.0.promised"),
        ({"responses": [{"no": 9, "promised": "1"}]}, "responses"),
        ({"responses": [{"no": 1, "promised": "1"}, {"no": 1, "promised": "2"}]}, "responses"),
        ({"partners": [{"organisation": "?", "task": "测试", "budget_yuan": 1}]}, "partners.0.organisation"),
    ],
)
def test_a_wrong_edit_is_told_by_its_field_and_changes_nothing(
    w: World, number: str, body: dict[str, Any], field: str
) -> None:
    uuid = opened(w, number)
    filled(w, uuid)
    answer = caller(w.teams[0].pi).patch(f"{API}/bids/{uuid}/", {"summary": "改了的摘要", **body})
    assert answer.status_code == 400, answer.content.decode()
    assert field in answer.json()["fields"]
    bid = Bid.objects.get(uuid=uuid)
    assert bid.summary == CONTENT["summary"]
    assert bid.responses.get(indicator__no=1).promised == Decimal(120)


def test_partners_are_other_units_named_once_and_replaced_as_a_whole(w: World, number: str) -> None:
    uuid = opened(w, number)
    lead, one, two = w.teams[0].organisation, organisation("联合甲"), organisation("联合乙")
    client = caller(w.teams[0].pi)

    def patch(*units: Any) -> Any:
        rows = [{"organisation": u.uscc, "task": "测试", "budget_yuan": 1} for u in units]
        return client.patch(f"{API}/bids/{uuid}/", {"partners": rows})

    assert [p["organisation"]["name"] for p in patch(one, two).json()["partners"]] == [one.name, two.name]
    assert patch(lead).status_code == 400
    assert patch(one, one).status_code == 400
    assert len(client.get(f"{API}/bids/{uuid}/").json()["partners"]) == 2
    assert [p["organisation"]["name"] for p in patch(two).json()["partners"]] == [two.name]


def test_a_weaker_promise_is_kept_in_the_draft_but_never_handed_in(w: World, number: str) -> None:
    uuid = complete(w, number)
    weak = [{"no": 1, "promised": "99"}, {"no": 2, "promised": "8"}, {"no": 3, "promised": "1"}]
    assert caller(w.teams[0].pi).patch(f"{API}/bids/{uuid}/", {"responses": weak}).status_code == 200
    answer = hand_in(w, uuid)
    assert answer.status_code == 422
    assert answer.json()["sentences"] == ["承诺值低于榜题要求：单节点写入吞吐。请改为不弱于要求的值。"]


def test_the_unit_opens_a_bid_for_one_of_its_own_people_only(w: World, number: str) -> None:
    admin, pi, other = w.teams[0].admin, w.teams[0].pi, team(w)
    client = caller(admin)
    body = {"challenge": number, "organisation": w.teams[0].organisation.uscc, "title": "单位建的壳"}
    refused = client.post(f"{API}/bids/", {**body, "pi": other.pi.username})
    assert set(refused.json()["fields"]) == {"pi"}
    foreign = client.post(f"{API}/bids/", {**body, "organisation": other.organisation.uscc, "pi": pi.username})
    assert set(foreign.json()["fields"]) == {"organisation"}
    made = client.post(f"{API}/bids/", {**body, "pi": pi.username})
    assert made.status_code == 201
    assert made.json()["pi"] == {"name": pi.name}
    assert Bid.objects.get(uuid=made.json()["uuid"]).pi == pi


def test_a_second_live_bid_of_the_same_unit_is_a_conflict_not_an_accident(w: World, number: str) -> None:
    opened(w, number)
    colleague = person("同事", org=w.teams[0].organisation)
    answer = caller(colleague).post(f"{API}/bids/", {"challenge": number, "title": "再来一份"})
    assert answer.status_code in (409, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert Bid.objects.count() == 1


def test_an_anonymous_caller_opens_nothing(w: World, number: str) -> None:
    answer = caller().post(f"{API}/bids/", {"challenge": number, "title": "匿名"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_files_are_refused_when_their_bytes_are_not_what_was_promised(w: World, number: str) -> None:
    uuid, client = opened(w, number), caller(w.teams[0].pi)
    promise = {"slot": "PROPOSAL", "file_name": "a.pdf", "size": len(PDF), "sha256": "0" * 64}
    ticket = client.post(f"{API}/bids/{uuid}/files/", promise).json()
    urllib3.PoolManager().request("PUT", ticket["upload_url"], body=PDF)
    answer = client.post(f"{API}/bids/{uuid}/files/{ticket['file']['uuid']}/complete/")
    assert (answer.status_code, answer.json()["code"]) == (422, "mismatch")
    assert client.get(f"{API}/bids/{uuid}/files/").json() == []


def test_a_file_is_fetched_by_its_readers_and_taken_out_while_a_draft(w: World, number: str) -> None:
    uuid = opened(w, number)
    file = put_file(w, uuid, "PROPOSAL")
    client = caller(w.teams[0].pi)
    address = client.get(f"{API}/bids/{uuid}/files/{file}/").json()["url"]
    assert urllib3.PoolManager().request("GET", address).data == PDF
    assert caller(w.officer).get(f"{API}/bids/{uuid}/files/{file}/").status_code == 404
    assert client.delete(f"{API}/bids/{uuid}/files/{file}/").status_code == 204
    assert client.get(f"{API}/bids/{uuid}/files/").json() == []
