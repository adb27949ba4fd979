"""公示: draft → approved → ongoing → ended clean, or with an objection that must be settled → archived.

Rules: domain 2.12. Both end days count. When a notice has ended clean or is settled, its subject
(an award decision, a race's stage, an acceptance) goes on by itself.
"""

from __future__ import annotations

from datetime import date, datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from projects.models import PublicNotice
from workflows.canonical import sha256_of
from workflows.days import day_of, end_of
from workflows.engine import Flow
from workflows.objection import open_objections_to
from workflows.permissions import is_lead, is_officer, is_system, people_with
from workflows.pinned_rules import rules_of
from workflows.state import State, holds
from workflows.wording import listed
from workflows.working_days import add_working_days

S = PublicNotice.State

#: What a published row may say (domain 2.12): no ID number, no phone, no expert, no trade secret.
COLUMNS = ("number", "title", "unit", "pi", "yuan", "period", "outcome")


def rows_are_whitelisted(flow: NoticeFlow) -> State.CONDITION:
    strange = sorted({name for row in flow.object.rows for name in row} - set(COLUMNS))
    return holds(not strange, _("公示内容含有不得公开的栏目，请删去：%s") % listed(strange))


def last_day_is_over(flow: NoticeFlow) -> State.CONDITION:
    """The stored day counts, by Shanghai's calendar, however late the sweep comes."""
    last: date | None = flow.object.ends_on
    return holds(
        last and day_of(flow.now) > last,
        _("公示期截至 %s（含当日），尚未期满；届时自动结束；请等待，无须操作。") % last,
    )


def every_objection_is_settled(flow: NoticeFlow) -> State.CONDITION:
    left = open_objections_to(flow.object).count()
    return holds(not left, _("还有 %s 件异议未办结，请先办结。") % left)


class NoticeFlow(Flow):
    model = PublicNotice
    slug = "notice"
    related = ("agency", "decision", "race", "acceptance")
    start_conditions = (rows_are_whitelisted,)
    state = State(S, default=S.DRAFT)
    next_steps = {
        S.DRAFT: (Role.LEAD.label, gettext_lazy("审签公示稿")),
        S.APPROVED: (Role.OFF.label, gettext_lazy("发布公示")),
        S.ONGOING: (gettext_lazy("社会公众"), gettext_lazy("如有异议，在公示期内实名提出")),
        S.ENDED_WITH_OBJECTION: (Role.OFF.label, gettext_lazy("办结全部异议")),
    }

    @state.transition(
        source=S.DRAFT, target=S.DRAFT, label=gettext_lazy("修改文字"), permission=is_officer,
        inputs={
            "title": forms.CharField(label=gettext_lazy("标题"), max_length=160),
            "body": forms.CharField(label=gettext_lazy("正文"), max_length=5000, widget=forms.Textarea),
        },
    )  # fmt: skip
    def revise(self, title: str, body: str) -> None:
        """Words only: the rows come from the decision."""
        self.object.title, self.object.body = title, body

    @state.transition(
        source=S.DRAFT, target=S.APPROVED, label=gettext_lazy("审签"), permission=is_lead,
        conditions=[rows_are_whitelisted], style="success",
    )  # fmt: skip
    def approve(self) -> None:
        officers = people_with(Role.OFF, agency=self.object.agency_id)
        self.notify("N10", officers, _("公示稿已审签，请发布：%s") % self.object.title)

    @state.transition(
        source=S.APPROVED, target=S.DRAFT, label=gettext_lazy("退回改稿"), permission=is_officer,
        needs_reason=True, style="warning",
    )  # fmt: skip
    def return_to_draft(self) -> None:
        """Wording to be mended before anybody outside has seen it."""

    @state.transition(
        source=S.APPROVED, target=S.ONGOING, label=gettext_lazy("发布公示"), permission=is_officer,
        conditions=[rows_are_whitelisted], style="success",
        help=gettext_lazy("公示期自今日起算，首尾两日均计入；发布后内容不可更改。"),
    )  # fmt: skip
    def publish(self) -> None:
        """From today for the rule set's working days; the digest of what was shown is evidence."""
        notice = self.object
        notice.starts_on = day_of(self.now)
        notice.ends_on = add_working_days(notice.starts_on, rules_of(notice).publicity_wd, count_start=True)
        notice.content_sha256 = sha256_of(published_content(notice))
        self.evidence["content_sha256"] = notice.content_sha256
        self.evidence["ends_on"] = notice.ends_on

    @state.transition(
        source=S.ONGOING, target=State.RETURN_VALUE(S.ENDED_CLEAN, S.ENDED_WITH_OBJECTION, S.SETTLED),
        label=gettext_lazy("公示期满"), permission=is_system, conditions=[last_day_is_over],
    )  # fmt: skip
    def end(self) -> str:
        """Clean, settled already, or waiting for its objections."""
        notice = self.object
        officers = people_with(Role.OFF, agency=notice.agency_id)
        self.notify("N10", officers, _("公示期满：%s") % notice.title)
        if open_objections_to(notice).exists():
            return str(S.ENDED_WITH_OBJECTION)
        self._subject_goes_on()
        return str(S.SETTLED if notice.objections.filter(state="CLOSED").exists() else S.ENDED_CLEAN)

    @state.transition(
        source=S.ENDED_WITH_OBJECTION, target=S.SETTLED, label=gettext_lazy("异议办结"), permission=is_system,
        conditions=[every_objection_is_settled],
    )  # fmt: skip
    def settle(self) -> None:
        """The last objection was closed."""
        self._subject_goes_on()

    @state.transition(
        source=[S.ENDED_CLEAN, S.SETTLED],
        target=S.ARCHIVED,
        label=gettext_lazy("归档"),
        permission=is_officer,
    )
    def archive(self) -> None:
        """Kept readable for everybody."""

    @state.transition(
        source=[S.DRAFT, S.APPROVED, S.ONGOING, S.ENDED_WITH_OBJECTION], target=S.WITHDRAWN,
        label=gettext_lazy("撤回公示"), permission=is_system, needs_reason=True,
    )  # fmt: skip
    def withdraw(self) -> None:
        """Follows from taking back what it announced; a new notice starts its own period."""

    def deadline(self) -> datetime | None:
        notice = self.object
        return end_of(notice.ends_on) if notice.state == S.ONGOING and notice.ends_on else None

    def _subject_goes_on(self) -> None:
        from workflows.acceptance import AcceptanceFlow
        from workflows.award import AwardDecisionFlow
        from workflows.race import RaceFlow

        notice = self.object
        match notice.kind:
            case PublicNotice.Kind.AWARD:
                self.cascade(AwardDecisionFlow, notice.decision, "clear")
            case PublicNotice.Kind.STAGE:
                self.cascade(RaceFlow, notice.race, "confirm_stage")
            case PublicNotice.Kind.ACCEPTANCE:
                self.cascade(AcceptanceFlow, notice.acceptance, "finish")


def published_content(notice: PublicNotice) -> dict[str, object]:
    """What the public is shown. Its canonical JSON's SHA-256 is the notice's digest."""
    return {
        "number": notice.number,
        "title": notice.title,
        "body": notice.body,
        "rows": notice.rows,
        "starts_on": notice.starts_on,
        "ends_on": notice.ends_on,
    }


def announce(flow: Flow, notice: PublicNotice) -> PublicNotice:
    """Start the notice of what `flow` has just decided, and approve it: who decides also signs it."""
    flow.start(NoticeFlow, notice)
    flow.cascade(NoticeFlow, notice, "approve")
    return notice


def withdraw_notices(flow: Flow, reason: str) -> None:
    """Take back every notice of the flow's object that has not run its course."""
    live = flow.object.notices.filter(state__in=[S.DRAFT, S.APPROVED, S.ONGOING, S.ENDED_WITH_OBJECTION])
    for notice in live.order_by("pk"):
        flow.cascade(NoticeFlow, notice, "withdraw", reason=reason)
