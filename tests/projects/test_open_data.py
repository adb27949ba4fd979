"""Open data: fixed columns, valid against the published schema, nothing in it that the public may not read."""

import csv
import io
import json
from datetime import datetime
from typing import Any

import pytest
from django.db.models import CharField, F, Value
from django.db.models.functions import Concat
from django.test import Client
from django.utils import translation
from jsonschema import Draft202012Validator, FormatChecker

from accounts.models import Organisation, User
from projects.models import Certificate, Challenge, ChallengeList, PublicNotice
from projects.open_data.rosters import ROSTERS
from tests import delivery_factories as made
from tests.api import worlds
from tests.workflows.conftest import module_db
from workflows.award import AwardDecisionFlow
from workflows.certificate import CertificateFlow
from workflows.engine import perform

__all__ = ["module_db"]

pytestmark = pytest.mark.django_db
NAMES = ["lists", "challenges", "awards", "certificates", "notices"]


def get(url: str, **headers: str) -> Any:
    return Client().get(url, headers=headers)


def text_of(url: str, **headers: str) -> str:
    response = get(url, **headers)
    assert response.status_code == 200, url
    return b"".join(response.streaming_content if response.streaming else [response.content]).decode()


def document(name: str, query: str = "") -> dict[str, Any]:
    """The roster's JSON, checked against the schema that it names itself."""
    found: dict[str, Any] = json.loads(text_of(f"/open/{name}.json{query}"))
    schema = json.loads(text_of("/open/schema/" + found["schema"].rpartition("/")[2]))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(found)
    assert schema["$id"] == found["schema"]
    return found


def table(name: str, query: str = "", **headers: str) -> list[list[str]]:
    text = text_of(f"/open/{name}.csv{query}", **headers)
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_house_has_empty_rosters(name):
    assert document(name)["rows"] == []
    assert table(name) == [ROSTERS[name].head]


@pytest.fixture(scope="module")
def house(module_db: None) -> tuple[made.World, made.World]:
    """A list that was noticed and issued, with a certificate; and one whose notice is not yet published."""
    w, other = made.world(), made.world()
    made.issued_decision(w, scores=("90", "80"))
    with made.on(made.ISSUED):
        perform(CertificateFlow, Certificate.objects.get(), "issue", by=w.lead)
    decision = made.proposed_decision(other)
    with made.on(made.DECIDING):
        perform(AwardDecisionFlow, decision, "submit_to_joint_meeting", by=other.officer)
        perform(AwardDecisionFlow, decision, "submit_to_office_meeting", by=other.officer, minutes="联席会一致同意")
        made.carried_out(other, "PUBLICISE", minutes="办公会审议通过")
    return w, other


@pytest.fixture
def awarded(house: tuple[made.World, made.World]) -> made.World:
    return made.fresh(house[0])


def test_every_roster_of_a_full_house_keeps_to_its_schema(awarded):
    rows = {name: document(name)["rows"] for name in NAMES}
    assert {name: len(found) for name, found in rows.items()} == {
        "lists": 2, "challenges": 2, "awards": 2, "certificates": 1, "notices": 1,
    }  # fmt: skip
    challenge = rows["challenges"][0]
    assert challenge["cap_yuan"] == 10_000_000
    assert datetime.fromisoformat(challenge["bid_close_at"]).isoformat() == "2026-04-21T17:00:00+08:00"
    assert [i["target"] for i in challenge["indicators"]] == ["100", "10", "1"]
    assert challenge["indicators"][0]["milestone_values"] == {"1": "30"}
    number = awarded.challenge_list.number
    assert {row["list"] for name in NAMES[2:] for row in rows[name]} == {number}
    assert rows["certificates"][0]["is_valid"] is True
    assert rows["certificates"][0]["project_number"] == awarded.projects[0].number


def test_the_csv_has_the_same_rows_under_chinese_heads(awarded):
    for name in NAMES:
        head, *lines = table(name)
        assert head == ROSTERS[name].head
        assert len(lines) == len(document(name)["rows"])
        assert {len(line) for line in lines} == {len(head)}
    head, line, _other = table("challenges")
    cells = dict(zip(head, line, strict=True))
    assert cells["榜金（元）"] == "10000000"
    assert cells["揭榜截止"] == "2026-04-21 17:00:00"
    assert cells["考核指标"].startswith("单节点写入吞吐 ≥ 100 万次/秒；写入延迟 ≤ 10 毫秒")
    outcomes = [dict(zip(table("awards")[0], row, strict=True))["结论"] for row in table("awards")[1:]]
    assert outcomes == ["拟立项", "备选"]


def test_every_csv_row_read_back_keeps_to_the_schema_and_equals_the_json(awarded):
    """A list or table within a cell has no shape there; every other cell is read by the schema's type alone."""
    for name in NAMES:
        schema = json.loads(text_of(f"/open/schema/{name}.json"))["properties"]["rows"]["items"]
        head, *lines = table(name)
        assert head == [column["title"] for column in schema["properties"].values()]
        for line, said in zip(lines, document(name)["rows"], strict=True):
            cells = zip(schema["properties"].items(), line, strict=True)
            row = {key: _read(cell, column, said[key]) for (key, column), cell in cells}
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(row)
            assert row == said


def _read(cell: str, column: dict[str, Any], said: Any) -> Any:
    if "anyOf" in column:
        return None if cell == "" else _read(cell, column["anyOf"][0], said)
    match column:
        case {"type": "array" | "object"}:
            return said
        case {"type": "integer"}:
            return int(cell)
        case {"type": "boolean"}:
            return {"是": True, "否": False}[cell]
        case {"format": "date-time"}:
            return cell.replace(" ", "T") + "+08:00"
    return cell


#: What programs rely on. A change here breaks them: add at the end, never rename or remove.
FIXED = {
    "lists": (
        "number title year agency mode mode_label quota_target challenge_count published_at bid_close_at rec_close_at "
        "state state_label contact introduction url"
    ),
    "challenges": (
        "list list_title agency mode number title field field_label demander cap_yuan months lanes state state_label "
        "published_at bid_close_at background content scenario bidder_conditions ip_terms indicators url"
    ),
    "awards": (
        "list notice agency number title unit pi yuan period outcome starts_on ends_on notice_state "
        "notice_state_label url"
    ),
    "certificates": (
        "number kind kind_label holder project_number project_title issuer issued_on state state_label is_valid list "
        "pdf_sha256"
    ),
    "notices": (
        "number kind kind_label agency list title body starts_on ends_on state state_label rows content_sha256 url"
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_a_promise(name):
    assert [column.key for column in ROSTERS[name].columns] == FIXED[name].split()
    assert len(set(ROSTERS[name].head)) == len(ROSTERS[name].head)


@pytest.mark.parametrize("name", NAMES)
def test_heads_and_schema_are_chinese_whatever_the_reader_speaks(name):
    with translation.override("en"):
        assert table(name, **{"Accept-Language": "en"})[0] == ROSTERS[name].head
        schema = json.loads(text_of(f"/open/schema/{name}.json", **{"Accept-Language": "en"}))
    assert [p["title"] for p in schema["properties"]["rows"]["items"]["properties"].values()] == ROSTERS[name].head


def test_a_roster_can_be_narrowed_to_one_list(awarded, house):
    other = house[1].challenge_list
    for name, count in {"lists": 1, "challenges": 1, "awards": 0, "certificates": 0, "notices": 0}.items():
        assert len(document(name, f"?list={other.number}")["rows"]) == count, name
        assert len(document(name, f"?list={awarded.challenge_list.number}")["rows"]) > 0, name
    assert document("challenges", f"?list={other.number}")["list"] == other.number
    disposition = get(f"/open/challenges.csv?list={other.number}").headers["Content-Disposition"]
    assert f'filename="challenges-{other.number}.csv"' in disposition


def test_a_list_that_is_not_public_and_one_that_is_not_there_answer_alike(awarded):
    hidden = worlds.drafts(awarded)[0]
    for number in (hidden.number, "NOWHERE", "%00", "'\""):
        for suffix in ("csv", "json"):
            assert get(f"/open/challenges.{suffix}?list={number}").status_code == 404
    for url in ("/open/bids.json", "/open/bids.csv", "/open/schema/bids.json"):
        assert get(url).status_code == 404


CANARY = "金丝雀"


def test_no_draft_no_hidden_demander_no_expert_and_no_token_gets_out(house):
    """Everything secret is given a name that would be seen; the rosters are read by an officer, too."""
    w, other = house
    Challenge.objects.update(demander_is_hidden=True)
    Organisation.objects.filter(pk__in=[w.demander.pk, other.demander.pk]).update(
        name=Concat(Value(CANARY), F("uscc"), output_field=CharField())
    )
    User.objects.filter(expert_records__isnull=False).update(name=f"{CANARY}专家")
    hidden_list, hidden_challenge = worlds.drafts(w)
    ChallengeList.objects.filter(pk=hidden_list.pk).update(title=f"{CANARY}榜单")
    Challenge.objects.filter(pk=hidden_challenge.pk).update(title=f"{CANARY}榜题")
    unpublished = PublicNotice.objects.filter(agency=other.agency)
    assert unpublished.update(title=f"{CANARY}公示", body=CANARY, rows=[{"number": "X", "title": CANARY}]) == 1
    certificate = Certificate.objects.get()
    with made.on(made.ISSUED, 12):
        perform(CertificateFlow, certificate, "reissue", by=w.lead, reason=f"{CANARY}遗失原件，登报声明作废后补发")
    secrets = [CANARY, w.demander.uscc, certificate.token, hidden_list.number, hidden_challenge.number]
    officer = Client()
    officer.force_login(w.officer)
    for name in NAMES:
        for suffix in ("csv", "json"):
            for client in (Client(), officer):
                text = b"".join(client.get(f"/open/{name}.{suffix}").streaming_content).decode()
                assert [secret for secret in secrets if secret in text] == [], (name, suffix)
    assert {row["demander"] for row in document("challenges")["rows"]} == {None}
    assert [row["state"] for row in document("certificates")["rows"]] == ["REISSUED"]
    assert [row["number"] for row in document("notices")["rows"]] == [w.notice.number]


@pytest.mark.parametrize(("name", "queries"), [("lists", 1), ("challenges", 2), ("awards", 1), ("certificates", 1), ("notices", 1)])  # fmt: skip
def test_a_roster_costs_the_same_however_long_it_is(awarded, name, queries, django_assert_num_queries):
    made.published_list(made.world(), challenges=4)
    for suffix in ("csv", "json"):
        with django_assert_num_queries(queries):
            text_of(f"/open/{name}.{suffix}")


def test_other_sites_may_read_it_and_a_cell_is_never_a_formula(awarded):
    Challenge.objects.update(title="=HYPERLINK(1)")
    assert get("/open/challenges.json").headers["Access-Control-Allow-Origin"] == "*"
    assert dict(zip(*table("challenges")[:2], strict=True))["榜题名称"] == "'=HYPERLINK(1)"


def test_the_page_of_open_data_lists_every_roster_with_its_columns(django_assert_num_queries):
    with django_assert_num_queries(0):
        html = get("/open/").content.decode()
    for name in NAMES:
        for url in (f"/open/{name}.csv", f"/open/{name}.json", f"/open/schema/{name}.json"):
            assert url in html
        assert all(column.key in html for column in ROSTERS[name].columns)
    assert Client().post("/open/").status_code == 405
