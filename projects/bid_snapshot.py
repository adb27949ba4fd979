"""The frozen content of a bid: what was handed in, with the digests of its files."""

from typing import Any

from attachments.queries import stored_files
from projects.indicators import format_target
from projects.models import Bid


def snapshot_of(bid: Bid) -> dict[str, Any]:
    """JSON-able content of `bid` now. Its canonical JSON's SHA-256 is the bid's digest."""
    return {
        "challenge": bid.challenge.number,
        "organisation": {"uscc": bid.organisation.uscc, "name": bid.organisation.name},
        "pi": {"id": bid.pi_id, "name": bid.pi.name},
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
            for p in bid.partners.select_related("organisation").order_by("organisation__uscc")
        ],
        "responses": [
            {
                "no": r.indicator.no,
                "name": r.indicator.name,
                "promised": format_target(r.promised, r.promised_high),
                "present_level": r.present_level,
                "proof": r.proof,
            }
            for r in bid.responses.select_related("indicator")
        ],
        "files": [
            {"slot": f.slot, "name": f.file_name, "size": f.size, "sha256": f.sha256, "key": f.object_key}
            for f in stored_files(bid)
        ],
    }
