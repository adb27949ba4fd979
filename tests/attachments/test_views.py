"""Over HTTP, as the page's script does it: promise, PUT, complete, fetch, take out."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from attachments.models import Attachment
from attachments.upload import begin_upload, store_file
from tests.attachments.files import FILLING_IN, Draft, archive, draft_bid, pdf, promise, send
from tests.delivery_factories import on, person, published_list, submitted_bid, world

BEGIN = reverse("attachment_begin")


def address_of(uuid: Any) -> str:
    return reverse("attachment", args=[uuid])


def client_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def post(client: Client, url: str, body: Any) -> Any:
    with on(FILLING_IN):
        return client.post(url, json.dumps(body), content_type="application/json")


def stored(draft: Draft, name: str = "申报书.pdf", data: bytes | None = None) -> Attachment:
    with on(FILLING_IN):
        return store_file(draft.bid, "PROPOSAL", name, data or pdf(), draft.team.pi)


def test_a_file_goes_in_and_comes_out_again(draft: Draft) -> None:
    client, data = client_of(draft.team.pi), pdf()
    ticket = post(client, BEGIN, promise(draft.bid, data))
    assert ticket.status_code == 201
    assert send("PUT", ticket.json()["upload_url"], data)[0] == 200
    done = post(client, ticket.json()["complete_url"], {})
    assert done.status_code == 200
    answer = client.get(address_of(ticket.json()["uuid"]))
    assert answer.status_code == 302
    status, headers, body = send("GET", answer.headers["Location"])
    assert (status, body) == (200, data)
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"].startswith("attachment;")
    assert f"filename*=UTF-8''{quote('申报书.pdf')}" in headers["content-disposition"]


def test_the_store_lets_a_browser_put_from_another_origin(draft: Draft) -> None:
    ticket = post(client_of(draft.team.pi), BEGIN, promise(draft.bid, pdf())).json()
    asked = {"Origin": "http://127.0.0.1:8000", "Access-Control-Request-Method": "PUT"}
    status, headers, _body = send("OPTIONS", ticket["upload_url"], **asked)
    assert status == 200
    assert headers["access-control-allow-origin"] in ("*", "http://127.0.0.1:8000")
    assert "PUT" in headers["access-control-allow-methods"]


def test_what_is_not_a_pdf_is_never_shown_by_a_browser(draft: Draft) -> None:
    file = stored(draft, "协议.docx", archive("word/document.xml"))
    address = client_of(draft.team.pi).get(address_of(file.uuid)).headers["Location"]
    _status, headers, _body = send("GET", address)
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith("attachment;")


def test_the_store_gives_nothing_without_an_address(draft: Draft, settings: Any) -> None:
    file = stored(draft)
    bare = f"{settings.S3_ENDPOINT}/{settings.S3_BUCKET}/{file.object_key}"
    assert send("GET", bare)[0] == 403
    assert send("PUT", bare, b"x")[0] == 403
    address = client_of(draft.team.pi).get(address_of(file.uuid)).headers["Location"]
    assert send("PUT", address, b"x")[0] == 403, "an address to read from cannot be written to"
    assert "X-Amz-Expires=60" in address


def test_a_file_is_not_there_for_who_may_not_see_its_holder(draft: Draft) -> None:
    w, file = draft.world, stored(draft)
    rival = submitted_bid(w, draft.bid.challenge).pi
    other_agency = world()
    for user in (None, rival, w.officer, w.lead, w.dem_user, w.rec_user, other_agency.officer):
        assert client_of(user).get(address_of(file.uuid)).status_code == 404
        assert client_of(user).delete(address_of(file.uuid)).status_code == 404
    for user in (draft.team.pi, draft.team.admin):
        assert client_of(user).get(address_of(file.uuid)).status_code == 302


def test_staff_read_the_files_of_a_bid_once_it_is_handed_in(draft: Draft) -> None:
    w = draft.world
    bid = submitted_bid(w, draft.bid.challenge)
    file = Attachment.objects.filter(holder_id=bid.pk, slot="PROPOSAL").get()
    assert client_of(w.officer).get(address_of(file.uuid)).status_code == 302
    assert client_of(world().officer).get(address_of(file.uuid)).status_code == 404


def test_a_pending_upload_cannot_be_fetched(draft: Draft) -> None:
    data = pdf()
    ticket = post(client_of(draft.team.pi), BEGIN, promise(draft.bid, data)).json()
    send("PUT", ticket["upload_url"], data)
    assert client_of(draft.team.pi).get(address_of(ticket["uuid"])).status_code == 404


def test_taking_out_needs_the_right_to_fill_in(draft: Draft) -> None:
    file = stored(draft)
    with on(FILLING_IN):
        assert client_of(draft.team.pi).delete(address_of(file.uuid)).status_code == 204
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"name": "a.exe"}, 400, "invalid_input"),
        ({"size": 10**12}, 413, "too_large"),
        ({"size": "9"}, 400, "invalid_input"),
        ({"size": True}, 400, "invalid_input"),
        ({"sha256": None}, 400, "invalid_input"),
        ({"holder": "accounts.user"}, 400, "invalid_input"),
        ({"holder": "no.model"}, 400, "invalid_input"),
        ({"holder": "x"}, 400, "invalid_input"),
        ({"id": 0}, 403, "not_permitted"),
        ({"id": -1}, 403, "not_permitted"),
        ({"id": 10**20}, 403, "not_permitted"),
        ({"slot": {"a": 1}}, 400, "invalid_input"),
        ({"name": "a\u0000b.pdf"}, 201, None),
    ],
)
def test_odd_promises_get_a_problem_document(draft: Draft, changes: dict, status: int, code: str | None) -> None:
    answer = post(client_of(draft.team.pi), BEGIN, promise(draft.bid, pdf(), **changes))
    assert answer.status_code == status
    if code:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == code
        assert answer.json()["detail"]
        assert not Attachment.objects.exists()


def test_a_body_that_is_no_json_object_is_told_so(draft: Draft) -> None:
    for body in ("[]", "{", "1"):
        answer = client_of(draft.team.pi).post(BEGIN, body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_who_is_logged_out_is_told_to_log_in(draft: Draft) -> None:
    answer = post(client_of(None), BEGIN, promise(draft.bid, pdf()))
    assert answer.status_code == 401
    assert "重新登录" in answer.json()["detail"]


def test_numbers_of_records_of_others_cannot_be_told_from_free_ones(draft: Draft) -> None:
    w = world()
    theirs = draft_bid(w, published_list(w).challenges.get())
    client = client_of(draft.team.pi)
    of_others = post(client, BEGIN, promise(theirs.bid, pdf()))
    of_nobody = post(client, BEGIN, promise(theirs.bid, pdf(), id=999_999))
    assert (of_others.status_code, of_others.content) == (of_nobody.status_code, of_nobody.content)


def test_a_forged_post_from_another_site_is_refused(draft: Draft) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(draft.team.pi)
    assert post(client, BEGIN, promise(draft.bid, pdf())).status_code == 403


def test_the_panel_lists_files_and_offers_the_uploader_to_who_may_use_it(draft: Draft) -> None:
    file = stored(draft, "申报书（终稿）.pdf")
    with on(FILLING_IN):
        begin_upload(draft.team.pi, draft.bid, "PLEDGE", "承诺书.pdf", 9, "0" * 64)
    mine, anybody = panel(draft, draft.team.pi), panel(draft, AnonymousUser())
    assert address_of(file.uuid) in mine
    assert "申报书（终稿）.pdf" in mine
    assert "承诺书.pdf" not in mine, "what is not proven is not shown"
    assert 'type="file"' in mine
    assert "诚信承诺书" in mine
    assert anybody.strip() == ""


def test_the_panel_is_read_only_for_a_reader(draft: Draft) -> None:
    bid = submitted_bid(draft.world, draft.bid.challenge)
    shown = panel(Draft(draft.world, draft.team, bid), draft.world.officer)
    assert "PROPOSAL.pdf" in shown
    assert 'type="file"' not in shown
    assert "移除" not in shown


def panel(draft: Draft, user: Any) -> str:
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.user = user
    with on(FILLING_IN):
        return render_to_string("attachments/_files.html", {"holder": draft.bid}, request)


def test_an_administrator_of_another_unit_adds_nothing(draft: Draft) -> None:
    stranger = person("旁人", Role.ORG, org=world().demander)
    assert post(client_of(stranger), BEGIN, promise(draft.bid, pdf())).status_code == 403
