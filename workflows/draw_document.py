"""A draw as a document that a stranger can check: `record.json`, `manage.py replay_draw`, `scripts/replay-draw`.

It holds the record under pseudonyms, and the proofs of the chain's entries that bear it: the commitment,
the draw, every redraw (`workflows.chain_proof`). Whoever acted in an office stands there by name, as on
the paper form that officer and supervisor sign; no expert does (decision 0006).
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import override

from accounts.models import Role
from review.draw_filters import label_of_filter
from review.models import DrawRecord, Expert, ReviewRound
from workflows.canonical import canonical_json, instant
from workflows.chain_proof import proof_of
from workflows.draw_shape import FORMAT
from workflows.models import AuditEntry

#: The seed is revealed once nothing can be won by knowing it.
OVER = (ReviewRound.State.CLOSED, ReviewRound.State.ABORTED)


def document_of(draw: DrawRecord) -> dict[str, Any]:
    """JSON-able content of `record.json`. Joins `round__challenge`, `witness`.

    `labels` and `revealed_at` help the reader and prove nothing; everything else is checked.
    """
    record, entries = draw.public_record(), entries_of(draw)
    over = end_of(draw.round)
    with override("zh-hans"):
        labels = {code: label_of_filter(code) for code in record["filters"]}
        labels |= {kind: str(Expert.SeatType(kind).label) for kind in record["plan"]["seats"]}
    return {
        "format": FORMAT,
        "about": entries[0].payload["about"],
        "record": record,
        "seed": draw.seed_hex if over else None,
        "witness": {"name": draw.witness.name, "role": Role.SUP.value},
        "committed_at": instant(entries[0].at),
        "drawn_at": instant(entries[1].at),
        "revealed_at": instant(over.at) if over else None,
        "labels": labels,
        "proofs": [proof_of(entry) for entry in entries],
    }


def as_json(draw: DrawRecord) -> str:
    """Canonical: the same record gives the same bytes, until it is anchored or its seed revealed."""
    return canonical_json(document_of(draw))


def entries_of(draw: DrawRecord) -> list[AuditEntry]:
    """Commitment, draw, and the redraws up to this record, in the order of the chain. One query."""
    bears = Q(transition="begin_draw") | Q(payload__has_key="draw_digest")  # a redraw that found nobody has none
    found = _entries(draw.round, "begin_draw", "draw", "redraw").filter(bears)
    return list(found[: 2 + len(draw.record["redraws"])])


def end_of(row: ReviewRound) -> AuditEntry | None:
    """The entry with which the round was over, None while it runs. It names the chair: show its instant only."""
    return _entries(row, "close", "abort").last() if row.state in OVER else None


def _entries(row: ReviewRound, *transitions: str) -> Any:
    label = row._meta.label_lower
    return AuditEntry.objects.filter(
        object_type=label, object_id=str(row.pk), transition__in=transitions
    ).order_by("seq")  # fmt: skip
