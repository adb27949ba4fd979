"""Who reads the conflict matrix, relations and avoid lists: names for two people, counts for the staff, else nothing."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from accounts.models import Role, UnitAlias, User
from projects.models import Bid
from projects.queries import avoidances_visible_to
from review.models import ConflictFinding, ConflictRuling, Expert, ExpertTie
from review.queries import findings_visible_to, rulings_visible_to, ties_visible_to
from tests import delivery_factories as made
from tests import review_factories as f
from tests.conflict_factories import avoid, tie
from tests.delivery_factories import on
from tests.review_factories import DRAWN, READ, Review
from workflows import clock
from workflows.bid import BidFlow
from workflows.conflict_matrix import keep_findings
from workflows.engine import perform
from workflows.models import AuditEntry

CANARY, FEARED = "金丝雀专家", "金丝雀理由"


@pytest.fixture(scope="module")
def base(module_db: None) -> Review:
    return f.scoring(f.in_preview(f.pledged(f.drawn(f.planned(f.under_review(f.closed(2)))))))


@pytest.fixture
def canary(base: Review, db: None) -> Expert:
    """Of a bidder's unit, with a doubtful relation beside; the first bid's team wants him to keep away."""
    expert = f.expert(base.w, organisation=base.bids[0].organisation)
    expert.user.name = CANARY
    expert.user.save()
    tie(expert, "OTHER", organisation=base.bids[1].organisation)
    avoid(base.bids[0], expert, reason=FEARED)
    with on(READ):
        keep_findings([expert], base.bids, clock.now())
    return expert


@pytest.fixture
def r(base: Review, canary: Expert) -> Review:
    return base


def read(user: User, url: str) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    answer = client.get(url)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return answer.status_code, body.decode()


def matrix(r: Review, more: str = "") -> str:
    return f"/rounds/{r.round.pk}/conflicts/{more}"


def test_rule_3_5_names_and_evidence_are_for_the_rounds_secretary_and_the_supervisor(r):
    for user in (r.secretary, r.w.supervisor):
        status, page = read(user, matrix(r))
        assert status == 200
        assert CANARY in page
        assert "同一法人" in page
    another = made.person("别的秘书", Role.SEC, agency=r.w.agency)
    for user in (r.chair, r.bids[0].pi, r.seats()[1].expert.user, made.world().supervisor):
        assert read(user, matrix(r))[0] == 404, user
        assert read(user, matrix(r).replace("/conflicts/", "/conflicts.csv"))[0] == 404
    assert read(another, matrix(r))[0] == 404


def test_the_officer_reads_counts_by_rule_and_no_name_whatever_he_asks_for(r):
    for user in (r.w.officer, r.w.lead):
        for more in ("", "?rule=C01", "?severity=BLOCK", "?severity=OPEN", "?rule=x&severity=y"):
            status, page = read(user, matrix(r, more))
            assert status == 200
            assert "与申请或参与单位同属一个法人" in page
            assert CANARY not in page
            assert FEARED not in page
        assert read(user, f"/rounds/{r.round.pk}/conflicts.csv")[0] == 403
        assert read(user, f"/experts/{r.seats()[0].expert_id}/ties/")[0] == 404


def test_the_filter_shows_one_rule_or_one_severity_and_bad_input_filters_nothing(r):
    shown = {more: read(r.secretary, matrix(r, more))[1].count("popovertarget") for more in (
        "", "?rule=C01", "?rule=C07", "?severity=BLOCK", "?severity=WARN", "?severity=OPEN", "?rule=C13", "?rule=x",
    )}  # fmt: skip
    assert shown == {
        "": 3, "?rule=C01": 1, "?rule=C07": 1, "?severity=BLOCK": 1, "?severity=WARN": 2, "?severity=OPEN": 1,
        "?rule=C13": 0, "?rule=x": 3,
    }  # fmt: skip


def test_the_export_has_every_finding_with_its_evidence(r):
    _status, text = read(r.secretary, f"/rounds/{r.round.pk}/conflicts.csv")
    head, *rows = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    assert [row[head.index("规则")][:3] for row in rows] == ["C01", "C10", "C07"]
    assert all(len(row[head.index("依据")]) > 10 for row in rows)


def test_the_page_asks_the_same_number_of_queries_however_many_findings_there_are(r, django_assert_max_num_queries):
    for n in range(8):
        more = f.expert(r.w, organisation=r.bids[n % 2].organisation)
        tie(more, "OTHER", organisation=r.bids[1].organisation)
        with on(READ):
            keep_findings([more], r.bids, clock.now())
    client = Client()
    client.force_login(r.secretary)
    client.get(matrix(r))
    with django_assert_max_num_queries(14):
        client.get(matrix(r))


@pytest.mark.parametrize("who", ["officer", "lead", "finance", "rec_user", "dem_user"])
def test_findings_and_rulings_are_seen_by_secretary_and_supervisor_of_the_pool_only(r, who):
    for query in (findings_visible_to, rulings_visible_to):
        assert query(r.secretary).exists()
        assert query(r.w.supervisor).exists()
        for user in (
            getattr(r.w, who),
            r.bids[0].pi,
            r.seats()[0].expert.user,
            made.world().supervisor,
            AnonymousUser(),
        ):
            assert not query(user).exists()


def test_an_expert_reads_what_he_declared_himself_and_nothing_that_was_noted_about_him(r, canary):
    tie(canary, "OTHER", organisation=r.bids[0].organisation, source="SECRETARY", note="秘书登记的线索")
    assert {row.source for row in ties_visible_to(canary.user)} == {"DECLARED"}
    assert "秘书登记的线索" not in read(canary.user, "/reviews/ties/")[1]
    assert "秘书登记的线索" in read(r.secretary, f"/experts/{canary.pk}/ties/")[1]
    assert not ties_visible_to(r.seats()[0].expert.user).exists()
    assert read(r.bids[0].pi, "/reviews/ties/")[0] == 404


def test_a_relation_is_refused_with_the_field_and_the_cure(r, canary):
    client = Client()
    client.force_login(canary.user)
    for given, cure in (
        ({"kind": "EMPLOYED", "person_name": "某人", "unit_name": "某公司"}, "请清空姓名"),
        ({"kind": "RELATIVE", "unit_name": "某公司"}, "请填写对方姓名"),
        (
            {"kind": "OTHER", "unit_name": "某公司", "since": "2026-02-01", "until": "2026-01-01"},
            "结束日不能早于开始日",
        ),
    ):
        answer = client.post("/reviews/ties/", given)
        assert answer.status_code == 422
        assert cure in answer.content.decode()
    client.post("/reviews/ties/", {"kind": "EMPLOYED", "unit_name": r.bids[1].organisation.name})
    assert ExpertTie.objects.get(kind="EMPLOYED").organisation == r.bids[1].organisation


# --- the avoid list -----------------------------------------------------------------------------------


def test_rule_3_5_the_avoid_list_is_read_by_its_team_and_those_who_decide_and_by_nobody_else(r):
    first, other = r.bids
    admin = next(t.admin for t in r.w.teams if t.pi == first.pi)
    for user in (first.pi, admin, r.w.officer, r.w.lead, r.secretary):
        assert avoidances_visible_to(user).exists(), user
        assert FEARED in read(user, first.get_absolute_url())[1]
    outsiders: list[Any] = [
        other.pi, r.w.rec_user, r.w.supervisor, r.seats()[0].expert.user, made.world().officer, AnonymousUser()
    ]  # fmt: skip
    for user in outsiders:
        assert not avoidances_visible_to(user).exists()
    assert FEARED not in read(r.w.rec_user, first.get_absolute_url())[1]
    for url in (f"/bids/{first.uuid}/cells/", f"/api/v1/bids/{first.uuid}/"):
        assert FEARED not in read(r.w.rec_user, url)[1]


def test_no_page_of_an_expert_shows_the_avoid_list(r):
    seat = r.seats()[0]
    sheet = seat.sheets.get(bid=r.bids[0])
    pages = ["/reviews/", seat.get_absolute_url(), sheet.get_absolute_url(), "/reviews/ties/", "/workbench/",
             r.bids[0].get_absolute_url(), "/notifications/", reverse("bid_cells", args=[r.bids[0].uuid])]  # fmt: skip
    with on(READ):
        for page in pages:
            assert FEARED not in read(seat.expert.user, page)[1], page


def test_a_decision_tells_the_team_why_and_the_timeline_only_that(r, canary):
    bid: Bid = r.bids[0]
    words = "经核实双方为诉讼对手，予以采纳"
    with on(DRAWN, 20):
        decision = {"avoidance": bid.avoidances.get().pk, "decision": "ACCEPTED", "decision_reason": words}
        perform(BidFlow, bid, "decide_avoidance", by=r.w.officer, **decision)
    assert words in read(bid.pi, bid.get_absolute_url())[1]
    page = read(r.w.rec_user, bid.get_absolute_url())[1]
    assert "决定回避申请" in page
    assert words not in page
    finding = ConflictFinding.objects.get(expert=canary, code="C10")
    assert finding.severity == "BLOCK"
    assert not ConflictRuling.objects.filter(finding=finding).exists()


# --- names and links of units ---------------------------------------------------------------------------


def test_a_secretary_adds_a_branch_and_who_must_now_stand_aside_leaves_at_once(r):
    seat = r.technical
    url = f"/units/{seat.expert.organisation.uscc}/relations/"
    client = Client()
    client.force_login(r.secretary)
    with on(READ, 15):
        answer = client.post(
            url, {"form": "link", "link-kind": "BRANCH", "link-parent_name": r.bids[0].organisation.name}
        )
    assert answer.status_code == 302
    seat.refresh_from_db()
    assert seat.state == "RECUSED"
    entry = AuditEntry.objects.get(object_type="accounts.unitlink")
    assert entry.payload["kind"] == "BRANCH"
    for user in (r.w.officer, r.bids[0].pi, seat.expert.user):
        assert read(user, url)[0] == 404


def test_a_name_is_given_to_one_unit_only_and_bad_input_says_the_cure(r):
    url = f"/units/{r.bids[0].organisation.uscc}/relations/"
    client = Client()
    client.force_login(r.secretary)
    UnitAlias.objects.create(unit=r.w.demander, kind="SHORT", name="岱科")
    for given, cure in (
        ({"form": "alias", "alias-kind": "SHORT", "alias-name": "（岱 科）"}, "已登记给"),
        ({"form": "alias", "alias-kind": "SHORT", "alias-name": "——"}, "名称须有文字"),
        ({"form": "link", "link-kind": "BRANCH", "link-parent_name": "没有的单位"}, "请核对全称"),
        ({"form": "link", "link-kind": "BRANCH", "link-parent_name": r.bids[0].organisation.name}, "请核对全称"),
    ):
        answer = client.post(url, given)
        assert answer.status_code == 422
        assert cure in answer.content.decode()
    client.post(url, {"form": "alias", "alias-kind": "FORMER", "alias-name": "岱海第一研究所"})
    assert r.bids[0].organisation.aliases.get().normalised == "岱海第一研究所"
