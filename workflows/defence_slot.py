"""答辩时段: a team registers who comes; the secretary records whether it came (domain 3.8).

The principal investigator speaks in person. A substitute needs the unit's sealed letter two days before.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from attachments.queries import stored_files
from review.models import DefenceSession, DefenceSlot
from workflows.clock import SHANGHAI
from workflows.engine import Flow
from workflows.permissions import any_of, is_officer, is_principal_investigator, is_unit_admin, people_with
from workflows.review_permissions import is_secretary
from workflows.state import Inputs, State, holds

S = DefenceSlot.State
LETTER_LEAD = timedelta(days=2)


def the_session_is_announced(flow: DefenceSlotFlow) -> State.CONDITION:
    return holds(
        flow.object.session.state == DefenceSession.State.ANNOUNCED,
        _("答辩安排尚未通知，或者已经结束；请查看答辩安排，必要时联系评审秘书。"),
    )


def before_the_slot(flow: DefenceSlotFlow) -> State.CONDITION:
    return holds(flow.now < flow.object.starts_at, _("答辩已开始，不能再登记到场人员；请现场联系评审秘书。"))


def the_slot_has_begun(flow: DefenceSlotFlow) -> State.CONDITION:
    shown = f"{flow.object.starts_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return holds(flow.now >= flow.object.starts_at, _("该时段 %s 开始，请届时登记到场情况。") % shown)


def team_inputs(flow: DefenceSlotFlow) -> Inputs:
    slot = flow.object
    most = slot.session.persons if slot.pk else 0
    return {
        "team": forms.CharField(
            label=gettext_lazy("到场人员"), max_length=600, widget=forms.Textarea(attrs={"rows": 4}), initial=slot.team,
            help_text=_("每行一人：姓名 职务或分工；不超过 %s 人，须含项目负责人或其替代人。") % most,
        ),
        "substitute": forms.CharField(
            label=gettext_lazy("替代负责人"), max_length=40, required=False, initial=slot.substitute,
            help_text=gettext_lazy("负责人不能到场时填写；须在答辩 2 天前上传单位盖章的函件。"),
        ),
    }  # fmt: skip


class DefenceSlotFlow(Flow):
    model = DefenceSlot
    slug = "defence-slot"
    related = ("session__round__challenge__challenge_list", "session__round__secretary", "bid__pi")
    state = State(S, default=S.SCHEDULED)
    next_steps = {S.SCHEDULED: (Role.PI.label, gettext_lazy("登记到场人员，书面答复专家问题，按时到场"))}
    _staff = staticmethod(any_of(is_secretary, is_officer))

    @state.transition(
        source=S.SCHEDULED, target=S.SCHEDULED, label=gettext_lazy("登记到场人员"), inputs=team_inputs,
        permission=any_of(is_principal_investigator, is_unit_admin), conditions=[the_session_is_announced, before_the_slot],
    )  # fmt: skip
    def register_team(self, team: str, substitute: str) -> None:
        slot = self.object
        lines = [line.strip() for line in team.splitlines() if line.strip()]
        if len(lines) > slot.session.persons:
            self.refuse_input("team", _("到场不超过 %s 人；请减少人员。") % slot.session.persons)
        speaker = substitute.strip() or slot.bid.pi.name
        if not any(line.split()[0] == speaker for line in lines):
            self.refuse_input(
                "team", _("到场人员中没有 %s：负责人须本人到场，或写明替代人；请补入负责人或替代人。") % speaker
            )
        if substitute.strip() and substitute.strip() != slot.substitute:
            self._require_letter()
        slot.team, slot.substitute = "\n".join(lines), substitute.strip()

    @state.transition(
        source=S.SCHEDULED, target=S.PRESENT, label=gettext_lazy("登记到场"), permission=_staff, style="success",
        conditions=[the_session_is_announced, the_slot_has_begun],
        inputs={"note": forms.CharField(
            label=gettext_lazy("到场记录"), max_length=300,
            help_text=gettext_lazy("谁到场、身份如何核对；替代人到场的，写明函件。"),
        )},
    )  # fmt: skip
    def record_presence(self, note: str) -> None:
        self.object.note = note

    @state.transition(
        source=S.SCHEDULED, target=S.ABSENT, label=gettext_lazy("登记缺席"), permission=_staff, style="danger",
        conditions=[the_session_is_announced, the_slot_has_begun], needs_reason=True,
        help=gettext_lazy("缺席视为放弃，该申报不再推荐。"),
    )  # fmt: skip
    def record_absence(self) -> None:
        """Absent is waived, recorded and told."""
        bid = self.object.bid
        people = [bid.pi, *people_with(Role.ORG, organisation=bid.organisation_id)]
        self.notify("N07", people, _("缺席答辩，视为放弃：%s") % bid.title, self.reason)

    def deadline(self) -> datetime | None:
        starts: datetime | None = self.object.starts_at if self.object.state == S.SCHEDULED else None
        return starts

    def _require_letter(self) -> None:
        """The sealed letter is there, and came two days before."""
        until = self.object.starts_at - LETTER_LEAD
        if not stored_files(self.object).exists():
            self.refuse_input("substitute", _("请先在本页上传单位盖章的替代函。"))
        if self.now > until:
            shown = f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            self.refuse_input(
                "substitute",
                _("替代函须在答辩 2 天前（%s 前）提交，现在只能由负责人本人到场；请改由负责人到场。") % shown,
            )
