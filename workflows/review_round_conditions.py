"""What must hold before a round moves on (domain 2.5, 3.4, 3.7), and what its steps ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from projects.models import Challenge
from review.models import Assignment, DefenceSession, ScoreSheet
from workflows.clock import SHANGHAI
from workflows.panel_draw import eligible, plan_of, rules_of_round, shortage
from workflows.panel_opinion import members_who_owe, opinion_digest
from workflows.review_flags import flags_of, question_of, unsettled_flags
from workflows.round_match import short_of_reviews
from workflows.state import Inputs, State, holds
from workflows.wording import listed, some_of

LATE = Q(state__in=["INVITED", "ACCEPTED", "PLEDGED"]) | Q(
    state="SUBMITTED", sheets__state__in=["EMPTY", "DRAFT", "RETURNED"]
)


def challenge_is_under_review(flow: Any) -> State.CONDITION:
    ready = flow.object.challenge.state == Challenge.State.UNDER_REVIEW
    return holds(ready, _("榜题未进入评审；请先完成形式审查并将榜单转入评审。"))


def pool_fills_the_panel(flow: Any) -> State.CONDITION:
    missing = shortage(eligible(flow.object, flow.now)[0], plan_of(flow.object))
    return holds(not missing, _("回避后专家不足：%s。请补充专家库。") % listed(missing))


def every_seat_is_pledged(flow: Any) -> State.CONDITION:
    waiting = list(flow.object.assignments.filter(state__in=["INVITED", "ACCEPTED"]).values_list("alias", flat=True))
    return holds(not waiting, _("尚未签署承诺：%s。请催办，或更换专家。") % listed(waiting))


def every_seat_is_filled(flow: Any) -> State.CONDITION:
    return _seats(flow, sum(plan_of(flow.object).seats.values()))


def the_panel_has_its_quorum(flow: Any) -> State.CONDITION:
    """Seats that were given up and not filled are missing: below the quorum nothing is collated (domain 2.5).

    Where bids are shared out, each bid is asked about instead (`every_bid_has_its_reviews`).
    """
    if rules_of_round(flow.object).is_matched:
        return holds(True, "")
    return _seats(flow, rules_of_round(flow.object).needed_seats)


def _seats(flow: Any, needed: int) -> State.CONDITION:
    seats = sum(plan_of(flow.object).seats.values())
    have = flow.object.assignments.filter(state__in=Assignment.SEATED).count()
    sentence = _("评审组应有 %(seats)s 人，现有 %(have)s 人，已无人递补；请中止本轮，补充专家库后另行抽取。")
    if needed < seats:
        sentence = _("评审法定人数为 %(needed)s 人，现有 %(have)s 人；请中止本轮，补充专家库后另行抽取。")
    return holds(have >= needed, sentence % {"seats": seats, "have": have, "needed": needed})


def the_panel_is_odd(flow: Any) -> State.CONDITION:
    """Never an even count when the rule says odd, whoever was released (domain 2.5, 3.4)."""
    have = flow.object.assignments.filter(state__in=Assignment.SEATED).count()
    rules = rules_of_round(flow.object)
    fits = have % 2 == 1 or not rules.odd_panel or rules.is_matched  # there each bid has an odd number by rule
    return holds(fits, _("评审组现有 %s 人，须为单数；请为空缺的席位递补专家，或再免除一个未提交的席位。") % have)


def every_bid_has_its_reviews(flow: Any) -> State.CONDITION:
    """Where bids are shared out, no bid is judged by fewer than the rules say."""
    short = short_of_reviews(flow.object) if rules_of_round(flow.object).is_matched else []
    sentence = _("评审未评齐：%s。请催办，或更换专家；仍无人可评的，请中止本轮，补充专家库后另行抽取。")
    return holds(not short, sentence % some_of(short))


def bids_are_shared_out(flow: Any) -> State.CONDITION:
    return holds(flow.object.matches.exists(), _("本轮没有按匹配分工；每位专家评审全部申请，请直接评分。"))


def a_chair_is_named(flow: Any) -> State.CONDITION:
    chair = flow.object.chair
    return holds(chair is not None and chair.state in Assignment.SEATED, _("请先指定评审组长。"))


def preview_is_over(flow: Any) -> State.CONDITION:
    until = flow.object.preview_until
    shown = f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if until else ""
    return holds(
        until and flow.now >= until, _("预览期至 %s，专家需要时间阅读材料；期满后再开始评分；请届时办理。") % shown
    )


def every_expert_has_submitted(flow: Any) -> State.CONDITION:
    """Substitutes too: without them the panel would be even (domain 2.5)."""
    late = list(flow.object.assignments.filter(LATE).distinct().values_list("alias", flat=True))
    return holds(not late, _("尚未提交：%s。请催办，或更换专家。") % listed(late))


def the_defence_is_announced(flow: Any) -> State.CONDITION:
    """Scores are given with what was heard: first the teams are told when they speak (domain 3.8)."""
    if not rules_of_round(flow.object).defence:
        return holds(True, "")
    told = DefenceSession.objects.filter(round=flow.object, state__in=DefenceSession.TOLD).exists()
    return holds(told, _("本批评审设答辩：请先安排答辩、抽取顺序并通知各申报方。"))


def the_defence_is_over(flow: Any) -> State.CONDITION:
    if not rules_of_round(flow.object).defence:
        return holds(True, "")
    over = DefenceSession.objects.filter(round=flow.object, state=DefenceSession.State.HELD).exists()
    return holds(over, _("答辩尚未结束：请登记每一家的到场情况，并结束答辩。"))


def nobody_is_being_asked(flow: Any) -> State.CONDITION:
    """An open question is answered first, or its time runs out (domain 3.7)."""
    waiting = ScoreSheet.objects.filter(assignment__round=flow.object, state=ScoreSheet.State.QUERIED)
    aliases = list(dict.fromkeys(waiting.order_by("assignment__alias").values_list("assignment__alias", flat=True)))
    return holds(not aliases, _("%s 尚未答复组长的询问；请等待答复或期满。") % listed(aliases))


def outliers_and_splits_are_settled(flow: Any) -> State.CONDITION:
    """D2 and D8: confirmed or amended by the expert, or discussed by the panel on record (domain 3.7)."""
    open_flags = [question_of(flag) for flag in unsettled_flags(flow.object)]
    return holds(
        not open_flags,
        _("尚未处理：%s。请询问专家，由其维持或更正；或由评审组讨论并填写讨论记录。") % listed(open_flags),
    )


def the_opinion_is_drafted(flow: Any) -> State.CONDITION:
    return holds(flow.object.panel_opinion and flow.object.sign_until, _("请先由组长起草评审组意见。"))


def everybody_signed_or_time_is_up(flow: Any) -> State.CONDITION:
    """Who neither signs nor dissents in writing by then agrees (实施条例 53 条)."""
    until = flow.object.sign_until
    if until is None or flow.now >= until:
        return holds(True, "")
    waiting = members_who_owe(flow.object)
    shown = f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    sentence = _(
        "尚未签署：%(who)s。全部签署后即可结束；到 %(until)s 仍不签署、也不书面说明不同意见的，视为同意；请催办或等待。"
    )
    return holds(not waiting, sentence % {"who": listed(waiting), "until": shown})


def a_supervisor_has_seen_it(flow: Any) -> State.CONDITION:
    """The round is closed by chair and supervisor together (domain 2.5)."""
    seen = flow.object.signatures.filter(kind="SEEN", digest=opinion_digest(flow.object)).exists()
    return holds(seen, _("请监督员阅看评审组意见和评分后标记“已阅”；意见或评分有改动的，须再阅一次。"))


def witnesses(flow: Any) -> Inputs:
    agency = flow.object.challenge.challenge_list.agency_id
    people = User.objects.filter(
        role_grants__role=Role.SUP, role_grants__agency=agency, role_grants__is_active=True
    ).distinct()
    return {"witness": forms.ModelChoiceField(label=gettext_lazy("监督见证人"), queryset=people)}


def called_out_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("现场报出的数字或词句"), required=False, max_length=60,
        help_text=gettext_lazy("建议填写：见证人当场任意报出，种子承诺在前，谁也无法事先试算抽取结果。"),
    )  # fmt: skip


def technical_seats(flow: Any) -> Inputs:
    """Chairs come from the technical seats, not from the standbys as long as there is another (domain 3.4)."""
    seats = flow.object.assignments.filter(seat_type="TECHNICAL", state__in=Assignment.SEATED)
    if flow.object.pk and (drawn := flow.object.draws.order_by("pk").first()) is not None:
        experts = drawn.experts()
        first = seats.filter(expert__in=[experts[name] for name in drawn.record["seats"]])
        seats = first if first.exists() else seats
    return {"chair": forms.ModelChoiceField(label=gettext_lazy("组长"), queryset=seats)}


def opinion_inputs(flow: Any) -> Inputs:
    return {
        "panel_opinion": forms.CharField(
            label=gettext_lazy("评审组意见"), min_length=20, max_length=3000, initial=flow.object.panel_opinion,
            widget=forms.Textarea(attrs={"rows": 8}),
        ),
        "sign_until": forms.DateTimeField(
            label=gettext_lazy("签署截止"),
            help_text=gettext_lazy("到时仍不签署、也不书面说明不同意见的，视为同意评审结论。"),
        ),
    }  # fmt: skip


def discussion_inputs(flow: Any) -> Inputs:
    found = flags_of(flow.object) if flow.object.pk else []
    bids = flow.object.challenge.bids.exclude(number=None) if found else []
    numbers = {str(bid.pk): bid.number for bid in bids}
    flags = [(flag.key, question_of(flag, numbers)) for flag in found]
    return {
        "flag": forms.ChoiceField(label=gettext_lazy("提示"), choices=flags),
        "note": forms.CharField(
            label=gettext_lazy("讨论记录"), min_length=20, max_length=1000, widget=forms.Textarea(attrs={"rows": 5}),
            help_text=gettext_lazy("写明讨论了什么、结论是什么；只写代号，不写姓名。"),
        ),
    }  # fmt: skip


def closing_inputs(flow: Any) -> Inputs:
    fields: Inputs = {
        "ballot": forms.CharField(
            label=gettext_lazy("抽签顺序"), required=False, max_length=1000,
            help_text=gettext_lazy("仅在同分且名额不足时填写：申报编号按抽签先后以逗号分隔。"),
        ),
    }  # fmt: skip
    if flow.object.pk and flags_of(flow.object):
        fields["flags_considered"] = forms.BooleanField(label=gettext_lazy("评审组已逐条讨论评分提示"))
    return fields
