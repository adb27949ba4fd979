"""Pages of technical demands: who sees which, what they show, the forms, merging on the list's page, the export."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Challenge, Demand
from projects.queries import visible
from tests import delivery_factories as made
from tests import demand_factories as f
from tests.api.callers import API, caller
from tests.delivery_factories import World, on
from workflows.demand import DemandFlow
from workflows.demand_merge import merge_demands
from workflows.engine import perform

pytestmark = pytest.mark.django_db
CANARY = "金丝雀秘密需求"
S = Demand.State


@pytest.fixture
def w() -> World:
    return f.collecting_world()


def client_of(user: Any) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def read(user: Any, url: str) -> str:
    response = client_of(user).get(url)
    assert response.status_code == 200, (url, response.status_code)
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return content.decode()


def sees(user: Any, demand: Demand) -> bool:
    """The same answer on the page, in the table, in the export, by the API and by the scope itself."""
    client = client_of(user)
    status = client.get(demand.get_absolute_url()).status_code
    if user is None:
        assert status == 302
        assert caller().get(f"{API}/demands/{demand.number}/").status_code == 404
        assert not visible(Demand, user).filter(pk=demand.pk).exists()
        return False
    answers = {
        status == 200,
        caller(user).get(f"{API}/demands/{demand.number}/").status_code == 200,
        demand.title in str(caller(user).get(f"{API}/demands/").json()),
        demand.title in read(user, "/demands/"),
        demand.title in read(user, "/demands/export.csv"),
        visible(Demand, user).filter(pk=demand.pk).exists(),
    }
    assert len(answers) == 1, f"{user} gets different answers"
    return answers.pop()


def fields(demand: Demand | None = None, **changed: Any) -> dict[str, Any]:
    """A complete form as the browser posts it, with one indicator row."""
    return {
        "title": "海上风电齿轮箱寿命预测", "field": "AI", "problem": "停机难料", "goal": "提前七天预报", "scenario": "海上风场",
        "expected_yuan": "200.50", "own_yuan": "300", "solver_cash_yuan": "80", "months": "24",
        "bidder_conditions": "境内法人均可揭榜", "ip_terms": "归揭榜方所有", "contact_name": "李四", "contact_phone": "13800000001",
        "indicators-TOTAL_FORMS": "1", "indicators-INITIAL_FORMS": "0", "indicators-0-name": "提前量",
        "indicators-0-comparator": ">=", "indicators-0-target": "7", "indicators-0-unit": "天", "indicators-0-is_must": "on",
        "indicators-0-check_method": "现场验证", **changed,
    }  # fmt: skip


# --- who sees which -----------------------------------------------------------------------------------


def test_a_draft_is_the_demanders_alone(w: World) -> None:
    demand, other = f.draft(w, title=CANARY), f.collecting_world()
    assert sees(w.dem_user, demand)
    for user in (
        w.officer,
        w.lead,
        w.supervisor,
        w.finance,
        w.rec_user,
        other.officer,
        other.dem_user,
        other.rec_user,
        None,
    ):
        assert not sees(user, demand), user


def test_a_submitted_demand_is_read_by_its_recommender_and_the_agency_and_by_nobody_else(w: World) -> None:
    demand, other = f.submitted(w, title=CANARY), f.collecting_world()
    for user in (w.dem_user, w.rec_user, w.officer, w.lead, w.supervisor):
        assert sees(user, demand), user
    for user in (w.finance, other.officer, other.lead, other.supervisor, other.rec_user, other.dem_user, None):
        assert not sees(user, demand), user


def test_an_abandoned_draft_is_told_to_nobody(w: World) -> None:
    demand = f.draft(w, title=CANARY)
    perform(DemandFlow, demand, "withdraw", by=w.dem_user, reason="内部立项自行攻关，不再提出需求")
    assert sees(w.dem_user, demand)
    assert not sees(w.officer, demand)
    assert not sees(w.rec_user, demand)


def test_who_sat_on_the_panel_is_read_inside_the_agency_only(w: World) -> None:
    demand = f.appraised(w, f.endorsed(w))
    member = f.panel(w)[0].user
    member.name = "金丝雀专家"
    member.save()
    for user, knows in ((w.officer, True), (w.supervisor, True), (w.dem_user, False), (w.rec_user, False)):
        html = read(user, demand.get_absolute_url())
        assert ("金丝雀专家" in html) is knows, user
        assert "80.00" in html
        assert f.OPINION in html


def test_the_demander_of_a_merged_demand_reads_the_draft_challenge_and_other_outsiders_do_not(w: World) -> None:
    unit, user = f.another_demander()
    demands = [f.endorsed(w), f.endorsed(w, demander=unit, by=user)]
    for demand in demands:
        f.appraised(w, demand)
    with on(f.MERGED):
        challenge = merge_demands(demands, by=w.officer)
    assert client_of(user).get(challenge.get_absolute_url()).status_code == 200
    assert challenge.number in read(user, demands[1].get_absolute_url())
    assert client_of(w.rec_user).get(challenge.get_absolute_url()).status_code == 404
    assert challenge.get_absolute_url() not in read(w.rec_user, demands[1].get_absolute_url())


def test_the_workbench_says_whose_turn_it_is(w: World) -> None:
    drafted, handed_in = f.draft(w, title="待提交的那项"), f.submitted(w, title="待推荐的那项")
    with on(f.WRITTEN, 15):
        mine = read(w.dem_user, "/workbench/")
        assert drafted.title in mine
        assert "需求征集截止" in mine
        assert handed_in.title in read(w.rec_user, "/workbench/")
    with on(f.ENDORSED):
        perform(DemandFlow, handed_in, "endorse", by=w.rec_user, endorsement="同意推荐")
    f.to_appraisal(w)
    assert handed_in.title in read(w.officer, "/workbench/")


# --- the demander's form --------------------------------------------------------------------------------


def test_a_demander_writes_a_demand_with_its_indicators_and_submits_it(w: World) -> None:
    client = client_of(w.dem_user)
    with on(f.WRITTEN):
        assert w.challenge_list.title in read(w.dem_user, "/demands/")
        given = fields(challenge_list=w.challenge_list.pk, demander=w.demander.pk, recommender=w.recommender.pk)
        response = client.post("/new/demand/", given)
        demand = Demand.objects.get()
        assert response.headers["Location"] == demand.get_absolute_url()
        assert (demand.expected_yuan, demand.solver_cash_yuan, demand.state) == (2_005_000, 800_000, S.DRAFT)
        assert "草稿未提交" in read(w.dem_user, demand.get_absolute_url())
        url = reverse("act", args=["demand", demand.pk, "submit"])
        client.post(url, {"unsolved": "on", "truthful": "on"})
    demand.refresh_from_db()
    assert demand.state == S.SUBMITTED
    assert [i.name for i in demand.indicators.all()] == ["提前量"]


def test_a_draft_may_be_saved_incomplete_but_its_page_says_what_is_missing(w: World) -> None:
    with on(f.WRITTEN):
        given = fields(
            challenge_list=w.challenge_list.pk, demander=w.demander.pk, goal="", ip_terms="", expected_yuan=""
        )
        assert client_of(w.dem_user).post("/new/demand/", given).status_code == 302
        html = read(w.dem_user, Demand.objects.get().get_absolute_url())
    for label in ("技术目标", "知识产权约定", "期望榜金", "推荐单位"):
        assert label in html.split("尚未填写")[1][:200]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"bidder_conditions": "负责人须具有博士学位"}, "揭榜不设门槛，请删去"),
        ({"solver_cash_yuan": "301"}, "不得多于自有投入"),
        ({"months": "97"}, "96"),
        ({"indicators-0-comparator": "range"}, "范围须填上限"),
    ],
)
def test_the_form_names_the_field_and_keeps_what_was_typed(w: World, changed: dict[str, str], sentence: str) -> None:
    with on(f.WRITTEN):
        given = fields(challenge_list=w.challenge_list.pk, demander=w.demander.pk, **changed)
        response = client_of(w.dem_user).post("/new/demand/", given)
    html = response.content.decode()
    assert response.status_code == 422
    assert sentence in html
    assert "海上风电齿轮箱寿命预测" in html
    assert not Demand.objects.exists()


def test_nobody_writes_in_the_name_of_another_unit_or_in_what_was_submitted(w: World) -> None:
    other, demand = f.collecting_world(), f.submitted(w)
    with on(f.WRITTEN, 12):
        given = fields(challenge_list=w.challenge_list.pk, demander=w.demander.pk)
        assert client_of(other.dem_user).post("/new/demand/", given).status_code == 422
        assert client_of(w.officer).get("/new/demand/").status_code == 403
        assert client_of(w.dem_user).get(f"{demand.get_absolute_url()}edit/").status_code == 403
        assert client_of(other.dem_user).get(f"{demand.get_absolute_url()}edit/").status_code == 404


# --- the panel's points, and merging ---------------------------------------------------------------------


def points(w: World, size: int = 5, **changed: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"scores-TOTAL_FORMS": str(size), "scores-INITIAL_FORMS": "0"}
    for i, expert in enumerate(f.panel(w, size)):
        data[f"scores-{i}-expert"] = expert.pk
        data |= {f"scores-{i}-{name}": "20" for name in ("necessity", "innovation", "feasibility", "benefit")}
    return data | changed


def test_the_officer_writes_the_table_of_points_and_then_the_result(w: World) -> None:
    demand = f.endorsed(w)
    f.to_appraisal(w)
    url = f"{demand.get_absolute_url()}appraisal/"
    client = client_of(w.officer)
    assert client.post(url, points(w)).status_code == 302
    assert demand.scores.count() == 5
    given = {"result": "PASS", "opinion": f.OPINION}
    client.post(reverse("act", args=["demand", demand.pk, "appraise"]), given)
    demand.refresh_from_db()
    assert demand.state == S.APPRAISED_PASS
    assert client.get(url).status_code == 403


def test_the_table_of_points_refuses_who_is_concerned_who_comes_twice_and_what_is_off_the_scale(w: World) -> None:
    demand = f.endorsed(w)
    f.to_appraisal(w)
    url, client = f"{demand.get_absolute_url()}appraisal/", client_of(w.officer)
    first, second = f.panel(w)[:2]
    first.organisation = w.demander
    first.save()
    assert "须回避，请更换" in client.post(url, points(w)).content.decode()
    assert "只能评一次" in client.post(url, points(w, **{"scores-0-expert": second.pk})).content.decode()
    assert client.post(url, points(w, **{"scores-1-benefit": "26"})).status_code == 422
    assert not demand.scores.exists()
    assert client_of(w.dem_user).get(url).status_code == 403
    assert client_of(f.collecting_world().officer).get(url).status_code == 404


def passed(w: World, n: int) -> list[Demand]:
    demands = [f.endorsed(w) for _ in range(n)]
    return [f.appraised(w, demand) for demand in demands]


def test_on_the_lists_page_the_officer_merges_several_into_a_new_challenge(w: World) -> None:
    demands, row = passed(w, 3), w.challenge_list
    html = read(w.officer, row.get_absolute_url())
    assert html.count('name="demands"') == 3
    assert 'name="demands"' not in read(w.lead, row.get_absolute_url())
    with on(f.MERGED):
        given = {"demands": [d.pk for d in demands[:2]], "into": "", "title": "合并榜题"}
        response = client_of(w.officer).post(f"{row.get_absolute_url()}demands/merge/", given)
    challenge = Challenge.objects.get(title="合并榜题")
    assert response.headers["Location"] == f"/challenges/{challenge.number}/edit/"
    assert Demand.objects.filter(merged_into=challenge, state=S.MERGED).count() == 2
    with on(f.MERGED):
        given = {"demands": [demands[2].pk], "into": challenge.number}
        client_of(w.officer).post(f"{row.get_absolute_url()}demands/merge/", given)
    assert challenge.demands.count() == 3


def test_merging_nothing_or_into_nothing_says_so_and_changes_nothing(w: World) -> None:
    demand, url = passed(w, 1)[0], f"{w.challenge_list.get_absolute_url()}demands/merge/"
    client = client_of(w.officer)
    for given, sentence in (
        ({"into": ""}, "请至少选择一项"),
        ({"demands": [demand.pk], "into": "NOPE"}, "不在起草中"),
        ({"demands": ["x", "9" * 30]}, "请至少选择一项"),
    ):
        assert sentence in client.post(url, given, follow=True).content.decode()
    assert client_of(w.lead).post(url, {"demands": [demand.pk]}).status_code == 403
    assert client_of(f.collecting_world().officer).post(url, {"demands": [demand.pk]}).status_code == 404
    assert not Challenge.objects.exists()


# --- the table -------------------------------------------------------------------------------------------


def test_the_table_is_narrowed_sorted_and_strange_values_are_ignored(w: World) -> None:
    f.submitted(w, title="甲需求", expected_yuan=1_000_000)
    f.submitted(w, title="乙需求", expected_yuan=5_000_000, field="AI")
    html = read(w.officer, "/demands/?sort=-money")
    assert html.index("乙需求") < html.index("甲需求")
    assert "甲需求" not in read(w.officer, "/demands/?field=AI")
    assert "乙需求" not in read(w.officer, f"/demands/?q=甲&list={w.challenge_list.number}&state=SUBMITTED")
    for query in ("?sort=drop&page=x&field=NOPE&list=NOPE", "?q=%00", "?page=999999"):
        assert client_of(w.officer).get(f"/demands/{query}").status_code == 200
    rows = client_of(w.officer).get("/demands/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in rows


def test_the_export_holds_the_filtered_rows_and_no_formulas(w: World) -> None:
    f.submitted(w, title="=HYPERLINK(1)")
    f.submitted(w, title="别的", field="AI")
    text = read(w.officer, "/demands/export.csv?field=SOFTWARE")
    assert "'=HYPERLINK(1)" in text
    assert "单节点写入吞吐 ≥ 100 万次/秒" in text
    assert "别的" not in text


def test_the_table_costs_the_same_for_two_and_for_six_demands(w: World, django_assert_max_num_queries: Any) -> None:
    client = client_of(w.officer)
    for more in (2, 4):
        for _ in range(more):
            f.submitted(w)
        # Session, user, grants, unread; the table itself and the filter's lists.
        with django_assert_max_num_queries(6):
            assert client.get("/demands/").status_code == 200


def test_the_api_reads_a_demand_with_its_indicators_and_without_the_panel(w: World) -> None:
    demand = f.appraised(w, f.endorsed(w))
    member = f.panel(w)[0].user
    answer = caller(w.dem_user).get(f"{API}/demands/{demand.number}/")
    body = answer.json()
    assert [i["name"] for i in body["indicators"]] == ["单节点写入吞吐", "示范应用"]
    assert (body["result"], body["mean_score"]) == ("PASS", "80.00")
    assert member.name not in answer.content.decode()


def test_a_list_that_collects_nothing_shows_no_demands(w: World) -> None:
    other = made.world()
    row = made.published_list(other)
    assert 'id="demands"' not in read(other.officer, row.get_absolute_url())
    assert 'id="demands"' in read(w.officer, w.challenge_list.get_absolute_url())
