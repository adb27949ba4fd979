"""Conditions of the project's flow (domain 2.6): who has signed, what is due, what is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.roles import bars_in_force
from projects.models import Milestone, Race, TaskBook
from workflows.days import day_of
from workflows.pinned_rules import rules_of
from workflows.state import State, holds
from workflows.task_book import problems_of
from workflows.tranche import PASSED
from workflows.wording import listed, told

if TYPE_CHECKING:
    from workflows.project import ProjectFlow


def book_of(flow: ProjectFlow) -> TaskBook:
    """The edition in force: the latest."""
    found: TaskBook | None = flow.object.task_books.order_by("-edition").first()
    assert found is not None  # every project starts with edition 1
    return found


def task_book_is_sound(flow: ProjectFlow) -> State.CONDITION:
    return holds(not (found := problems_of(book_of(flow))), told(found))


def before_contract_due(flow: ProjectFlow) -> State.CONDITION:
    due = flow.object.contract_due_on
    return holds(day_of(flow.now) <= due, _("签约期限 %s 已过，不能再签署；请联系主管部门。") % due)


def contract_is_late(flow: ProjectFlow) -> State.CONDITION:
    due = flow.object.contract_due_on
    return holds(day_of(flow.now) > due, _("签约期限 %s（含当日）未过；请待期满后办理。") % due)


def pi_has_not_signed(flow: ProjectFlow) -> State.CONDITION:
    return holds(book_of(flow).signed_by_pi_at is None, _("项目负责人已经签署；请等待下一位签署人。"))


def pi_has_signed(flow: ProjectFlow) -> State.CONDITION:
    return holds(book_of(flow).signed_by_pi_at, _("请等待项目负责人先签署任务书。"))


def unit_has_not_signed(flow: ProjectFlow) -> State.CONDITION:
    return holds(book_of(flow).signed_by_unit_at is None, _("承担单位已经签署；请等待下一位签署人。"))


def unit_has_signed(flow: ProjectFlow) -> State.CONDITION:
    return holds(book_of(flow).signed_by_unit_at, _("请等待承担单位先签署任务书。"))


def recommender_signs_here(flow: ProjectFlow) -> State.CONDITION:
    return holds(rules_of(flow.object).recommender_endorses, _("该计划不需要归口单位签署；请等待主管部门签署。"))


def recommender_has_not_signed(flow: ProjectFlow) -> State.CONDITION:
    return holds(book_of(flow).signed_by_recommender_at is None, _("归口单位已经签署；请等待下一位签署人。"))


def recommender_has_signed(flow: ProjectFlow) -> State.CONDITION:
    """Only where the rules ask for it (三方合同, domain 2.6)."""
    needed = rules_of(flow.object).recommender_endorses
    signed = book_of(flow).signed_by_recommender_at
    return holds(signed or not needed, _("请等待归口单位先签署任务书。"))


def nobody_is_barred(flow: ProjectFlow) -> State.CONDITION:
    """Integrity look-up at contract (domain 2.15)."""
    project = flow.object
    bars = bars_in_force(day_of(flow.now), user=project.pi, organisation=project.organisation)
    return holds(
        not bars,
        _("科研诚信限制期内不得签约（%s）；请待限制期满，或由主管部门取消立项。") % listed(b.decision_no for b in bars),
    )


def end_has_come_or_work_is_done(flow: ProjectFlow) -> State.CONDITION:
    """At the end date, or earlier once every milestone but a race's last leg has passed (domain 2.6)."""
    project = flow.object
    lane = getattr(project, "lane", None)
    if lane is not None:
        return holds(lane.race.state == Race.State.FINAL, _("赛马项目在决胜阶段才进入验收；请等待赛马进入决胜阶段。"))
    if project.ends_on is not None and day_of(flow.now) >= project.ends_on:
        return holds(True, "")
    left = project.milestones.exclude(state__in=PASSED)
    names = listed(left.values_list("name", flat=True))
    return holds(
        not names,
        _("项目于 %(day)s 期满；提前验收须先通过：%(names)s；请先完成这些里程碑。")
        % {"day": project.ends_on, "names": names},
    )


def no_check_is_running(flow: ProjectFlow) -> State.CONDITION:
    M = Milestone.State
    running = flow.object.milestones.filter(
        state__in=[M.REPORT_SUBMITTED, M.USER_CONFIRMED, M.CHECKING, M.RECTIFY, M.RECHECK]
    )
    names = listed(running.values_list("name", flat=True))
    return holds(not names, _("里程碑考核尚未结束：%s；请等待考核结论。") % names)
