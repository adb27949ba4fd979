"""验收: judged by measured values; the result takes effect when its notice has ended."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from projects.models import Acceptance, Challenge, Project, PublicNotice
from tests import delivery_factories as f
from workflows.acceptance import AcceptanceFlow
from workflows.acceptance_conditions import PanelField
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.notice import NoticeFlow
from workflows.objection import file_objection
from workflows.project import ProjectFlow
from workflows.refused import Refused
from workflows.state import SYSTEM
from workflows.sweeps import sweep_all
from workflows.tranche import TrancheFlow

pytestmark = pytest.mark.django_db
S = Acceptance.State
DAY = date(2027, 7, 1)


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    """One project that has passed its milestone and begun closing."""
    w = f.world()
    project = f.active_project(w)
    f.passed_milestone(w, project.milestones.get(), day=date(2027, 6, 1))
    with f.on(DAY):
        perform(ProjectFlow, project, "begin_closing", by=project.pi)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def in_material_check(w: f.World) -> Acceptance:
    project = w.projects[0]
    acceptance = project.acceptance
    with f.on(DAY):
        f.store_file(acceptance, "ACCEPTANCE", project.pi)
        perform(AcceptanceFlow, acceptance, "apply", by=project.pi, **f.report_inputs(acceptance, (120, 8, 1)))
        perform(AcceptanceFlow, acceptance, "check_material", by=w.officer)
    return acceptance


def test_the_last_money_follows_the_accepted_project(w: f.World) -> None:
    project = w.projects[0]
    after = f.accepted(w, project, day=DAY)
    project.refresh_from_db()
    assert (project.state, project.acceptance.state) == (Project.State.ACCEPTED, S.PASSED)
    last = project.tranches.get(no=3)
    assert last.state == "CONDITION_MET"
    with f.on(after):
        perform(TrancheFlow, last, "request", by=project.pi)
        perform(TrancheFlow, last, "approve", by=w.lead)
        perform(TrancheFlow, last, "pay", by=w.finance, paid_on=after)
    assert w.challenge.state == Challenge.State.SOLVED
    assert w.challenge_list.state == "FINISHED"
    assert project.certificates.filter(kind="ACCEPTANCE", state="PREPARED").exists()


def test_nothing_takes_effect_before_the_notice_has_ended(w: f.World) -> None:
    project = w.projects[0]
    acceptance = f.signed_acceptance(w, project, day=DAY)
    with f.on(DAY):
        perform(AcceptanceFlow, acceptance, "approve", by=w.lead)
        perform(NoticeFlow, w.notice, "publish", by=w.officer)
    with f.on(w.notice.ends_on, 23):
        sweep_all()
    project.refresh_from_db()
    assert (acceptance.state, project.state) == (S.RESULT_NOTICE, Project.State.CLOSING)
    assert project.tranches.get(no=3).state == "SCHEDULED"


def test_a_missed_must_indicator_is_never_accepted(w: f.World) -> None:
    project = w.projects[0]
    with pytest.raises(Refused, match="不能判为通过：单节点写入吞吐"):
        f.signed_acceptance(w, project, 99, 8, 1, day=DAY, score="100")


def test_an_optional_indicator_may_be_missed(w: f.World) -> None:
    project = w.projects[0]
    f.accepted(w, project, 120, 8, 0, day=DAY)
    project.refresh_from_db()
    assert project.state == Project.State.ACCEPTED


@pytest.mark.parametrize(("result", "state"), [("CONCLUDED", "CONCLUDED"), ("FAILED", "FAILED")])
def test_without_success_the_rest_is_not_paid(w: f.World, result: str, state: str) -> None:
    project = w.projects[0]
    acceptance = f.signed_acceptance(w, project, 99, 8, 1, day=DAY, result=result)
    with f.on(DAY):
        perform(AcceptanceFlow, acceptance, "approve", by=w.lead)
    f.run_notice(w, DAY)
    project.refresh_from_db()
    assert project.state == state
    assert project.tranches.get(no=3).state == "CANCELLED"
    assert w.challenge.state == Challenge.State.UNSOLVED
    assert not project.certificates.filter(kind="ACCEPTANCE").exists()


def test_the_application_needs_its_material(w: f.World) -> None:
    project = w.projects[0]
    acceptance = project.acceptance
    with f.on(DAY), pytest.raises(Refused, match="请先上传验收材料"):
        perform(AcceptanceFlow, acceptance, "apply", by=project.pi, **f.report_inputs(acceptance, (120, 8, 1)))


def test_a_yes_no_indicator_is_one_or_nought(w: f.World) -> None:
    project = w.projects[0]
    acceptance = project.acceptance
    f.store_file(acceptance, "ACCEPTANCE", project.pi)
    with f.on(DAY), pytest.raises(Refused) as refusal:
        perform(AcceptanceFlow, acceptance, "apply", by=project.pi, **f.report_inputs(acceptance, (120, 8, 2)))
    assert list(refusal.value.fields) == ["measured_3"]


def test_returned_material_is_handed_in_again(w: f.World) -> None:
    acceptance = in_material_check(w)
    pi = acceptance.project.pi
    with f.on(DAY):
        perform(AcceptanceFlow, acceptance, "return_material", by=w.officer, reason="缺少第三方测试报告，请补充")
        perform(AcceptanceFlow, acceptance, "apply", by=pi, **f.report_inputs(acceptance, (130, 8, 1)))
    assert acceptance.state == S.APPLIED
    assert acceptance.measured == {"1": "130", "2": "8", "3": "1"}


@pytest.mark.parametrize(
    ("panel", "sentence"),
    [
        (f.PANEL[:4], "不少于 5 人的单数"),
        ([*f.PANEL, {"name": "己", "unit": "某所"}], "不少于 5 人的单数"),
        ([*f.PANEL[:4], {"name": "己", "unit": ""}], "姓名和单位"),
        ([*f.PANEL[:4], f.PANEL[0]], "专家姓名重复"),
    ],
)
def test_the_panel_is_five_or_more_and_odd(w: f.World, panel: list[dict[str, str]], sentence: str) -> None:
    acceptance = in_material_check(w)
    with f.on(DAY), pytest.raises(Refused, match=sentence):
        perform(AcceptanceFlow, acceptance, "schedule", by=w.officer, meeting_on=DAY, panel=panel)


def test_nobody_from_the_units_concerned_sits_on_the_panel(w: f.World) -> None:
    acceptance = in_material_check(w)
    for own in (acceptance.project.organisation.name, w.demander.name):
        panel = [*f.PANEL[:4], {"name": "自己人", "unit": own}]
        with f.on(DAY), pytest.raises(Refused, match="须回避：自己人"):
            perform(AcceptanceFlow, acceptance, "schedule", by=w.officer, meeting_on=DAY, panel=panel)


def test_a_panel_is_typed_one_expert_a_line() -> None:
    text = "张三 山东大学\n李四，齐鲁工业大学\n王五\t省计算中心\n赵六 浪潮 集团\n\n钱七 海尔"
    assert PanelField().clean(text) == [
        {"name": "张三", "unit": "山东大学"},
        {"name": "李四", "unit": "齐鲁工业大学"},
        {"name": "王五", "unit": "省计算中心"},
        {"name": "赵六", "unit": "浪潮 集团"},
        {"name": "钱七", "unit": "海尔"},
    ]


def test_the_panel_meets_again_when_an_objection_is_upheld(w: f.World) -> None:
    project = w.projects[0]
    acceptance = f.signed_acceptance(w, project, day=DAY)
    with f.on(DAY):
        perform(AcceptanceFlow, acceptance, "approve", by=w.lead)
        perform(NoticeFlow, w.notice, "publish", by=w.officer)
        file_objection(
            w.notice, by=SYSTEM, author_name="用户单位", author_contact="济南", bid=project.bid,
            grounds="测试数据与现场实测不一致，请求重新测试",
        )  # fmt: skip
        perform(AcceptanceFlow, acceptance, "revisit", by=w.lead, reason=f.REASON)
    assert (acceptance.state, acceptance.result) == (S.PANEL, "")
    assert w.notice.state == PublicNotice.State.WITHDRAWN


def test_the_measured_values_are_on_record(w: f.World) -> None:
    in_material_check(w)
    entry = AuditEntry.objects.get(object_type="projects.acceptance", transition="apply")
    assert entry.payload["measured_1"] == "120"
    assert list(entry.payload["files"]) == ["ACCEPTANCE.pdf"]


def test_the_state_follows_the_panels_result_in_the_database_too(w: f.World) -> None:
    project = w.projects[0]
    acceptance = f.signed_acceptance(w, project, 99, 8, 1, day=DAY, result="FAILED")
    with pytest.raises(IntegrityError, match="accepted_as_concluded_by_panel"), transaction.atomic():
        Acceptance.objects.filter(pk=acceptance.pk).update(state="PASSED")


def test_a_revoked_project_is_not_accepted_any_more(w: f.World) -> None:
    project = w.projects[0]
    acceptance = f.signed_acceptance(w, project, day=DAY)
    with f.on(DAY):
        perform(ProjectFlow, project, "revoke", by=w.lead, reason=f.REASON)
        with pytest.raises(Refused, match="撤销"):
            perform(AcceptanceFlow, acceptance, "approve", by=w.lead)


def test_a_node_never_reported_ends_with_the_acceptance() -> None:
    w = f.world()
    project = f.active_project(w)
    with f.on(date(2028, 6, 12)):
        sweep_all()
    project.refresh_from_db()
    f.accepted(w, project, day=date(2028, 6, 13) + timedelta(days=10))
    assert project.milestones.get().state == "PASSED"
    assert list(project.tranches.values_list("state", flat=True)) == ["CONDITION_MET"] * 3
