"""Papers of a defence: the time table for the panel, the notice for one team."""

from __future__ import annotations

from django.template.loader import render_to_string

from projects.documents.pdf import Press
from review.models import DefenceSession, DefenceSlot

#: Digits and dashes of page numbers are drawn by the style sheet.
_PAGE_NUMBER = "—0123456789"


def render_timetable(session: DefenceSession, slots: list[DefenceSlot]) -> bytes:
    """PDF of every slot in its order. Joins the session's agency, the slots' bids."""
    return _press("documents/defence_timetable.html", session, {"slots": slots})


def render_slot(slot: DefenceSlot) -> bytes:
    """PDF of one team's notice; nothing of any other team."""
    return _press("documents/defence_notice.html", slot.session, {"slot": slot, "bid": slot.bid})


def _press(template: str, session: DefenceSession, more: dict[str, object]) -> bytes:
    issuer = session.round.challenge.challenge_list.agency.organisation.name
    html = render_to_string(template, {"session": session, "issuer": issuer, **more})
    return Press("receipt.css", {"fang": html + _PAGE_NUMBER, "hei": html}).draw(html)
