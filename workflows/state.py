"""`State`: viewflow's state slot, with what a page, an API and an audit entry need beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from django import forms
from django.utils.translation import gettext_lazy as _
from viewflow import fsm

from accounts.models import Role, User

Inputs = dict[str, forms.Field]


@dataclass(frozen=True)
class SystemActor:
    """The actor of timers. Has no account and holds no role but this."""

    pk: None = None
    name: str = "系统"
    is_system: bool = True


SYSTEM = SystemActor()
Actor = User | SystemActor

#: A permission returns the role it was granted by (recorded in the audit entry), or None.
Permission = Callable[[Any, Actor], Role | str | None]
Condition = Callable[[Any], Any]


@dataclass(frozen=True)
class Extras:
    """Beside source and target: how a transition is asked for and shown.

    `inputs` are Django form fields by name, or a function of the flow that returns them; pages,
    API and programs all pass through a form made of them. `needs_reason` adds a reason of at
    least ten characters (domain 2.0). `style` is the button's colour.
    """

    inputs: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] = field(default_factory=dict)
    needs_reason: bool = False
    style: str = "primary"
    help: Any = ""


class State(fsm.State):
    """`fsm.State` over a model field of the flow's object."""

    if TYPE_CHECKING:
        CONDITION: TypeAlias = Any  # what `holds` returns; viewflow itself is untyped
        RETURN_VALUE: Any
        GET_STATE: Any

    def __init__(self, states: Any, default: Any = None) -> None:
        super().__init__(states, default=default)
        self.states = states
        self._getter = lambda flow: flow.object.state
        self._setter = _write

    def transition(  # type: ignore[override]
        self,
        source: Any,
        target: Any,
        *,
        label: Any,
        permission: Permission,
        conditions: Iterable[Condition] = (),
        inputs: Mapping[str, Any] | Callable[[Any], Mapping[str, Any]] | None = None,
        needs_reason: bool = False,
        style: str = "primary",
        help: Any = "",
    ) -> Any:
        extras = Extras(inputs or {}, needs_reason, style, help)
        return super().transition(
            source=source,
            target=target,
            label=label,
            permission=permission,
            conditions=list(conditions),
            custom={"extras": extras},
        )


def _write(flow: Any, value: str) -> None:
    flow.object.state = value


def reason_field() -> forms.Field:
    return forms.CharField(
        label=_("理由"),
        min_length=10,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": _("请填写理由：须告知对方依据，不少于 10 个字。"),
            "min_length": _("理由不少于 10 个字，请写明依据和事实。"),
        },
    )


def unmet(sentence: Any) -> fsm.State.CONDITION:
    return fsm.State.CONDITION(False, unmet=sentence)


def holds(is_true: Any, otherwise: Any) -> fsm.State.CONDITION:
    """A condition's result: fine, or the sentence a user can act on."""
    return fsm.State.CONDITION(bool(is_true), unmet=otherwise)
