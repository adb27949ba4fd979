"""What is done to an entry of the expert pool, each with an entry in the audit chain (domain 2.5, 3.4, 8.3).

An entry has no state to move through; it is there or not, valid until a day, and has a credit file. So these
are plain functions. Each locks the entry, asks who may, changes it and puts it on record. All raise `Refused`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role, User
from accounts.roles import held_role
from review.credit import GRAVE, POINTS
from review.models import Expert, ExpertCredit, ExpertIdentity, ReviewRound
from review.models.expert import valid_until
from review.queries import identities_to_be_paid_by
from workflows import clock
from workflows.audit import Entry
from workflows.conflict_matrix import recheck_person
from workflows.engine import Flow
from workflows.models import OutboxMessage
from workflows.permissions import people_with
from workflows.refused import Refused
from workflows.unit_of_work import unit_of_work

#: What each step is called where the chain is read.
STEPS = {
    "edit": gettext_lazy("修改专家资料"),
    "confirm": gettext_lazy("本人确认信息属实"),
    "renew": gettext_lazy("核实续期"),
    "take_out": gettext_lazy("移出专家库"),
    "take_in": gettext_lazy("重新入库"),
    "note_credit": gettext_lazy("登记履职记录"),
    "keep_identity": gettext_lazy("填写证件与银行卡"),
    "drop_identity": gettext_lazy("删除证件与银行卡"),
    "reveal_identity": gettext_lazy("为发放评审费查看证件与银行卡"),
}
SHORTEST_REASON = 10


def edit(expert: Expert, *, by: User, facts: dict[str, Any]) -> list[str]:
    """The expert changes his own record; which facts changed is on record, and another unit is told to the keepers."""
    with _held(expert, "edit", by, _himself(expert, by)) as (row, payload):
        changed = sorted(name for name, value in facts.items() if getattr(row, name) != value)
        for name in changed:
            setattr(row, name, facts[name])
        payload["fields"] = changed
        if "organisation" in changed:
            _tell_keepers(row, _("专家变更工作单位：%s") % row.user.name)
            row.save()
            recheck_person(row.user_id, clock.now())
        return changed


def _tell_keepers(row: Expert, subject: str) -> None:
    """Conflicts are judged by the unit of today: whoever joined a bidder leaves its panel at once."""
    with unit_of_work() as unit:
        for person in people_with(Role.SEC, agency=row.agency_id):
            message = OutboxMessage(created_at=clock.now(), code="N19", recipient=person, subject=subject[:160])
            message.url = row.get_absolute_url()
            unit.messages.append(message)


def confirm(expert: Expert, *, by: User) -> None:
    """The expert says that everything is true; the entry counts for another term."""
    with _held(expert, "confirm", by, _himself(expert, by)) as (row, payload):
        row.confirmed_on = clock.today()
        row.valid_until = valid_until(row.confirmed_on)
        payload["valid_until"] = row.valid_until


def renew(expert: Expert, *, by: User, reason: str) -> None:
    """The secretariat looked into the entry, integrity included."""
    with _held(expert, "renew", by, _keeper(expert, by), reason) as (row, payload):
        row.integrity_checked_on = clock.today()
        row.valid_until = valid_until(clock.today())
        payload["valid_until"] = row.valid_until


def take_out(expert: Expert, *, by: User, reason: str) -> None:
    """Not drawn any more. Seats he holds already are not touched."""
    with _held(expert, "take_out", by, _keeper(expert, by), reason) as (row, _payload):
        if not row.is_active:
            raise Refused("wrong_state", [_("该专家已移出专家库；请刷新页面查看。")])
        row.is_active = False


def take_in(expert: Expert, *, by: User, reason: str) -> None:
    with _held(expert, "take_in", by, _keeper(expert, by), reason) as (row, _payload):
        if row.is_active:
            raise Refused("wrong_state", [_("该专家已在专家库中；请查看已有的条目。")])
        row.is_active = True


def note_credit(expert: Expert, event: str, *, by: User, note: str, round_: ReviewRound | None = None) -> None:
    """By hand: secretary or supervisor; what takes an expert out of the draw only the supervisor."""
    role = held_role(by, Role.SUP, agency=expert.agency_id) or (_keeper(expert, by) if event not in GRAVE else None)
    with _held(expert, "note_credit", by, role, note) as (row, payload):
        made = _credit(row, event, round_, note=note, noted_by=by)
        payload |= {"event": event, "points": made.points}


def note_event(flow: Flow, expert: Expert, event: str, round_: ReviewRound) -> None:
    """From a review's own transition, once per round; the transition's audit entry tells of it.

    Which event a transition comes to is said in `workflows.expert_conduct`.
    """
    if not ExpertCredit.objects.filter(expert=expert, round=round_, event=event, noted_by=None).exists():
        made = _credit(expert, event, round_)
        flow.evidence["credit"] = {"event": event, "points": made.points}


def keep_identity(expert: Expert, *, by: User, **facts: Any) -> None:
    """The expert's own numbers, for fees, with a consent of its own (PIPL 29). Nothing of them is on record."""
    with _held(expert, "keep_identity", by, _himself(expert, by)) as (row, _payload):
        ExpertIdentity.objects.update_or_create(expert=row, defaults={**facts, "consented_at": clock.now()})


def drop_identity(expert: Expert, *, by: User) -> None:
    """Consent withdrawn (PIPL 15, 47)."""
    with _held(expert, "drop_identity", by, _himself(expert, by)) as (row, _payload):
        ExpertIdentity.objects.filter(expert=row).delete()


def reveal_identity(expert: Expert, *, by: User, reason: str) -> ExpertIdentity:
    """Whole numbers for the finance office, when a fee is to be paid; who looked and why is on record."""
    found = identities_to_be_paid_by(by).filter(expert=expert).first()
    role = held_role(by, Role.FIN, agency=expert.agency_id) if found else None
    with _held(expert, "reveal_identity", by, role, reason):
        assert found is not None  # else there were no role
        return found


def _credit(
    expert: Expert, event: str, round_: ReviewRound | None, note: str = "", noted_by: User | None = None
) -> ExpertCredit:
    if event not in POINTS:
        raise Refused(
            "invalid_input",
            [_("没有这种履职事项；请从列出的事项中选择。")],
            {"event": [_("没有这种履职事项；请从列出的事项中选择。")]},
        )
    return ExpertCredit.objects.create(
        expert=expert, round=round_, event=event, points=POINTS[event], note=note, noted_by=noted_by, noted_at=clock.now()
    )  # fmt: skip


def _himself(expert: Expert, by: User) -> Role | None:
    return Role.EXP if expert.user_id == by.pk and by.is_active else None


def _keeper(expert: Expert, by: User) -> Role | None:
    # Nobody looks after his own entry, whatever else he is.
    return None if expert.user_id == by.pk else held_role(by, Role.SEC, Role.AGY, agency=expert.agency_id)


@contextmanager
def _held(
    expert: Expert, step: str, by: User, role: Role | None, reason: str | None = None
) -> Iterator[tuple[Expert, dict[str, Any]]]:
    """The locked row and the payload of its entry; both are written when the block ends."""
    if role is None:
        raise Refused("not_permitted", [_("您没有执行“%s”的权限；如应由您办理，请联系管理员。") % STEPS[step]])
    if reason is not None and len(reason.strip()) < SHORTEST_REASON:
        sentence = _("理由不少于 10 个字，请写明依据和事实。")
        raise Refused("invalid_input", [sentence], {"reason": [sentence]})
    payload: dict[str, Any] = {}
    with unit_of_work() as unit:
        row = Expert.objects.select_for_update(no_key=True).get(pk=expert.pk)
        yield row, payload
        row.save()
        unit.entries.append(
            Entry(
                at=clock.now(), actor_id=by.pk, actor_name=by.name, role=str(role), object_type=row._meta.label_lower,
                object_id=str(row.pk), transition=step, from_state="", to_state="", reason=(reason or "").strip(),
                payload=payload,
            )
        )  # fmt: skip
