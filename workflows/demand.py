"""技术需求: draft → submitted → endorsed → appraised → merged into a challenge, or archived.

Rules: domain 2.2. Collected while the list collects, appraised by a panel while it appraises.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects.models import Challenge, ChallengeList, Demand
from workflows import demand_conditions as c
from workflows.canonical import sha256_of
from workflows.demand_content import content_of
from workflows.demand_targets import add_targets
from workflows.engine import Flow
from workflows.locked import locked
from workflows.permissions import is_demander, is_officer, is_recommender, is_system, people_with
from workflows.state import State

S = Demand.State


def draft_challenges(flow: DemandFlow) -> dict[str, forms.Field]:
    """Challenges of the same list that still take demands."""
    rows = Challenge.objects.filter(challenge_list=flow.object.challenge_list_id, state=Challenge.State.DRAFT)
    return {"challenge": forms.ModelChoiceField(label=gettext_lazy("并入榜题"), queryset=rows)}


class DemandFlow(Flow):
    model = Demand
    slug = "demand"
    related = ("challenge_list__rule_set", "demander")
    start_permission = staticmethod(is_demander)
    start_parents = ("challenge_list",)
    start_conditions = (c.list_collects_demands, c.before_demand_close)
    state = State(S, default=S.DRAFT)
    live = [S.DRAFT, S.SUBMITTED, S.REC_RETURNED, S.REC_ENDORSED, S.APPRAISED_PASS, S.APPRAISED_FAIL]
    next_steps = {
        S.DRAFT: (Role.DEM.label, gettext_lazy("填完并提交推荐单位；未提交的草稿不算")),
        S.SUBMITTED: (gettext_lazy("推荐单位"), gettext_lazy("审核并推荐，或说明理由退回")),
        S.REC_RETURNED: (Role.DEM.label, gettext_lazy("按意见修改后在征集截止前重新提交")),
        S.REC_ENDORSED: (Role.OFF.label, gettext_lazy("组织专家论证")),
        S.APPRAISED_PASS: (Role.OFF.label, gettext_lazy("并入榜题")),
        S.APPRAISED_FAIL: (Role.OFF.label, gettext_lazy("归档")),
    }

    @state.transition(
        source=[S.DRAFT, S.REC_RETURNED], target=S.SUBMITTED, label=gettext_lazy("提交需求"), permission=is_demander,
        conditions=[c.list_collects_demands, c.before_demand_close, c.demand_is_complete, c.has_assessable_indicators,
                    c.time_limit_is_kept, c.demander_pays_its_share, c.solver_is_paid_in_cash, c.sets_no_thresholds,
                    c.demander_is_in_good_standing],
        inputs={
            "unsolved": forms.BooleanField(label=gettext_lazy("本单位确认该技术问题自身无法解决，且不以牵头单位身份揭榜")),
            "truthful": forms.BooleanField(label=gettext_lazy("本单位确认所填内容真实、不涉及国家秘密")),
        },
        style="success",
    )  # fmt: skip
    def submit(self, unsolved: bool, truthful: bool) -> None:
        """Pass the demand on to the recommender; its text stays fixed from here."""
        demand = self.object
        demand.submitted_at = self.now
        self.evidence["content_sha256"] = sha256_of(content_of(demand))
        endorsers = people_with(Role.REC, organisation=demand.recommender_id)
        self.notify("N02", endorsers, _("待推荐的技术需求：%s") % demand.title)

    @state.transition(
        source=S.SUBMITTED, target=S.REC_ENDORSED, label=gettext_lazy("同意推荐"), permission=is_recommender,
        conditions=[c.list_still_screens], style="success",
        inputs={"endorsement": forms.CharField(label=gettext_lazy("推荐意见"), max_length=500, widget=forms.Textarea)},
    )  # fmt: skip
    def endorse(self, endorsement: str) -> None:
        self.object.endorsement = endorsement
        officers = people_with(Role.OFF, agency=self.object.challenge_list.agency_id)
        self.notify("N02", officers, _("收到推荐的技术需求：%s") % self.object.title)

    @state.transition(
        source=S.SUBMITTED, target=S.REC_RETURNED, label=gettext_lazy("退回修改"), permission=is_recommender,
        conditions=[c.list_still_screens], needs_reason=True, style="warning",
    )  # fmt: skip
    def send_back(self) -> None:
        """To be corrected before the collection closes."""
        self._tell_demander("N03", _("推荐单位退回：%s") % self.object.title, self.reason)

    @state.transition(
        source=S.REC_ENDORSED, target=State.RETURN_VALUE(S.APPRAISED_PASS, S.APPRAISED_FAIL),
        label=gettext_lazy("录入论证结论"), permission=is_officer,
        conditions=[c.list_is_appraising, c.panel_is_large_and_odd, c.nobody_on_the_panel_is_concerned],
        inputs={
            "result": forms.ChoiceField(label=gettext_lazy("论证结果"), choices=Demand.Result.choices),
            "opinion": forms.CharField(
                label=gettext_lazy("论证意见"), min_length=10, max_length=2000, widget=forms.Textarea,
                help_text=gettext_lazy("将告知需求单位和推荐单位，不得写专家姓名。"),
            ),
        },
        help=gettext_lazy("结论须与论证组一致；录入后得分表不可更改。"),
    )  # fmt: skip
    def appraise(self, result: str, opinion: str) -> str:
        """The panel's result with its mean score; below the pass score no demand passes."""
        demand = self.object
        totals = dict(demand.scores.order_by("pk").values_list("expert", "total"))
        demand.mean_score = mean_of(list(totals.values()))
        least = demand.challenge_list.rule_set.rules.appraisal_pass_score
        if result == Demand.Result.PASS and demand.mean_score < least:
            sentence = _("平均分 %(mean)s 低于通过线 %(least)s 分，结果只能为“不通过”；请改选“不通过”，或核对得分表。")
            self.refuse_input("result", sentence % {"mean": demand.mean_score, "least": least})
        demand.result, demand.opinion, demand.appraised_at = result, opinion, self.now
        self.evidence |= {"mean_score": str(demand.mean_score), "totals": {str(k): v for k, v in totals.items()}}
        self._tell_demander("N04", _("需求论证%(result)s：%(title)s")
                            % {"result": demand.get_result_display(), "title": demand.title}, opinion)  # fmt: skip
        self.notify(
            "N04", people_with(Role.REC, organisation=demand.recommender_id), _("需求论证有结论：%s") % demand.title
        )
        return str(S.APPRAISED_PASS if result == Demand.Result.PASS else S.APPRAISED_FAIL)

    @state.transition(
        source=S.APPRAISED_PASS, target=S.MERGED, label=gettext_lazy("并入榜题"), permission=is_officer,
        conditions=[c.list_is_appraising, c.demander_is_in_good_standing], inputs=draft_challenges, style="success",
        help=gettext_lazy("考核指标一并抄入榜题；同名指标取较严的要求。"),
    )  # fmt: skip
    def merge(self, challenge: Challenge) -> None:
        """The challenge takes the demand's targets; the demander is told where its need went."""
        challenge = locked(challenge)
        if challenge.state != Challenge.State.DRAFT:
            self.refuse_input("challenge", _("榜题已入榜，不能再并入需求；请另选起草中的榜题，或新建一道。"))
        self.evidence["indicators"] = add_targets(challenge, self.object)
        self.object.merged_into = challenge
        self._tell_demander("N04", _("需求已并入榜题：%s") % challenge.title, _("榜题编号 %s") % challenge.number)

    @state.transition(
        source=[S.SUBMITTED, S.REC_RETURNED, S.REC_ENDORSED, S.APPRAISED_PASS, S.APPRAISED_FAIL], target=S.ARCHIVED,
        label=gettext_lazy("归档"), permission=is_officer, needs_reason=True, style="warning",
    )  # fmt: skip
    def archive(self) -> None:
        """Not taken up; the demander reads why."""
        self._tell_demander("N04", _("需求已归档：%s") % self.object.title, self.reason)

    @state.transition(
        source=[S.DRAFT, S.SUBMITTED, S.REC_RETURNED, S.REC_ENDORSED], target=S.ARCHIVED,
        label=gettext_lazy("撤回需求"), permission=is_demander, needs_reason=True, style="danger",
    )  # fmt: skip
    def withdraw(self) -> None:
        """Free until the panel has judged."""

    @state.transition(
        source=live, target=S.ARCHIVED, label=gettext_lazy("随榜单取消"), permission=is_system, needs_reason=True,
    )  # fmt: skip
    def drop(self) -> None:
        """The list was cancelled."""
        self._tell_demander("N04", _("榜单取消，需求归档：%s") % self.object.title, self.reason)

    def deadline(self) -> datetime | None:
        collecting = self.object.challenge_list.state == ChallengeList.State.COLLECTING
        written = self.object.state in Demand.EDITABLE
        return self.object.challenge_list.demand_close_at if collecting and written else None

    def _tell_demander(self, code: str, subject: str, body: Any = "") -> None:
        self.notify(code, people_with(Role.DEM, organisation=self.object.demander_id), subject, body)


def mean_of(totals: list[int]) -> Decimal:
    """Of at least one member's total, to the cent, half up."""
    return (Decimal(sum(totals)) / len(totals)).quantize(Decimal("0.01"), ROUND_HALF_UP)
