"""The decision list as pages: where the money ends, ties, previews, the second person, tables as CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from projects.models import AwardDecision, DecisionBatch, DecisionRow
from projects.tasks import draw_decision_letters
from tests import delivery_factories as f
from tests.api.callers import API, caller, perform_over_api
from tests.workflows.conftest import module_db  # noqa: F401
from workflows.award import AwardDecisionFlow
from workflows.engine import perform

pytestmark = pytest.mark.django_db
NUMBER = "鲁科字〔2026〕29号"


@pytest.fixture(scope="module")
def meeting(module_db: None) -> f.World:  # noqa: F811
    """Two awards of two million each before the office meeting, a reserve and a refusal."""
    w = f.world(quota=2)
    f.proposed_decision(w, scores=("90", "88", "80", "60"), cap_yuan=4_000_000, lanes=2)
    with f.on(f.DECIDING):
        perform(AwardDecisionFlow, w.decision, "submit_to_joint_meeting", by=w.officer)
        perform(AwardDecisionFlow, w.decision, "submit_to_office_meeting", by=w.officer, minutes="联席会一致同意")
    return w


@pytest.fixture
def w(meeting: f.World, db: None) -> f.World:
    return f.fresh(meeting)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(w: f.World, user: User | None = None, **query: str) -> str:
    return browser(user or w.lead).get(w.decision.get_absolute_url(), query).content.decode()


def budget(w: f.World, yuan: int) -> None:
    perform(AwardDecisionFlow, w.decision, "set_budget", by=w.officer, budget_yuan=yuan)


def table(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_list_shows_where_the_money_ends(w: f.World) -> None:
    budget(w, 3_000_000)
    shown = page(w, view="list")
    assert "盘子够前 1 项，尚余 100.00 万元" in shown
    assert "超出盘子 100.00 万元" in shown
    assert shown.index("jb-cut") < shown.index("jb-over")
    budget(w, 5_000_000)
    shown = page(w, view="list")
    assert "jb-cut" not in shown
    assert "余额（万元）" in shown


def test_both_views_filter_and_sort(w: f.World) -> None:
    budget(w, 3_000_000)
    titles = [r.bid.organisation.name for r in w.decision.rows.order_by("rank").select_related("bid__organisation")]
    assert [name in page(w, outcome="RESERVE") for name in titles] == [False, False, True, False]
    assert [name in page(w, view="list", mark="over") for name in titles] == [False, True, False, False]
    ascending = page(w, view="list", sort="score")
    assert sorted(titles, key=ascending.index) == titles[::-1]
    assert "没有符合条件的申报" in page(w, q="没有这个词")


def test_the_table_downloads_as_it_is_shown(w: f.World) -> None:
    budget(w, 3_000_000)
    path = reverse("decision_csv", args=[w.challenge_list.number])
    rows = table(browser(w.officer).get(path))
    assert [row["得分"] for row in rows] == ["90.00", "88.00", "80.00", "60.00"]
    assert [row["累计（万元）"] for row in rows] == ["200.00", "400.00", "", ""]
    assert [row["在盘子内"] for row in rows] == ["是", "否", "", ""]
    assert {row["专家推荐意见"] for row in rows} == {"推荐 3"}
    only = table(browser(w.officer).get(path, {"outcome": "RESERVE"}))
    assert [row["结论"] for row in only] == ["备选"]
    assert browser(w.teams[0].pi).get(path).status_code == 404


def test_a_tie_is_marked_on_the_list(w: f.World) -> None:
    DecisionRow.objects.filter(decision=w.decision, rank=2).update(rank=1)
    assert page(w).count("同分未分出先后") == 2


def test_the_page_costs_the_same_for_more_rows(w: f.World, django_assert_max_num_queries: Any) -> None:
    page(w)
    with django_assert_max_num_queries(34):
        page(w, view="list")


def test_a_step_is_previewed_proposed_and_carried_out_on_the_pages(w: f.World) -> None:
    officer, lead = browser(w.officer), browser(w.lead)
    path = reverse("batch_new", args=[w.challenge_list.number, "publicise"])
    with f.on(f.NOTICED):
        assert officer.post(path, {"minutes": ""}).status_code == 422
        shown = officer.post(path, {"minutes": "审议通过"})
        assert DecisionBatch.objects.filter(decision=w.decision).count() == 0, "a preview changes nothing"
        digest = shown.context["plan"].digest
        stale = officer.post(path, {"minutes": "又改了一字", "digest": digest})
        assert "内容有变化" in stale.content.decode()
        done = officer.post(path, {"minutes": "审议通过", "digest": digest})
        batch = w.decision.batches.get()
        assert done.url == batch.get_absolute_url()
        assert "复核同意并办理" not in officer.get(done.url).content.decode()
        second = lead.get(done.url).content.decode()
        assert "复核同意并办理" in second
        assert digest in second
        assert w.officer.name in second
        lead.post(reverse("act", args=["decision-batch", batch.pk, "approve"]))
    assert w.decision.state == AwardDecision.State.NOTICE


def test_a_preview_that_has_aged_says_so_to_the_second_person(w: f.World) -> None:
    from workflows.decision_batch import propose_batch

    with f.on(f.NOTICED):
        batch = propose_batch(w.decision, "PUBLICISE", by=w.officer, minutes="审议通过")
        perform(AwardDecisionFlow, w.decision, "change_row", by=w.lead, row=w.decision.rows.get(rank=2).pk,
                outcome="REJECT", ground="BUDGET", reason=f.REASON)  # fmt: skip
        assert "这份预览已作废" in browser(w.lead).get(batch.get_absolute_url()).content.decode()


def test_programs_propose_and_carry_out_as_well(w: f.World) -> None:
    with f.on(f.NOTICED):
        body = {"challenge_list": w.challenge_list.number, "kind": "PUBLICISE", "minutes": "审议通过"}
        made = caller(w.officer).post(f"{API}/decision-batches/", body)
        assert made.status_code == 201, made.content.decode()
        told = made.json()
        assert told["preview"]["counts"] == {"AWARD": 2, "RESERVE": 1, "REJECT": 1}
        assert told["preview"]["digest"] == told["digest"]
        assert caller(w.teams[0].pi).get(f"{API}/decision-batches/{told['id']}/").status_code == 404
        moved = perform_over_api(w.lead, f"decision-batches/{told['id']}", "approve")
    assert moved["state"] == "CARRIED_OUT"


def test_nobody_outside_the_agency_reads_a_preview(w: f.World) -> None:
    number = w.challenge_list.number
    paths = [reverse("batch_new", args=[number, "publicise"]), reverse("decision_opinions", args=[number]),
             reverse("decision_told", args=[number]), reverse("decision_letters", args=[number])]  # fmt: skip
    for user in (w.teams[0].pi, w.teams[0].admin, w.rec_user, w.dem_user, f.world().lead):
        assert [browser(user).get(path).status_code for path in paths] == [404] * 4
    assert browser(w.supervisor).get(paths[0]).status_code == 403


def test_who_was_told_what_when_is_a_table_and_papers_are_counted_as_they_come(w: f.World, settings: Any) -> None:
    settings.S3_BUCKET = "jiebang-tests"
    other = f.world()
    f.issued_decision(other, scores=("90", "60"))
    decision, number = other.decision, other.challenge_list.number
    progress = reverse("decision_letters", args=[number])
    staff = browser(other.officer)
    assert "已生成 0 / 2 份" in staff.get(progress).content.decode()
    draw_decision_letters.run(decision.pk)
    done = staff.get(progress).content.decode()
    assert "已生成 2 / 2 份" in done
    assert "hx-trigger" not in done
    rows = table(staff.get(reverse("decision_told", args=[number])))
    assert {row["身份"] for row in rows} == {"项目负责人", "牵头单位", "推荐单位"}
    assert {row["告知对象"] for row in rows} == {
        *(t.pi.name for t in other.teams), *(t.admin.name for t in other.teams), other.rec_user.name,
    }  # fmt: skip
    assert {row["告知时间"] for row in rows} == {"2026-06-10 10:00"}


def test_a_waiting_batch_is_on_the_workbench_of_leaders_but_not_of_its_proposer(w: f.World) -> None:
    from workflows.decision_batch import propose_batch

    other = f.person("副厅长", Role.LEAD, agency=w.agency)
    with f.on(f.NOTICED):
        propose_batch(w.decision, "PUBLICISE", by=w.lead, minutes="审议通过")
        assert "待第二人复核" in browser(other).get(reverse("workbench")).content.decode()
        assert "核对预览后批准办理：公示" not in browser(w.lead).get(reverse("workbench")).content.decode()
