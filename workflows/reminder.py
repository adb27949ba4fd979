"""One reminder: its unique key sends it once, however often and however late the sweep comes by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from workflows import clock
from workflows.models import OutboxMessage


@dataclass(frozen=True)
class Reminder:
    """A message, and what is only worth finding out when it is really going to be sent."""

    message: OutboxMessage
    more: Callable[[], str] | None = None

    def written(self) -> OutboxMessage:
        if self.more is not None:
            self.message.body += self.more()
        return self.message


def step_due(left: timedelta, steps: dict[str, timedelta]) -> str | None:
    """The most urgent step that has been reached with `left` to go; None before the first or too late."""
    reached = [name for name, lead in steps.items() if timedelta(0) < left <= lead]
    return min(reached, key=lambda name: steps[name], default=None)


def reminders_of(
    code: str,
    about: Any,
    deadline: datetime,
    steps: dict[str, timedelta],
    people: Iterable[User],
    subject: str,
    body: str = "",
    more: Callable[[], str] | None = None,
) -> Iterator[Reminder]:
    """One per person. The deadline is part of the key: when it is extended, its reminders come anew."""
    step = step_due(deadline - clock.now(), steps)
    if step is None:
        return
    for person in {p.pk: p for p in people}.values():
        key = f"{code}:{about._meta.model_name}:{about.pk}:{deadline.timestamp():.0f}:{step}:{person.pk}"
        message = OutboxMessage(
            created_at=clock.now(), code=code, recipient=person, subject=subject[:160], body=body,
            url=about.get_absolute_url(), key=key,
        )  # fmt: skip
        yield Reminder(message, more)
