"""How each route names its records: the key in the address, and the same key read off a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Key = Callable[[Any], str]

#: route → (key of a record, key of a row in an answer)
KEYS: dict[str, tuple[Key, Key]] = {
    "lists": (lambda o: o.number, lambda r: r["number"]),
    "challenges": (lambda o: o.number, lambda r: r["number"]),
    "demands": (lambda o: o.number, lambda r: r["number"]),
    "bids": (lambda o: str(o.uuid), lambda r: r["uuid"]),
    "formal-checks": (lambda o: str(o.bid.uuid), lambda r: r["bid"]["uuid"]),
    "rounds": (lambda o: str(o.pk), lambda r: str(r["id"])),
    "assignments": (lambda o: str(o.pk), lambda r: str(r["id"])),
    "score-sheets": (lambda o: str(o.pk), lambda r: str(r["id"])),
    "decisions": (lambda o: o.challenge_list.number, lambda r: r["challenge_list"]),
    "decision-batches": (lambda o: str(o.pk), lambda r: str(r["id"])),
    "notices": (lambda o: o.number, lambda r: r["number"]),
    "objections": (lambda o: o.number, lambda r: r["number"]),
    "extensions": (lambda o: o.number, lambda r: r["number"]),
    "reconsiderations": (lambda o: o.number, lambda r: r["number"]),
    "projects": (lambda o: o.number, lambda r: r["number"]),
    "milestones": (lambda o: f"{o.project.number}/{o.no}", lambda r: f"{r['project']}/{r['no']}"),
    "tranches": (lambda o: f"{o.project.number}/{o.no}", lambda r: f"{r['project']}/{r['no']}"),
    "races": (lambda o: o.challenge.number, lambda r: r["challenge"]),
    "lanes": (lambda o: f"{o.race.challenge.number}/{o.no}", lambda r: f"{r['challenge']}/{r['no']}"),
    "acceptances": (lambda o: o.project.number, lambda r: r["project"]["number"]),
    "certificates": (lambda o: str(o.pk), lambda r: str(r["id"])),
}


def key_of(route: str, record: Any) -> str:
    return KEYS[route][0](record)


def keys_in(route: str, rows: list[Any]) -> set[str]:
    return {KEYS[route][1](row) for row in rows}
