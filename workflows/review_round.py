"""评审轮次: planned → draw committed → drawn → preview → scoring → collated → closed.

Rules: domain 2.5, 3.2–3.4, 3.7. Criteria are those of the pinned rule set, copied when the round is
planned. Flags never change a score; whoever closes must say that they were considered.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from projects.models import Bid, Challenge
from projects.rules import CriterionRule
from review.draw import commit, snapshot_digest
from review.models import Assignment, ReviewRound, ScoreItem, ScoreSheet
from review.points import mean
from review.scoring import (
    Criterion,
    Entry,
    Outcome,
    TieUnresolved,
    dispersion_flags,
    heaviest_criterion,
    rank,
    split_outcomes,
)
from workflows.assignment import AssignmentFlow
from workflows.bid import BidFlow
from workflows.clock import SHANGHAI
from workflows.engine import Flow
from workflows.panel_draw import (
    bids_of,
    eligible,
    hold_draw,
    new_seed,
    open_sheets,
    plan_of,
    public_entropy,
    rules_of_round,
    shortage,
)
from workflows.permissions import any_of, is_officer, is_supervisor, people_with
from workflows.review_permissions import is_chair, is_secretary, is_witness
from workflows.round_scores import round_scores
from workflows.state import Inputs, State, holds
from workflows.wording import listed

S = ReviewRound.State
BID_STATE = {
    Outcome.AWARD: Bid.State.RECOMMENDED,
    Outcome.RESERVE: Bid.State.RESERVE,
    Outcome.REJECT: Bid.State.NOT_RECOMMENDED,
}


def challenge_is_under_review(flow: ReviewRoundFlow) -> State.CONDITION:
    ready = flow.object.challenge.state == Challenge.State.UNDER_REVIEW
    return holds(ready, _("榜题未进入评审；请先完成形式审查并将榜单转入评审。"))


def pool_fills_the_panel(flow: ReviewRoundFlow) -> State.CONDITION:
    missing = shortage(eligible(flow.object, flow.now)[0], plan_of(flow.object))
    return holds(not missing, _("回避后专家不足：%s。请补充专家库。") % listed(missing))


def every_seat_is_pledged(flow: ReviewRoundFlow) -> State.CONDITION:
    waiting = list(flow.object.assignments.filter(state__in=["INVITED", "ACCEPTED"]).values_list("alias", flat=True))
    return holds(not waiting, _("尚未签署承诺：%s") % listed(waiting))


def every_seat_is_filled(flow: ReviewRoundFlow) -> State.CONDITION:
    seats = sum(plan_of(flow.object).seats.values())
    have = flow.object.assignments.filter(state__in=Assignment.SEATED).count()
    sentence = _("评审组应有 %(seats)s 人，现有 %(have)s 人，已无人递补；请中止本轮，补充专家库后另行抽取。")
    return holds(have == seats, sentence % {"seats": seats, "have": have})


def a_chair_is_named(flow: ReviewRoundFlow) -> State.CONDITION:
    chair = flow.object.chair
    return holds(chair is not None and chair.state in Assignment.SEATED, _("请先指定评审组长。"))


def preview_is_over(flow: ReviewRoundFlow) -> State.CONDITION:
    until = flow.object.preview_until
    shown = f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if until else ""
    return holds(until and flow.now >= until, _("预览期至 %s，专家需要时间阅读材料；期满后再开始评分。") % shown)


def every_expert_has_submitted(flow: ReviewRoundFlow) -> State.CONDITION:
    """Substitutes too: without them the panel would be even (domain 2.5)."""
    waiting = Q(state__in=["INVITED", "ACCEPTED", "PLEDGED"])
    returned = Q(state="SUBMITTED", sheets__state__in=["EMPTY", "DRAFT", "RETURNED"])
    late = list(flow.object.assignments.filter(waiting | returned).distinct().values_list("alias", flat=True))
    return holds(not late, _("尚未提交：%s。可催办，或更换专家。") % listed(late))


def witnesses(flow: ReviewRoundFlow) -> Inputs:
    agency = flow.object.challenge.challenge_list.agency_id
    people = User.objects.filter(
        role_grants__role=Role.SUP, role_grants__agency=agency, role_grants__is_active=True
    ).distinct()
    return {"witness": forms.ModelChoiceField(label=gettext_lazy("监督见证人"), queryset=people)}


def technical_seats(flow: ReviewRoundFlow) -> Inputs:
    """Chairs come from the technical seats, not from the standbys as long as there is another (domain 3.4)."""
    seats = flow.object.assignments.filter(seat_type="TECHNICAL", state__in=Assignment.SEATED)
    if flow.object.pk and (drawn := flow.object.draws.order_by("pk").first()) is not None:
        first = seats.filter(expert__in=[int(pk) for pk in drawn.record["seats"]])
        seats = first if first.exists() else seats
    return {"chair": forms.ModelChoiceField(label=gettext_lazy("组长"), queryset=seats)}


def closing_inputs(flow: ReviewRoundFlow) -> Inputs:
    fields: Inputs = {
        "panel_opinion": forms.CharField(
            label=gettext_lazy("评审组意见"), min_length=20, max_length=3000, widget=forms.Textarea(attrs={"rows": 5})
        ),
        "ballot": forms.CharField(
            label=gettext_lazy("抽签顺序"), required=False, max_length=1000,
            help_text=gettext_lazy("仅在同分且名额不足时填写：申报编号按抽签先后以逗号分隔。"),
        ),
    }  # fmt: skip
    if flow.object.pk and flags_of(flow.object):
        fields["flags_considered"] = forms.BooleanField(label=gettext_lazy("评审组已逐条讨论离散度提示"))
    return fields


def sheets_of(row: ReviewRound) -> list[ScoreSheet]:
    """Locked and submitted sheets, with their aliases joined."""
    return list(
        ScoreSheet.objects.filter(assignment__round=row, state__in=["SUBMITTED", "LOCKED"])
        .select_related("assignment")
        .order_by("assignment__alias", "bid_id")
    )


def flags_of(row: ReviewRound):  # type: ignore[no-untyped-def]
    """Dispersion flags D1–D4 and D8 of a round (domain 3.7)."""
    panel: dict[str, dict[str, Decimal]] = {}
    opinions: dict[str, list[str]] = {}
    for sheet in sheets_of(row):
        if sheet.total is not None:
            panel.setdefault(sheet.assignment.alias, {})[str(sheet.bid_id)] = sheet.total
        opinions.setdefault(str(sheet.bid_id), []).append(sheet.recommendation)
    return dispersion_flags(panel, opinions) if panel else []


class ReviewRoundFlow(Flow):
    model = ReviewRound
    slug = "round"
    related = ("challenge__challenge_list__rule_set", "secretary", "chair__expert")
    start_permission = staticmethod(is_officer)
    start_parents = ("challenge",)
    start_conditions = (challenge_is_under_review,)
    state = State(S, default=S.PLANNED)
    next_steps = {
        S.PLANNED: (Role.OFF.label, gettext_lazy("指定见证人并承诺随机种子")),
        S.DRAWING: (Role.SUP.label, gettext_lazy("现场抽取专家")),
        S.CONFIRMED: (Role.SEC.label, gettext_lazy("待专家承诺、指定组长后开放预览")),
        S.PREVIEW: (Role.SEC.label, gettext_lazy("预览期满后开始评分")),
        S.SCORING: (Role.EXP.label, gettext_lazy("评分")),
        S.COLLATING: (Role.CHR.label, gettext_lazy("讨论离散度提示，签署评审组意见")),
    }
    _staff = staticmethod(any_of(is_secretary, is_officer))

    @state.transition(
        source=S.PLANNED, target=S.DRAWING, label=gettext_lazy("启动抽取"), permission=is_officer,
        conditions=[pool_fills_the_panel], inputs=witnesses,
        help=gettext_lazy("先公布随机种子的承诺和候选名单摘要，再由监督员现场抽取。"),
    )  # fmt: skip
    def begin_draw(self, witness: User) -> None:
        """Commit to seed and candidates, on record before anything is drawn."""
        if witness.pk == self.by.pk:
            self.refuse_input("witness", _("见证人不能是抽取人本人。"))
        row, seed = self.object, new_seed()
        row.criteria = [asdict(c) for c in rules_of_round(row).criteria]
        for bid in row.challenge.bids.filter(state=Bid.State.ACCEPTED).order_by("pk"):
            self.cascade(BidFlow, bid, "enter_round")
        row.witness, row.pending_seed = witness, seed.hex()
        candidates, filters = eligible(row, self.now)
        self.evidence |= {
            "seed_commitment": commit(seed),
            "candidate_digest": snapshot_digest(candidates),
            "filters": filters,
            "public_entropy": public_entropy(row),
        }
        self.notify("N05", [witness], _("请到场见证专家抽取：%s") % row)

    @state.transition(source=S.DRAWING, target=S.CONFIRMED, label=gettext_lazy("抽取"), permission=is_witness,
                      style="success")  # fmt: skip
    def draw(self) -> None:
        """The witness draws; panel and standbys are on record, invitations go out."""
        seed, self.object.pending_seed = bytes.fromhex(self.object.pending_seed), ""
        hold_draw(self, seed)

    @state.transition(source=[S.CONFIRMED, S.PREVIEW, S.SCORING], target=State.RETURN_VALUE(S.CONFIRMED, S.PREVIEW, S.SCORING),
                      label=gettext_lazy("指定组长"), permission=_staff, inputs=technical_seats)  # fmt: skip
    def name_chair(self, chair: Assignment) -> str:
        self.object.chair = chair
        return self.state_before

    @state.transition(
        source=S.CONFIRMED, target=S.PREVIEW, label=gettext_lazy("开放预览"), permission=_staff,
        conditions=[every_seat_is_filled, every_seat_is_pledged, a_chair_is_named],
    )  # fmt: skip
    def open_preview(self) -> None:
        """Every pledged expert gets his sheets and may read."""
        days = rules_of_round(self.object).preview_days
        self.object.preview_until = self.now + timedelta(days=days)
        seats = self.object.assignments.filter(state="PLEDGED").select_related("expert__user").order_by("pk")
        for seat in seats:
            open_sheets(self, seat)
        self.notify("N05", [seat.expert.user for seat in seats], _("评审材料已开放预览"))

    @state.transition(
        source=S.PREVIEW, target=S.SCORING, label=gettext_lazy("开始评分"), permission=_staff,
        conditions=[preview_is_over],
        inputs={"scoring_until": forms.DateTimeField(label=gettext_lazy("评分截止"))},
    )  # fmt: skip
    def open_scoring(self, scoring_until: datetime) -> None:
        if scoring_until <= self.now:
            self.refuse_input("scoring_until", _("评分截止须晚于现在。"))
        self.object.scoring_until = scoring_until

    @state.transition(
        source=S.SCORING, target=S.SCORING, label=gettext_lazy("延长评分"), permission=_staff, needs_reason=True,
        inputs={"scoring_until": forms.DateTimeField(label=gettext_lazy("新的评分截止"))}, style="warning",
    )  # fmt: skip
    def extend_scoring(self, scoring_until: datetime) -> None:
        """Too little time: extend (实施条例 48 条)."""
        if scoring_until <= max(self.object.scoring_until, self.now):
            self.refuse_input("scoring_until", _("新的截止须晚于原截止，也须晚于现在。"))
        self.object.scoring_until = scoring_until

    @state.transition(
        source=S.SCORING, target=S.COLLATING, label=gettext_lazy("汇总"), permission=_staff,
        conditions=[every_seat_is_filled, every_expert_has_submitted, a_chair_is_named],
    )  # fmt: skip
    def collate(self) -> None:
        """Lock every seat and sheet; the chair discusses what is flagged."""
        for seat in self.object.assignments.filter(state="SUBMITTED").order_by("pk"):
            self.cascade(AssignmentFlow, seat, "lock")
        if self.object.chair is not None:
            self.notify("N06", [self.object.chair.expert.user], _("请签署评审组意见：%s") % self.object)

    @state.transition(
        source=S.COLLATING, target=S.CLOSED, label=gettext_lazy("签署意见并结束"), permission=is_chair,
        inputs=closing_inputs, style="success",
    )  # fmt: skip
    def close(self, panel_opinion: str, ballot: str, flags_considered: bool = False) -> None:
        """Scores, ranks and outcomes by the frozen rule (domain 3.2, 3.3)."""
        row = self.object
        row.panel_opinion = panel_opinion
        self.evidence["flags"] = [vars(flag) for flag in flags_of(row)]
        bids = {str(bid.pk): bid for bid in bids_of(row)}
        ranked = rank(self._entries(bids, [n.strip() for n in ballot.replace("，", ",").split(",")]))
        rules = rules_of_round(row)
        try:
            results = split_outcomes(ranked, rules.quota_per_challenge, rules.pass_score, rules.reserve_count)
        except TieUnresolved as tie:
            numbers = listed(bids[pk].number or "" for pk in tie.ids)
            self.refuse_input("ballot", _("%s 各项比较均相同且名额不足，请主持抽签并填写抽签顺序。") % numbers)
        for result in results:
            self.cascade(BidFlow, bids[result.id], "conclude_review", outcome=BID_STATE[result.outcome])
        officers = people_with(Role.OFF, agency=row.challenge.challenge_list.agency_id)
        self.notify("N06", officers, _("评审结束：%s") % row)

    @state.transition(
        source=[S.PLANNED, S.DRAWING, S.CONFIRMED, S.PREVIEW, S.SCORING], target=S.ABORTED,
        label=gettext_lazy("中止"), permission=any_of(is_supervisor, is_officer), needs_reason=True, style="danger",
    )  # fmt: skip
    def abort(self) -> None:
        """The old draw is kept; a new round may be planned."""
        self.object.pending_seed = ""
        for seat in self.object.assignments.filter(state__in=Assignment.SEATED).order_by("pk"):
            self.cascade(AssignmentFlow, seat, "void")

    def deadline(self) -> datetime | None:
        row = self.object
        return {S.PREVIEW: row.preview_until, S.SCORING: row.scoring_until}.get(row.state)  # type: ignore[no-any-return]

    def _entries(self, bids: dict[str, Bid], ballot: list[str]) -> list[Entry]:
        """Each bid's aggregated score, written to the bid and into the audit entry."""
        criteria = [CriterionRule(**c) for c in self.object.criteria]
        heaviest = heaviest_criterion([Criterion(c.code, c.name, c.max_score, c.veto) for c in criteria]).code
        sheets = sheets_of(self.object)
        scores = round_scores(self.object, sheets)
        points = ScoreItem.objects.filter(sheet__in=sheets, criterion=heaviest)
        on_top = dict(points.values_list("sheet_id", "value"))
        entries, self.evidence["scores"] = [], {}
        for key, bid in bids.items():
            own, found = [s for s in sheets if s.bid_id == bid.pk], scores[bid.pk]
            technical = [s.total for s in own if s.assignment.seat_type == "TECHNICAL" and s.total is not None]
            bid.score = found.value
            bid.save(update_fields=["score"])
            self.evidence["scores"][bid.number or key] = {"score": found.value, "note": found.note}
            entries.append(
                Entry(
                    id=key,
                    score=found.value,
                    top_criterion=mean([on_top[s.pk] for s in own]),
                    group_mean=mean(technical) if technical else None,
                    requested_yuan=bid.requested_yuan,
                    ballot=ballot.index(bid.number) + 1 if bid.number in ballot else None,
                    vetoed=any(s.is_vetoed for s in own),
                )
            )
        return entries
