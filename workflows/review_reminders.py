"""Reminders of a review (N05, N06): to the expert who is asked or late, to the secretary who is late.

Nothing here names a bidder or, to an expert, another expert; the secretary is told aliases.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from review.models import Assignment, ReviewRound
from workflows import clock
from workflows.clock import SHANGHAI
from workflows.panel_draw import rules_of_round
from workflows.reminder import Reminder, reminders_of
from workflows.wording import listed

#: Before the scoring ends, and once it has ended (N06). The sweep may come late, but not by more than a day.
SCORING_STEP = {"T-2d": timedelta(days=2)}
AFTER = timedelta(days=1)


def review_reminders() -> Iterator[Reminder]:
    yield from _invitations()
    yield from _scoring()


def _invitations() -> Iterator[Reminder]:
    """Half-way through the time an expert has to answer, or to pledge (N05)."""
    now = clock.now()
    waiting = Assignment.objects.filter(state__in=["INVITED", "ACCEPTED"], respond_by__gt=now)
    for seat in waiting.select_related("expert__user", "round__challenge__challenge_list__rule_set").order_by("pk"):
        rules, until = rules_of_round(seat.round), seat.respond_by
        assert until is not None  # the query asks for it
        is_asked = seat.state == Assignment.State.INVITED
        half = timedelta(hours=rules.invitation_hours if is_asked else rules.pledge_hours) / 2
        subject = _("请答复评审邀请") if is_asked else _("请签署评审承诺")
        body = _("期限 %s；逾期由备选专家递补。") % _shown(until)
        # The state is part of the step: an answer starts a clock of its own, which may end at the same instant.
        yield from reminders_of("N05", seat, until, {f"half-{seat.state}": half}, [seat.expert.user], subject, body)


def _scoring() -> Iterator[Reminder]:
    """Two days before the scoring ends, and when it has ended (N06)."""
    now = clock.now()
    rounds = ReviewRound.objects.filter(
        state="SCORING", scoring_until__gt=now - AFTER, scoring_until__lte=now + max(SCORING_STEP.values())
    )
    for row in rounds.select_related("secretary", "challenge").order_by("pk"):
        assert row.scoring_until is not None  # the query asks for it
        late = list(row.assignments.filter(state="PLEDGED").select_related("expert__user").order_by("alias"))
        if late:
            yield from _late(row, row.scoring_until, late)


def _late(row: ReviewRound, until: datetime, late: list[Assignment]) -> Iterator[Reminder]:
    is_over = until <= clock.now()
    # What has ended is told like a step before an instant one day later: once, and not a day too late.
    deadline, steps = (until + AFTER, {"T+0": AFTER}) if is_over else (until, SCORING_STEP)
    for seat in late:
        subject = _("评分已截止，您还没有提交全部评审") if is_over else _("请在 %s 前提交评审") % _shown(until)
        body = _("请联系评审秘书。") if is_over else ""
        yield from reminders_of("N06", seat, deadline, steps, [seat.expert.user], subject, body)
    aliases = listed(seat.alias for seat in late)
    subject = _("%(round)s：%(who)s 尚未提交评审") % {"round": row, "who": aliases}
    body = _("评分截止 %s。可延长评分、更换专家；截止后已达法定人数的，可免除未提交的席位。") % _shown(until)
    yield from reminders_of("N06", row, deadline, steps, [row.secretary], subject, body)


def _shown(instant: datetime) -> str:
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
