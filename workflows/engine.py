"""The one way to change state.

A machine is a `Flow` over `workflows.state.State`; `perform(flow, object, transition, by=…)` is the
only caller of a transition, for pages, API, timers and the demo loader alike. In one database
transaction it locks the row, re-reads it, checks permission, input and conditions, runs the body,
saves, appends the audit entry and writes outgoing messages. `start` does the same for a new record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, NoReturn, TypeVar

from django import forms
from django.conf import settings
from django.db import models, transaction
from django.forms.fields import BaseTemporalField
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from viewflow import fsm

from accounts.models import Record, User
from projects.disclosure import shown_state
from workflows import clock
from workflows.at_once import hold_alone, hold_parents, try_again
from workflows.audit import Entry
from workflows.models import OutboxMessage
from workflows.refused import Refused
from workflows.request_keys import note_performed, was_performed
from workflows.state import SYSTEM, Actor, Extras, State, reason_field
from workflows.unit_of_work import unit_of_work
from workflows.wording import listed, of_field, told

RecordT = TypeVar("RecordT", bound=Record)

FLOWS: dict[str, type[Flow]] = {}


class Flow:
    """Base of every machine. A subclass names its `model`, a `slug`, and a `state` slot.

    `related` are joined when the row is locked. In a transition's body `self.object` is the locked
    row, `self.by` the actor, `self.now` the instant, `self.reason` the reason given.
    """

    model: ClassVar[type[Record]]
    slug: ClassVar[str]
    related: ClassVar[tuple[str, ...]] = ()
    state: ClassVar[State]
    #: Who may create a record; None: nobody but other flows.
    start_permission: ClassVar[Any] = None
    start_conditions: ClassVar[tuple[Callable[[Any], Any], ...]] = ()
    #: Parents that permission and conditions of a start look at: read anew and held until commit.
    start_parents: ClassVar[tuple[str, ...]] = ()
    #: For whom a start counts what there is already: one start at a time for each.
    start_alone: ClassVar[tuple[str, ...]] = ()
    #: Whose turn it is in each state: state → (role, what they do next).
    next_steps: ClassVar[Mapping[Any, tuple[Any, Any]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "slug" in cls.__dict__:
            FLOWS[cls.slug] = cls

    def __init__(self, obj: Any, *, by: Actor = SYSTEM, now: datetime | None = None, cause: Flow | None = None) -> None:
        self.object = obj
        self.by = by
        self.now = now or clock.now()
        self.cause = cause
        self.reason = ""
        self.state_before = str(obj.state)
        self.evidence: dict[str, Any] = {}
        self._messages: list[OutboxMessage] = []

    # --- for bodies -----------------------------------------------------------------------------

    def notify(
        self, code: str, people: Iterable[User | None], subject: Any, body: Any = "", *, about: Record | None = None
    ) -> None:
        """Tell each person once (domain 2.18 code), after commit. `about`: another record, where these people
        may not see this one."""
        record: Any = about or self.object
        url = record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""
        for person in {p for p in people if p is not None}:
            self._messages.append(
                OutboxMessage(
                    created_at=self.now, code=code, recipient=person,
                    subject=str(subject)[:160], body=str(body), url=url,
                )
            )  # fmt: skip

    def after_commit(self, task: str, *arguments: Any) -> None:
        """Run a Celery task (by name) after commit, at least once."""
        self._messages.append(OutboxMessage(created_at=self.now, task=task, arguments=list(arguments)))

    def refuse_input(self, field: str, sentence: Any) -> NoReturn:
        """Refuse an input that only the body can judge; nothing is left behind."""
        raise Refused("invalid_input", [str(sentence)], {field: [str(sentence)]})

    def cascade(self, flow: type[Flow], obj: Record, transition: str, **data: Any) -> Any:
        """Perform a consequence on another record, in the same transaction and on record as such."""
        return perform(flow, obj, transition, by=self.by, cause=self, **data)

    def start(self, flow: type[Flow], obj: RecordT, **payload: Any) -> RecordT:
        """Create a record as a consequence, in the same transaction."""
        return start(flow, obj, by=self.by, cause=self, **payload)

    # --- for pages ------------------------------------------------------------------------------

    def deadline(self) -> datetime | None:
        """Until when the next step is due, if it is."""
        return None

    @classmethod
    def transitions_from(cls, state: str) -> list[fsm.base.Transition]:
        found: list[fsm.base.Transition] = cls.state.get_outgoing_transitions(state)
        return found


def perform(
    flow_class: type[Flow],
    obj: Record | int,
    transition: str,
    *,
    by: Actor,
    cause: Flow | None = None,
    seen_version: int | None = None,
    request_key: str | None = None,
    **data: Any,
) -> Any:
    """Perform one transition and return the changed record.

    `data` are the transition's inputs, raw or typed. `seen_version` is the version the actor
    looked at; another version in the database refuses with code `stale`. A call with the
    `request_key` of one that was carried out returns the record as it stands and changes nothing,
    so that a request whose answer was lost can be sent again. Raises `Refused`;
    whatever is raised, nothing is left behind. An instance passed in is refreshed in place.
    The outermost call is tried again when the database broke it off (deadlock).
    """
    pk = obj if isinstance(obj, int) else obj.pk
    received: list[datetime] = []

    def attempt() -> Any:
        with unit_of_work() as unit:
            row = _lock(flow_class, pk)
            if request_key and was_performed(row, transition, by, request_key):
                return row
            # A second attempt counts as received when the first was: the delay is not the actor's.
            flow = flow_class(row, by=by, cause=cause, now=received[0] if received else None)
            received.append(flow.now)
            method, definition = _transition(flow, transition, seen_version)
            role = _permitted(flow, definition, by)
            cleaned = _clean(flow, definition, data)
            flow.reason = cleaned.pop("reason", "") or ""
            _call(flow, method, cleaned)
            row.version += 1
            row.save()
            _record(unit, flow, transition, flow.state_before, role, cleaned)
            if request_key:
                note_performed(row, transition, by, request_key, flow.now)
        return row

    row = try_again(attempt)
    if not isinstance(obj, int):
        _refresh(obj, row)
    return row


def start(
    flow_class: type[Flow],
    obj: RecordT,
    *,
    by: Actor,
    cause: Flow | None = None,
    **payload: Any,
) -> RecordT:
    """Save a new record in its first state, with its first audit entry. Raises `Refused`.

    As `perform`, the outermost call is tried again when the database broke it off.
    """
    now = clock.now()

    def attempt() -> None:
        with unit_of_work() as unit:
            # What follows from another record comes with that record's lock, and sees its unsaved changes.
            for name in flow_class.start_alone:
                hold_alone(obj, name)
            for path in flow_class.start_parents if cause is None else ():
                hold_parents(obj, path)
            flow = flow_class(obj, by=by, cause=cause, now=now)
            role: Any = "SYSTEM" if cause is not None or by is SYSTEM else None
            if role is None and flow_class.start_permission is not None:
                role = flow_class.start_permission(flow, by)
            if not role:
                raise Refused("not_permitted", [_("您没有新建此项的权限；如应由您办理，请联系管理员。")])
            sentences = [str(r.message) for c in flow_class.start_conditions if not (r := c(flow))]
            if sentences:
                raise Refused("conditions_unmet", sentences)
            obj.created_at = flow.now
            obj.pk, obj._state.adding = new  # a key that was undone is no key
            obj.save(force_insert=True)
            _record(unit, flow, "create", "", str(role), payload)

    new = obj.pk, obj._state.adding
    try_again(attempt)
    return obj


def _lock(flow_class: type[Flow], pk: int) -> Any:
    manager: models.Manager[Any] = flow_class.model._default_manager
    # NO KEY: inserting children of this row elsewhere need not wait for us.
    query = manager.select_for_update(of=("self",), no_key=True).select_related(*flow_class.related)
    if not flow_class.related:
        query = manager.select_for_update(no_key=True)
    row = query.filter(pk=pk).first()
    if row is None:
        raise Refused("not_found", [_("该记录不存在；请核对网址或编号。")])
    return row


def _transition(flow: Flow, name: str, seen_version: int | None) -> tuple[Any, fsm.base.Transition]:
    method = getattr(flow, name, None)
    if not isinstance(method, fsm.base.TransitionBoundMethod):
        raise Refused("not_found", [_("没有名为“%s”的操作；请刷新页面，从列出的操作中选择。") % name])
    row = flow.object
    definition = method._descriptor.get_transition(row.state)
    if definition is None:
        sentence = _("当前状态是“%(state)s”，不能执行“%(label)s”。可能已有他人先行办理，请刷新页面查看。")
        # The refusal is read by whoever asked, permitted or not.
        known = dict(flow.model.State.choices)[shown_state(flow.by, row)]  # type: ignore[attr-defined]
        names = {"state": known, "label": label_of(type(flow), name)}
        raise Refused("wrong_state", [sentence % names])
    if seen_version is not None and seen_version != row.version:
        raise Refused("stale", [_("您打开页面之后，此项已被他人更新。请刷新页面后再试；本次操作没有生效。")])
    return method, definition


def label_of(flow_class: type[Flow], name: str) -> str:
    """A transition's label, whatever state the record is in."""
    for definition in getattr(flow_class, name).get_transitions():
        return str(definition.label)
    return name


def extras_of(definition: fsm.base.Transition) -> Extras:
    found: Extras = definition.custom["extras"]
    return found


def _permitted(flow: Flow, definition: fsm.base.Transition, by: Actor) -> str:
    role = definition.permission(flow, by)  # type: ignore[operator,misc]
    if not role:
        raise Refused("not_permitted", [_("您没有执行“%s”的权限；如应由您办理，请联系管理员。") % definition.label])
    return str(role)


def input_form(flow: Flow, definition: fsm.base.Transition) -> type[forms.Form]:
    """The form class through which a transition's inputs pass."""
    extras = extras_of(definition)
    fields: dict[str, forms.Field] = dict(extras.inputs(flow) if callable(extras.inputs) else extras.inputs)
    if extras.needs_reason:
        fields["reason"] = reason_field()
    return type("TransitionForm", (forms.Form,), fields)


def _clean(flow: Flow, definition: fsm.base.Transition, data: dict[str, Any]) -> dict[str, Any]:
    form_class = input_form(flow, definition)
    known = form_class.base_fields  # type: ignore[attr-defined]
    if unknown := set(data) - set(known) - {"reason"}:
        raise Refused(
            "invalid_input",
            [_("不认识的字段：%s；请对照接口文档删去或改正。") % listed(sorted(unknown))],
            {name: [_("没有这个字段，请对照接口文档删去或改正。")] for name in unknown},
        )
    form = form_class({name: _as_text(known.get(name), value) for name, value in data.items()})
    if not form.is_valid():
        errors = {name: [str(e) for e in found] for name, found in form.errors.items()}
        sentences = [
            of_field(form.fields[name].label or name, found) if name in form.fields else told(found)
            for name, found in errors.items()
        ]
        raise Refused("invalid_input", sentences, errors)
    cleaned = dict(form.cleaned_data)
    cleaned.setdefault("reason", str(data.get("reason", "")).strip())
    return cleaned


def _as_text(field: forms.Field | None, value: Any) -> Any:
    """Days and instants are read from text; a program may send a number, which is then not a day."""
    if isinstance(field, BaseTemporalField) and not isinstance(value, str | date | None):
        return str(value)
    return value


def _call(flow: Flow, method: Any, cleaned: dict[str, Any]) -> None:
    """What a body writes down or tells others is in the site's language, what it refuses in the reader's."""
    try:
        _in_the_sites_language(method, cleaned)
    except fsm.TransitionConditionsUnmet as refusal:
        raise Refused("conditions_unmet", unmet_sentences(flow, refusal.transition)) from refusal


def _in_the_sites_language(method: Any, cleaned: dict[str, Any]) -> None:
    if get_language() == settings.LANGUAGE_CODE:
        method(**cleaned)
        return
    try:
        with transaction.atomic(), override(settings.LANGUAGE_CODE):
            method(**cleaned)
    except Refused:
        # Everything is undone: the same refusal once more, for whoever reads it.
        with transaction.atomic():
            method(**cleaned)
        raise


def unmet_sentences(flow: Flow, definition: fsm.base.Transition) -> list[str]:
    """Every condition that does not hold, not just the first: people mend them in one go."""
    sentences = []
    for condition in definition.conditions:
        result = condition(flow)
        if not result:
            sentences.append(str(getattr(result, "message", "") or condition.__name__))
    return sentences


def _record(unit: Any, flow: Flow, transition: str, before: str, role: str, payload: Mapping[str, Any]) -> None:
    content = {**payload, **flow.evidence}
    if flow.cause is not None:
        cause = flow.cause.object
        content["caused_by"] = f"{cause._meta.label_lower}:{cause.pk}"
    unit.entries.append(
        Entry(
            at=flow.now,
            actor_id=flow.by.pk,
            actor_name=flow.by.name,
            role=role,
            object_type=flow.object._meta.label_lower,
            object_id=str(flow.object.pk),
            transition=transition,
            from_state=str(before),
            to_state=str(flow.object.state),
            reason=flow.reason,
            payload=content,
        )
    )
    unit.messages.extend(flow._messages)


def _refresh(obj: Record, row: Record) -> None:
    """Copy the new values into the caller's instance, without a query."""
    for field in row._meta.concrete_fields:
        setattr(obj, field.attname, getattr(row, field.attname))
    obj._prefetched_objects_cache = {}  # type: ignore[attr-defined]
