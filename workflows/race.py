"""赛马: setup → stage running → check → decided → … → final → winner declared, or nobody wins.

Rules: domain 2.8, 4.5. All lanes share days, gates and panel; gates come before rank. A decided stage
takes effect when its notice has ended clean: until then an elimination can be objected to, money of
lanes that are out waits, and nothing irreversible has happened.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects.models import (
    Certificate,
    LaneResult,
    Milestone,
    Project,
    PublicNotice,
    Race,
    RaceLane,
    Tranche,
)
from workflows import race_conditions as c
from workflows.certificate import CertificateFlow
from workflows.days import add_months, day_of, end_of
from workflows.engine import Flow
from workflows.lane import RaceLaneFlow
from workflows.milestone import REPORTED, UNREPORTED, MilestoneFlow, score_field
from workflows.milestone_conditions import missed_must_indicators
from workflows.notice import announce, withdraw_notices
from workflows.permissions import any_of, by_agency, is_lead, is_officer, is_system
from workflows.project import ProjectFlow
from workflows.race_rules import Outcome
from workflows.race_stage import decide_stage, lanes_in, milestone_of, stage_of
from workflows.refused import Refused
from workflows.state import State
from workflows.tranche import TrancheFlow, hold_all, release_all
from workflows.wording import listed

S = Race.State


def optional_score(label: Any) -> forms.DecimalField:
    field = score_field()
    field.label, field.required = label, False
    return field


def result_inputs(flow: RaceFlow) -> dict[str, forms.Field]:
    lanes = RaceLane.objects.filter(pk__in=lanes_in(flow.object).values("pk"))
    return {
        "lane": forms.ModelChoiceField(lanes, label=gettext_lazy("赛道")),
        "score": score_field(),
        "user_score": optional_score(gettext_lazy("其中：用户评分")),
        "technical_score": optional_score(gettext_lazy("其中：技术指标评分")),
        "ballot": forms.IntegerField(
            label=gettext_lazy("抽签名次"), min_value=1, max_value=9, required=False,
            help_text=gettext_lazy("仅在各项比较均相同、由组长主持抽签后填写。"),
        ),
        "veto": forms.CharField(
            label=gettext_lazy("一票否决事由"), min_length=10, max_length=120, required=False,
            help_text=gettext_lazy("仅在诚信、安全、伦理等一票否决时填写，不少于 10 个字；不论得分和名次均予淘汰，事由写入结论。"),
        ),
    }  # fmt: skip


class RaceFlow(Flow):
    model = Race
    slug = "race"
    related = ("challenge__challenge_list__rule_set",)
    state = State(S, default=S.SETUP)
    next_steps = {
        S.SETUP: (Role.LEAD.label, gettext_lazy("各赛道签约后开赛")),
        S.STAGE_RUNNING: (gettext_lazy("各赛道项目负责人"), gettext_lazy("按期提交阶段报告")),
        S.STAGE_CHECK: (Role.OFF.label, gettext_lazy("登记比选专家组评分，报领导审定")),
        S.STAGE_DECIDED: (Role.OFF.label, gettext_lazy("公示期满后启动下一阶段")),
        S.FINAL: (gettext_lazy("项目负责人"), gettext_lazy("完成决胜阶段并申请验收")),
        S.PAUSED: (Role.LEAD.label, gettext_lazy("恢复")),
    }

    @state.transition(
        source=S.SETUP, target=S.STAGE_RUNNING, label=gettext_lazy("开赛"), permission=is_lead,
        style="success",
        conditions=[c.enough_lanes_are_contracted, c.stage_budgets_fit_the_cap],
    )  # fmt: skip
    def begin(self) -> None:
        """The same first day for every lane; days of all legs are planned from it."""
        self.object.stage_no = 1
        self._schedule(day_of(self.now))

    @state.transition(
        source=S.STAGE_RUNNING, target=S.STAGE_CHECK, label=gettext_lazy("开始阶段考核"), style="success",
        permission=any_of(is_officer, is_system), conditions=[c.every_report_is_in_or_late],
    )  # fmt: skip
    def begin_check(self) -> None:
        """One result row for every lane; gates are computed from its measured values."""
        stage = stage_of(self.object)
        for lane in lanes_in(self.object):
            milestone = milestone_of(lane, stage.no)
            has_report = milestone.state in REPORTED
            if has_report:
                self.cascade(MilestoneFlow, milestone, "begin_check")
            gates_met = has_report and not missed_must_indicators(milestone)
            LaneResult.objects.create(stage=stage, lane=lane, has_report=has_report, gates_met=gates_met)
            self.evidence[f"lane_{lane.no}_gates_met"] = gates_met

    @state.transition(
        source=S.STAGE_CHECK, target=S.STAGE_CHECK, label=gettext_lazy("登记赛道得分"),
        permission=by_agency(Role.OFF, Role.AGY, Role.SEC), inputs=result_inputs,
        help=gettext_lazy("比选专家组同场评分后逐赛道登记；必达指标是否达标由系统按实测值判定。"),
    )  # fmt: skip
    def record_result(
        self, lane: RaceLane, score: Decimal, user_score: Decimal | None, technical_score: Decimal | None,
        ballot: int | None, veto: str,
    ) -> None:  # fmt: skip
        """On behalf of the comparison panel. Recording again replaces what was recorded."""
        result = LaneResult.objects.get(stage=stage_of(self.object), lane=lane)
        if not result.has_report:
            self.refuse_input("lane", _("该赛道没有提交阶段报告，不评分；请留空。"))
        result.score, result.user_score = score, user_score
        result.technical_score, result.ballot, result.veto = technical_score, ballot, veto
        result.save(update_fields=["score", "user_score", "technical_score", "ballot", "veto"])

    @state.transition(
        source=S.STAGE_CHECK, target=S.STAGE_DECIDED, label=gettext_lazy("审定晋级与淘汰"),
        permission=is_lead,
        conditions=[c.somebody_still_runs, c.every_reported_lane_is_scored], style="success",
        inputs={
            "keep_none": forms.BooleanField(
                label=gettext_lazy("合格线以下一律不保留（可能无人晋级）"), required=False
            )
        },
    )  # fmt: skip
    def decide(self, keep_none: bool) -> None:
        """Rank and reasons by the rule; provisional until the stage's notice has ended."""
        race = self.object
        decision, results = decide_stage(race, keep_none=keep_none)
        if decision.needs_ballot:
            tied = listed(decision.needs_ballot)
            raise Refused("conditions_unmet", [_("%s 各项比较均相同而名额不足，请由组长主持抽签后登记名次。") % tied])
        rows = []
        for found in decision.lanes:
            result = results[found.lane]
            result.rank, result.reason = found.rank, found.reason[:300]
            result.advances = found.outcome is Outcome.ADVANCED
            result.save(update_fields=["rank", "advances", "reason"])
            self.cascade(RaceLaneFlow, result.lane, "advance" if result.advances else "eliminate", reason=result.reason)
            if not result.advances:
                hold_all(self, result.lane.project, result.reason)
            rows.append(_published_row(result))
        announce(self, self._stage_notice(rows))

    @state.transition(
        source=S.STAGE_DECIDED, target=S.STAGE_CHECK, label=gettext_lazy("重新考核本阶段"),
        permission=is_lead,
        conditions=[c.stage_is_not_final_yet], needs_reason=True, style="warning",
        help=gettext_lazy("异议成立时使用：撤回公示，各赛道恢复到考核中。"),
    )  # fmt: skip
    def redo_check(self) -> None:
        """An objection was upheld: nothing had become final, everything is scored and decided anew."""
        race = self.object
        withdraw_notices(self, self.reason)
        for result in stage_of(race).results.filter(advances__isnull=False).select_related("lane__project"):
            if result.lane.state not in (RaceLane.State.ADVANCED, RaceLane.State.ELIMINATED):
                continue
            if not result.advances:
                release_all(self, result.lane.project, self.reason)
            self.cascade(RaceLaneFlow, result.lane, "recheck", reason=self.reason)
            result.rank, result.advances, result.reason, result.ballot = None, None, "", None
            result.save(update_fields=["rank", "advances", "reason", "ballot"])

    @state.transition(source=S.STAGE_DECIDED, target=S.STAGE_DECIDED, label=gettext_lazy("阶段结论生效"),
                      permission=is_system)  # fmt: skip
    def confirm_stage(self) -> None:
        """The notice has ended: milestones are concluded; projects of lanes that are out are terminated.

        What they were paid for passed stages stays theirs; what is not paid is cancelled (domain 2.8).
        """
        stage = stage_of(self.object)
        for result in stage.results.filter(advances__isnull=False).select_related("lane__project").order_by("lane__no"):
            lane = result.lane
            if lane.state not in (RaceLane.State.ADVANCED, RaceLane.State.ELIMINATED):
                continue  # left the race in the meantime
            milestone = milestone_of(lane, stage.no)
            self.cascade(MilestoneFlow, milestone, "conclude_in_race", score=result.score, opinion=result.reason)
            if lane.state == RaceLane.State.ELIMINATED:
                reason = _("赛马第%(no)s阶段淘汰：%(why)s") % {"no": stage.no, "why": result.reason}
                self.cascade(ProjectFlow, lane.project, "terminate", reason=reason)

    @state.transition(
        source=S.STAGE_DECIDED, target=State.RETURN_VALUE(S.STAGE_RUNNING, S.FINAL),
        label=gettext_lazy("启动下一阶段"),
        permission=is_officer, conditions=[c.stage_notice_is_over, c.somebody_advanced], style="success",
        inputs={"supplement_signed": forms.BooleanField(label=gettext_lazy("晋级赛道均已签订补充任务书"))},
    )  # fmt: skip
    def begin_next(self, supplement_signed: bool) -> str:
        """The next leg's money for each lane; the last lane in the last leg goes to the acceptance."""
        race, lanes = self.object, list(lanes_in(self.object))
        last_no = race.stages.count()
        for lane in lanes:
            self.cascade(RaceLaneFlow, lane, "run_on")
        if race.stage_no == last_no:
            return str(S.FINAL)
        race.stage_no += 1
        # Stored first: a lane's money looks at the leg the race has reached.
        race.save(update_fields=["stage_no"])
        self._schedule(day_of(self.now))
        scheduled = Tranche.objects.filter(no=race.stage_no, state=Tranche.State.SCHEDULED)
        for tranche in scheduled.filter(project__lane__in=lanes).order_by("pk"):
            self.cascade(TrancheFlow, tranche, "meet_condition")
        return str(S.FINAL if race.stage_no == last_no and len(lanes) == 1 else S.STAGE_RUNNING)

    @state.transition(source=S.FINAL, target=S.WINNER_DECLARED, label=gettext_lazy("揭晓优胜"),
                      permission=is_system,
                      inputs={"lane": forms.IntegerField()})  # fmt: skip
    def declare_winner(self, lane: int) -> None:
        """The last leg's acceptance was passed (domain 2.8 FINAL → WINNER_DECLARED)."""
        for other in lanes_in(self.object):
            self.cascade(RaceLaneFlow, other, "win" if other.pk == lane else "finish_without_win")
            if other.pk == lane:
                self.start(CertificateFlow, Certificate(kind=Certificate.Kind.WINNER, project=other.project))

    @state.transition(
        source=[S.SETUP, S.STAGE_RUNNING, S.STAGE_CHECK, S.STAGE_DECIDED, S.FINAL], target=S.NO_WINNER,
        label=gettext_lazy("宣布无优胜"), permission=is_lead,
        conditions=[c.nobody_is_left, c.no_notice_is_running],
        needs_reason=True, style="danger",
    )  # fmt: skip
    def end_without_winner(self) -> None:
        """Every lane is out, or the last acceptance was not passed."""

    @state.transition(
        source=[S.STAGE_RUNNING, S.STAGE_CHECK, S.STAGE_DECIDED, S.FINAL], target=S.PAUSED,
        label=gettext_lazy("暂停"),
        permission=is_lead, needs_reason=True, style="warning",
    )  # fmt: skip
    def pause(self) -> None:
        """For all lanes alike; remembered so that it can be resumed."""
        self.object.paused_from = self.state_before

    @state.transition(
        source=S.PAUSED, target=State.RETURN_VALUE(S.STAGE_RUNNING, S.STAGE_CHECK, S.STAGE_DECIDED, S.FINAL),
        label=gettext_lazy("恢复"), permission=is_lead, needs_reason=True,
    )  # fmt: skip
    def resume(self) -> str:
        back, self.object.paused_from = self.object.paused_from, ""
        return str(back)

    def deadline(self) -> datetime | None:
        if self.object.state not in (S.STAGE_RUNNING, S.FINAL):
            return None
        ends_on = stage_of(self.object).ends_on
        return end_of(ends_on) if ends_on else None

    def _schedule(self, start: date) -> None:
        """Days of the running leg and, as planned, of those after it: the same for every lane."""
        race, lanes = self.object, list(lanes_in(self.object))
        end = start
        for stage in race.stages.filter(no__gte=race.stage_no).order_by("no"):
            stage.starts_on, end = end, add_months(end, stage.months)
            stage.ends_on = end
            stage.save(update_fields=["starts_on", "ends_on"])
            due = Milestone.objects.filter(project__lane__in=lanes, no=stage.no, state__in=UNREPORTED)
            due.update(due_on=end)
            self.evidence[f"stage_{stage.no}"] = [stage.starts_on, stage.ends_on]
        for lane in lanes:
            first_day = start if race.stage_no == 1 else lane.project.starts_on
            if lane.project.state in (
                Project.State.ACTIVE,
                Project.State.RECTIFYING,
                Project.State.SUSPENDED,
            ):
                self.cascade(ProjectFlow, lane.project, "reschedule", starts_on=first_day, ends_on=end)

    def _stage_notice(self, rows: list[dict[str, Any]]) -> PublicNotice:
        race, challenge = self.object, self.object.challenge
        return PublicNotice(
            kind=PublicNotice.Kind.STAGE,
            agency_id=challenge.challenge_list.agency_id,
            race=race,
            number=f"{challenge.number}-SM{race.stage_no}-{race.notices.count() + 1}",
            title=f"关于“{challenge.title}”赛马第{race.stage_no}阶段考核结果的公示",
            body="现将赛马阶段考核的晋级与淘汰结果予以公示。如有异议，请在公示期内实名提出。",
            rows=sorted(rows, key=lambda row: str(row["number"])),
        )


def _published_row(result: LaneResult) -> dict[str, Any]:
    project = result.lane.project
    return {
        "number": project.number,
        "title": project.title,
        "unit": project.organisation.name,
        "pi": project.pi.name,
        "outcome": "晋级" if result.advances else "淘汰",
    }
