"""查重: what a bid's words resemble, side by side with the shared passages marked. Advice, no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _

from projects.duplicates import quoted_texts, whole_text
from projects.models import Bid, DuplicateCheck, DuplicateMatch
from projects.queries import bids_checked_by, bids_visible_to, duplicate_checks_visible_to
from projects.similarity import Passage, shared_passages

NAMES = {"summary": _("摘要"), "route": _("技术路线"), "team": _("团队与条件")}
#: The end of a passage that runs over into the next text is marked only from so many signs on.
STUMP = 6
#: From this share on a match is drawn in the colour of a warning.
STRIKING = 300


@dataclass(frozen=True)
class Shown:
    """A match as its reader may see it. A bid of another agency is told only once it is funded, and by
    what was on public notice; its words stay there."""

    match: DuplicateMatch
    is_readable: bool

    @property
    def percent(self) -> float:
        return self.match.permille / 10

    @property
    def tone(self) -> str:
        return "bad" if self.match.permille >= STRIKING else "wait"

    @property
    def is_same_unit(self) -> bool:
        return bool(self.match.other.organisation_id == self.match.check_of.bid.organisation_id)


def matches_shown_to(user: Any, check: DuplicateCheck) -> list[Shown]:
    """Two queries, whatever their number."""
    found = check.matches.select_related(
        "other__organisation", "other__challenge__challenge_list__agency", "other__project", "check_of__bid"
    )
    readable = set(bids_visible_to(user).filter(pk__in=found.values("other")).values_list("pk", flat=True))
    return [
        Shown(match, match.other_id in readable)
        for match in found
        if match.other_id in readable or match.other.state == Bid.State.AWARDED
    ]


@login_required
def detail(request: HttpRequest, uuid: Any) -> HttpResponse:
    query = bids_checked_by(request.user).select_related("challenge", "organisation")
    bid = get_object_or_404(query, uuid=uuid)
    check = duplicate_checks_visible_to(request.user).filter(bid=bid).exclude(compared_at=None).first()
    if check is None:
        return render(request, "projects/duplicates.html", {"bid": bid})
    matches = matches_shown_to(request.user, check)
    asked = request.GET.get("with", "")
    chosen = next((one for one in matches if str(one.match.other_id) == asked), matches[0] if matches else None)
    context = {"bid": bid, "check": check, "matches": matches, "chosen": chosen}
    if chosen is not None:
        context |= _side_by_side(bid, chosen)
    return render(request, "projects/duplicates.html", context)


def _side_by_side(bid: Bid, chosen: Shown) -> dict[str, Any]:
    mine, my_sections = whole_text(bid.snapshot or {})
    theirs, their_sections = whole_text(chosen.match.other.snapshot or {})
    passages = shared_passages(mine, theirs, quoted_texts(bid.challenge))
    sides: dict[str, Any] = {
        "passages": passages,
        "mine": [(NAMES[s.name], _pieces(mine, s.start, s.end, passages)) for s in my_sections if s.end > s.start],
    }
    if chosen.is_readable:
        turned = [Passage(p.their_start, p.their_end, p.start, p.end, p.size) for p in passages]
        sides["theirs"] = [
            (NAMES[s.name], _pieces(theirs, s.start, s.end, turned)) for s in their_sections if s.end > s.start
        ]
    return sides


def _pieces(whole: str, start: int, end: int, passages: list[Passage]) -> list[tuple[str, int]]:
    """`whole[start:end]` cut at the passages: each piece with its passage's number, 0 for none."""
    pieces, at = [], start
    for number, passage in sorted(enumerate(passages, 1), key=lambda one: one[1].start):
        first, last = max(passage.start, at), min(passage.end, end)
        if last - first < STUMP:
            continue
        pieces += [(whole[at:first], 0), (whole[first:last], number)]
        at = last
    return [piece for piece in [*pieces, (whole[at:end], 0)] if piece[0]]
