"""One draw as its page tells it: who was sorted out, who was drawn, who stepped in, what the chain says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from review.draw_filters import label_of_filter
from review.models import DrawRecord, Expert
from workflows.draw_document import entries_of
from workflows.models import AuditEntry


@dataclass(frozen=True)
class Drawn:
    """`code`: the pseudonym; '' where an old record has the expert's own key instead. `name`: if the reader may know."""

    code: str
    name: str


@dataclass(frozen=True)
class Redraw:
    entry: AuditEntry | None
    missing: Drawn
    replacement: Drawn
    from_standbys: bool
    unavailable: int


@dataclass(frozen=True)
class Story:
    """`filters`: (label, how many), most first. `seats`, `standbys`: (label of the seat type, people)."""

    commitment: AuditEntry
    draw: AuditEntry
    pool: int
    filters: list[tuple[str, int]]
    candidates: int
    seats: list[tuple[str, list[Drawn]]]
    standbys: list[tuple[str, list[Drawn]]]
    passed_over: list[Drawn]
    redraws: list[Redraw]


def story_of(draw: DrawRecord, *, knows_experts: bool) -> Story:
    """Two queries at most."""
    record, entries = draw.record, entries_of(draw)
    people = _people(draw, knows_experts)
    kinds = {name: kind for name, kind, _unit in record["candidates"]}
    labels = dict(Expert.SeatType.choices)
    labels |= {kind: kind for kind in record["plan"]["seats"] if kind not in labels}

    def by_kind(names: Iterable[str]) -> list[tuple[str, list[Drawn]]]:
        names = list(names)
        order = [kind for kind in labels if kind in record["plan"]["seats"]]
        found = [(str(labels[kind]), [people[n] for n in names if kinds[n] == kind]) for kind in order]
        return [(label, drawn) for label, drawn in found if drawn]

    filters = [(label_of_filter(code), count) for code, count in record["filters"].items()]
    own_entries = entries[2:] + [None] * len(record["redraws"])  # records older than the entries have none
    return Story(
        commitment=entries[0],
        draw=entries[1],
        pool=len(kinds) + sum(record["filters"].values()),
        filters=sorted(filters, key=lambda pair: -pair[1]),
        candidates=len(kinds),
        seats=by_kind(record["seats"]),
        standbys=by_kind(record["standbys"]),
        passed_over=[people[name] for name in record["passed_over"]],
        redraws=[
            Redraw(
                entry=entry,
                missing=people[step["missing"]],
                replacement=people[step["replacement"]],
                from_standbys=step["source"] == "standby",
                unavailable=len(step["unavailable"]),
            )
            for step, entry in zip(record["redraws"], own_entries, strict=False)
        ],
    )


def _people(draw: DrawRecord, knows_experts: bool) -> dict[str, Drawn]:
    experts = draw.experts()
    names: dict[int, str] = {}
    if knows_experts:
        names = dict(Expert.objects.filter(pk__in=experts.values()).values_list("pk", "user__name"))
    return {code: Drawn(code if draw.names_nobody() else "", names.get(expert, "")) for code, expert in experts.items()}
