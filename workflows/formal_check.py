"""形式审查: pending → automatic items → an officer's opinion → confirmed by a second person → final.

Rules: domain 2.3 and 2.4. The second person is another one (the database checks it too).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects.bid_editing import SECTIONS
from projects.models import Bid, FormalCheck
from workflows.bid import BidFlow
from workflows.clock import SHANGHAI
from workflows.days import day_of, end_of
from workflows.engine import Flow
from workflows.formal_check_items import CURABLE, LABELS, automatic_items
from workflows.permissions import any_of, is_lead, is_officer, is_system
from workflows.refusals import last_day_to_file, refused_at
from workflows.state import Inputs, State, holds
from workflows.wording import listed
from workflows.working_days import add_working_days

S = FormalCheck.State
Result = FormalCheck.Result
#: 基金条例 13 条: calendar days from the close to the result.
LONGEST_CHECK = timedelta(days=45)


def checker_is_another(flow: FormalCheckFlow) -> State.CONDITION:
    """四眼: whoever checked may not confirm (domain 2.4)."""
    return holds(flow.object.checked_by_id != flow.by.pk, _("复核须由审查人以外的第二人进行，请转交另一位经办人。"))


def checker_was_not_overruled(flow: FormalCheckFlow) -> State.CONDITION:
    """撤销后重新审查须另换人员 (domain 2.10 result)."""
    overruled = flow.object.overruled_id is not None and flow.object.overruled_id == flow.by.pk
    return holds(not overruled, _("您的审查意见已被复审撤销，须由其他人员重新审查；请转交另一位经办人。"))


def reconsideration_period_is_over(flow: FormalCheckFlow) -> State.CONDITION:
    """A refusal is not final while the team may still ask again."""
    refused = refused_at(flow.object.bid)
    last = last_day_to_file(refused) if refused else None
    return holds(
        last is None or day_of(flow.now) > last, _("申请人可在 %s 前申请复审，届满后再定案；请届时办理。") % last
    )


def no_correction_is_under_way(flow: FormalCheckFlow) -> State.CONDITION:
    waiting = flow.object.bid.state == Bid.State.CORRECTION
    return holds(not waiting, _("补正尚未完成，请待补正提交或逾期后再办理。"))


def opinion_inputs(flow: FormalCheckFlow) -> Inputs:
    return {
        "result": forms.ChoiceField(label=gettext_lazy("结果"), choices=Result.choices),
        "reason_codes": forms.MultipleChoiceField(
            label=gettext_lazy("原因代码"),
            choices=[(code, format_lazy("{} {}", code, label)) for code, label in LABELS.items()],
            required=False,
        ),
        "sections": forms.MultipleChoiceField(
            label=gettext_lazy("补正部分"),
            choices=list(SECTIONS.items()),
            required=False,
            help_text=gettext_lazy("结果为补正时，只有选中的部分可以修改；不选的只能补交附件。"),
        ),
        "opinion": forms.CharField(
            label=gettext_lazy("审查意见"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
        ),
    }


class FormalCheckFlow(Flow):
    model = FormalCheck
    slug = "formal-check"
    related = ("bid__challenge__challenge_list__rule_set", "bid__organisation", "bid__pi")
    state = State(S, default=S.PENDING)
    next_steps = {
        S.AUTO_CHECKED: (Role.OFF.label, gettext_lazy("人工审查并给出结果")),
        S.MANUAL_CHECKED: (gettext_lazy("复核人"), gettext_lazy("第二人复核")),
        S.CONFIRMED: (gettext_lazy("项目负责人"), gettext_lazy("查看结果；需补正的按期补正")),
    }

    @state.transition(source=S.PENDING, target=S.AUTO_CHECKED, label=gettext_lazy("自动审查"), permission=is_system)
    def run_automatic_items(self) -> None:
        self._write_items()

    @state.transition(
        source=S.AUTO_CHECKED, target=S.MANUAL_CHECKED, label=gettext_lazy("提交审查意见"), permission=is_officer,
        conditions=[checker_was_not_overruled], inputs=opinion_inputs,
    )  # fmt: skip
    def check(self, result: str, reason_codes: list[str], sections: list[str], opinion: str) -> None:
        """The officer's result; passing over a failed automatic item must be explained."""
        failed = list(self.object.items.filter(passed=False).values_list("code", flat=True))
        if result != Result.PASS and not reason_codes:
            self.refuse_input("reason_codes", _("补正或不予受理须选择原因代码；请至少勾选一项。"))
        if result == Result.CORRECT and (hopeless := sorted(set(reason_codes) - CURABLE)):
            self.refuse_input("reason_codes", _("%s 无法补正，请改为不予受理，或说明理由后通过。") % listed(hopeless))
        if (result != Result.PASS or failed) and len(opinion.strip()) < 10:
            self.refuse_input(
                "opinion",
                _("须书面说明理由，不少于 10 个字（自动审查未通过项：%s）；请补写审查意见。")
                % (listed(failed) or "无"),
            )
        self.object.result, self.object.reason_codes = result, reason_codes
        self.object.correction_sections = (sections or ["files"]) if result == Result.CORRECT else []
        self.object.opinion, self.object.checked_by = opinion.strip(), self.by

    @state.transition(
        source=S.MANUAL_CHECKED, target=S.CONFIRMED, label=gettext_lazy("复核同意"),
        permission=any_of(is_officer, is_lead), conditions=[checker_is_another], style="success",
    )  # fmt: skip
    def confirm(self) -> None:
        """The result takes effect on the bid."""
        check = self.object
        check.confirmed_by = self.by
        match check.result:
            case Result.PASS:
                self.cascade(BidFlow, check.bid, "accept")
            case Result.REJECT:
                check.save()  # the bid's letter quotes the opinion
                self.cascade(BidFlow, check.bid, "refuse_acceptance")
            case Result.CORRECT:
                last = add_working_days(day_of(self.now), self._rules.correction_wd, count_start=False)
                check.correction_until = datetime.combine(last, time(17), SHANGHAI)
                check.save()
                self.cascade(BidFlow, check.bid, "ask_correction")

    @state.transition(
        source=S.MANUAL_CHECKED, target=S.AUTO_CHECKED, label=gettext_lazy("复核退回"),
        permission=any_of(is_officer, is_lead), conditions=[checker_is_another], needs_reason=True, style="warning",
    )  # fmt: skip
    def send_back(self) -> None:
        self._clear()

    @state.transition(source=S.CONFIRMED, target=S.AUTO_CHECKED, label=gettext_lazy("补正后重审"), permission=is_system)
    def recheck(self) -> None:
        """A correction came in: items anew, two people anew."""
        self._start_over()

    @state.transition(source=S.CONFIRMED, target=S.OBJECTED, label=gettext_lazy("进入复审"), permission=is_system,
                      conditions=[no_correction_is_under_way], needs_reason=True)  # fmt: skip
    def object_to(self) -> None:
        """The team asked for reconsideration."""

    @state.transition(source=S.OBJECTED, target=S.FINAL, label=gettext_lazy("复审维持"), permission=is_system)
    def settle(self) -> None:
        """The reconsideration has ended without changing anything."""

    @state.transition(source=S.OBJECTED, target=S.CONFIRMED, label=gettext_lazy("复审撤回"), permission=is_system)
    def resume(self) -> None:
        """The request was taken back; while there is time it may be made again."""

    @state.transition(source=S.OBJECTED, target=S.AUTO_CHECKED, label=gettext_lazy("复审后重审"), permission=is_system)
    def reopen(self) -> None:
        """The reconsideration revoked the result: items anew, by somebody who has not checked before."""
        check = self.object
        check.overruled = check.checked_by
        self._start_over()

    @state.transition(source=S.CONFIRMED, target=S.FINAL, label=gettext_lazy("审查定案"),
                      permission=any_of(is_officer, is_lead),
                      conditions=[no_correction_is_under_way, reconsideration_period_is_over])  # fmt: skip
    def finalise(self) -> None:
        """Nothing is open any more."""

    def deadline(self) -> datetime | None:
        """Of a correction; else of the check itself, in working days from the close (domain 2.3: 45 days at most)."""
        check = self.object
        if check.state in (S.AUTO_CHECKED, S.MANUAL_CHECKED):
            close = day_of(check.bid.challenge.challenge_list.rec_close_at)
            last = add_working_days(close, self._rules.formal_check_wd, count_start=False)
            return end_of(min(last, close + LONGEST_CHECK))
        return check.correction_until if check.bid.state == Bid.State.CORRECTION else None

    @property
    def _rules(self):  # type: ignore[no-untyped-def]
        return self.object.bid.challenge.challenge_list.rule_set.rules

    def _start_over(self) -> None:
        self._clear()
        self.object.correction_until = None
        self.object.items.all().delete()
        self._write_items()

    def _write_items(self) -> None:
        items = automatic_items(self.object.bid, day_of(self.now))
        for item in items:
            item.check_of = self.object
        type(items[0]).objects.bulk_create(items)
        self.evidence["failed_items"] = [i.code for i in items if not i.passed]
        self.after_commit("projects.tasks.compare_bid", self.object.bid_id)

    def _clear(self) -> None:
        check = self.object
        check.result, check.reason_codes, check.opinion, check.correction_sections = "", [], "", []
        check.checked_by = check.confirmed_by = None
