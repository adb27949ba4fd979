"""The frozen content of a bid: what was handed in, with the digests of its files."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from attachments.models import Attachment
from attachments.queries import stored_files
from projects.indicators import format_target
from projects.models import Bid, BidAvoidance, BidPartner, IndicatorResponse
from projects.profiles import frozen


@dataclass
class BidContent:
    """What hangs on a bid, each part read once: what was checked is what gets frozen."""

    bid: Bid

    @cached_property
    def partners(self) -> list[BidPartner]:
        return list(self.bid.partners.select_related("organisation").order_by("organisation__uscc"))

    @cached_property
    def responses(self) -> list[IndicatorResponse]:
        return list(self.bid.responses.select_related("indicator").order_by("indicator__no"))

    @cached_property
    def avoidances(self) -> list[BidAvoidance]:
        return list(self.bid.avoidances.order_by("place"))

    @cached_property
    def files(self) -> list[Attachment]:
        return list(stored_files(self.bid))


def snapshot_of(bid: Bid, content: BidContent | None = None) -> dict[str, Any]:
    """JSON-able content of `bid` now. Its canonical JSON's SHA-256 is the bid's digest."""
    content = content or BidContent(bid)
    return {
        "challenge": bid.challenge.number,
        **frozen(bid.organisation, bid.pi),
        "recommender": bid.recommender.uscc if bid.recommender else None,
        "title": bid.title,
        "summary": bid.summary,
        "route": bid.route,
        "route_tag": bid.route_tag,
        "team": bid.team,
        "requested_yuan": bid.requested_yuan,
        "matching_yuan": bid.matching_yuan,
        "partners": [
            {"uscc": p.organisation.uscc, "name": p.organisation.name, "task": p.task, "budget_yuan": p.budget_yuan}
            for p in content.partners
        ],
        "responses": [
            {
                "no": r.indicator.no,
                "name": r.indicator.name,
                "promised": format_target(r.promised, r.promised_high),
                "present_level": r.present_level,
                "proof": r.proof,
            }
            for r in content.responses
        ],
        "avoidances": [{"name": a.person_name, "unit": a.unit_name, "reason": a.reason} for a in content.avoidances],
        "files": [
            {"slot": f.slot, "name": f.file_name, "size": f.size, "sha256": f.sha256, "key": f.object_key}
            for f in content.files
        ],
    }
