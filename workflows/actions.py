"""What a person may do with a record now, for pages and API: buttons, and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms

from accounts.models import Record
from projects.disclosure import shown_state
from workflows.engine import FLOWS, Flow, extras_of, input_form, unmet_sentences
from workflows.state import Actor


@dataclass(frozen=True)
class Action:
    """A transition the person may ask for. With `unmet` sentences it is shown but disabled."""

    flow: str
    slug: str
    label: str
    style: str
    help: str
    target: str
    unmet: list[str]
    form_class: type[forms.Form]

    @property
    def is_ready(self) -> bool:
        return not self.unmet


@dataclass(frozen=True)
class NextStep:
    """Whose turn it is, what they do, until when."""

    owner: str
    what: str
    deadline: datetime | None


def flow_of(obj: Record) -> type[Flow]:
    """The machine of a record. Raises LookupError when its model has none."""
    for flow in FLOWS.values():
        if flow.model is type(obj):
            return flow
    raise LookupError(f"no flow for {type(obj).__name__}")


def actions_for(obj: Record, user: Actor) -> list[Action]:
    """The transitions `user` is permitted on `obj`, in the order of their declaration."""
    flow = flow_of(obj)(obj, by=user)
    found = []
    for definition in flow.transitions_from(obj.state):  # type: ignore[attr-defined]
        if not definition.permission(flow, user):  # type: ignore[operator,misc]
            continue
        extras = extras_of(definition)
        found.append(
            Action(
                flow=flow.slug,
                slug=definition.slug,
                label=str(definition.label),
                style=extras.style,
                help=str(extras.help),
                target=str(definition.target),
                unmet=unmet_sentences(flow, definition),
                form_class=input_form(flow, definition),
            )
        )
    order = list(type(flow).__dict__)
    return sorted(found, key=lambda action: order.index(action.slug) if action.slug in order else 999)


def open_form_class(obj: Record, slug: str, user: Actor) -> type[forms.Form] | None:
    """The input form of one transition that is permitted to `user` now, or None.

    Does not ask whether its conditions hold: `perform` does that, under the row's lock.
    """
    flow = flow_of(obj)(obj, by=user)
    for definition in flow.transitions_from(obj.state):  # type: ignore[attr-defined]
        if definition.slug == slug and definition.permission(flow, user):  # type: ignore[operator,misc]
            return input_form(flow, definition)
    return None


def next_step(obj: Record, reader: Any) -> NextStep | None:
    """Who moves next, as far as the reader may know the state, or None in a terminal one."""
    flow = flow_of(obj)(obj)
    step = flow.next_steps.get(shown_state(reader, obj))
    if step is None:
        return None
    owner, what = step
    return NextStep(owner=str(owner), what=str(what), deadline=flow.deadline())


def form_for(obj: Record, slug: str, user: Actor, data: Any = None) -> forms.Form | None:
    """The (bound) input form of one transition, or None when it is not open to `user` now."""
    for action in actions_for(obj, user):
        if action.slug == slug:
            return action.form_class(data) if data is not None else action.form_class()
    return None
