"""Checks an assignment against its instance, from the two JSON files alone. Shares no code with `review.matching`.

Affinities are counted in whole millionths. Bounds come from a min-cost flow of this module's own (successive
shortest paths), the truth about tiny instances from trying everything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import chain, combinations

MICRO = 1_000_000
COSTS = {"min_load": 1, "max_load": 3, "unit": 4, "class_mix": 4, "overload": 6, "demand": 10}


def millionths(data: dict) -> dict[tuple[str, str], int]:
    return {
        (p["id"], e["id"]): round(a * MICRO)
        for p, row in zip(data["proposals"], data["affinity"], strict=True)
        for e, a in zip(data["experts"], row, strict=True)
    }


def allowed(data: dict) -> set[tuple[str, str]]:
    barred = {tuple(pair) for pair in data["conflicts"]}
    return {
        (p["id"], e["id"])
        for p in data["proposals"]
        for e in data["experts"]
        if (p["id"], e["id"]) not in barred and not (p.get("unit") and p["unit"] == e.get("unit"))
    }


def ways_given(data: dict, pairs) -> dict[tuple, int]:
    """How often each rule is broken: (kind, where) → by how many. Conflicts are not among them."""
    unit, kind = ({e["id"]: e.get(key, "") for e in data["experts"]} for key in ("unit", "class"))
    panel, load = defaultdict(list), Counter(e for _p, e in pairs)
    for p, e in pairs:
        panel[p].append(e)
    given = {}
    for p in data["proposals"]:
        mine = panel[p["id"]]
        given["demand", p["id"]] = p["demand"] - len(mine)
        for name, least in p.get("class_mix", {}).items():
            given["class_mix", p["id"], name] = max(0, least - sum(kind[e] == name for e in mine))
        for name, n in Counter(unit[e] for e in mine if unit[e]).items():
            given["unit", p["id"], name] = max(0, n - 1)
    for e in data["experts"]:
        given["max_load", e["id"]] = max(0, load[e["id"]] - e["max_load"])
        given["min_load", e["id"]] = max(0, e["min_load"] - load[e["id"]])
    return {where: n for where, n in given.items() if n}


def faults(data: dict, out: dict) -> list[str]:
    """What is wrong with an answer; an empty list when nothing is."""
    pairs = [tuple(pair) for pair in out["pairs"]]
    found = [f"twice: {pair}" for pair, n in Counter(pairs).items() if n > 1]
    found += [f"not allowed: {pair}" for pair in sorted(set(pairs) - allowed(data))]
    found += [f"broken: {where} by {n}" for where, n in ways_given(data, pairs).items()]
    if not found:
        stats = out["stats"]
        for name, told, true in (
            ("mean", stats["mean_affinity"], total(data, pairs) / max(1, len(pairs))),
            ("worst", stats["worst_proposal"], worst(data, pairs)),
        ):
            if abs(told * MICRO - true) > 0.01:
                found.append(f"{name}: told {told}, is {true / MICRO}")
    return found


def total(data: dict, pairs) -> int:
    score = millionths(data)
    return sum(score[pair] for pair in pairs)


def worst(data: dict, pairs) -> float:
    """Millionths of mean affinity of the worst bid."""
    score, of = millionths(data), defaultdict(int)
    for pair in pairs:
        of[pair[0]] += score[pair]
    return min(of[p["id"]] / p["demand"] for p in data["proposals"] if p["demand"])


def rank(data: dict, pairs) -> tuple[int, int]:
    """What the assignment is judged by: the level, in whole millionths, then the total."""
    return int(worst(data, pairs) + 1e-6), total(data, pairs)


def every_choice(data: dict) -> Iterator[tuple]:
    """All sets of allowed pairs in which no bid has more experts than it asks for."""
    mine = defaultdict(list)
    for pair in sorted(allowed(data)):
        mine[pair[0]].append(pair)
    panels = [
        list(chain.from_iterable(combinations(mine[p["id"]], n) for n in range(p["demand"] + 1)))
        for p in data["proposals"]
    ]

    def choose(at: int) -> Iterator[tuple]:
        if at == len(panels):
            yield ()
            return
        for rest in choose(at + 1):
            for panel in panels[at]:
                yield panel + rest

    return choose(0)


def permitted(data: dict) -> list[tuple]:
    return [pairs for pairs in every_choice(data) if not ways_given(data, pairs)]


def least_cost(data: dict) -> int:
    """Of the cheapest relaxations; 0 when the instance is feasible."""
    return min(cost(data, ways_given(data, pairs)) for pairs in every_choice(data))


def cost(data: dict, given: dict[tuple, int]) -> int:
    """Places beyond a fifth more than an expert's maximum (one at least is not) cost more."""
    usual = {("max_load", e["id"]): max(1, e["max_load"] // 5) for e in data["experts"]}
    over = {where: max(0, n - usual.get(where, n)) for where, n in given.items()}
    return sum(COSTS[where[0]] * (n - over[where]) + COSTS["overload"] * over[where] for where, n in given.items())


# --- bounds for instances too large to try everything ------------------------------------------------------


def greatest_total(data: dict, extra_weight: dict[str, float] | None = None) -> tuple[float, list[tuple[str, str]]]:
    """The greatest weighted total of all assignments, no class minima, by successive shortest paths."""
    score, weight = millionths(data), extra_weight or {}
    flow = Flow()
    for p in data["proposals"]:
        flow.add("source", p["id"], p["demand"], 0)
    for p, e in sorted(allowed(data)):
        unit = next(row.get("unit") for row in data["experts"] if row["id"] == e) or f"only {e}"
        if (p, unit) not in flow.nodes:
            flow.add(p, (p, unit), 1, 0)
        flow.add((p, unit), ("expert", e), 1, -score[p, e] * (1 + weight.get(p, 0)))
    for e in data["experts"]:
        # The minimum is worth more than any affinity, so that it is used first.
        flow.add(("expert", e["id"]), "sink", e["min_load"], -1e12)
        flow.add(("expert", e["id"]), "sink", e["max_load"] - e["min_load"], 0)
    flow.run()
    pairs = [(tail[0], head[1]) for tail, head in flow.used() if isinstance(head, tuple) and head[0] == "expert"]
    return sum(score[pair] * (1 + weight.get(pair[0], 0)) for pair in pairs), pairs


def bound_at_level(data: dict, level: int, rounds: int = 40) -> float:
    """No assignment with every bid at the level has a greater total: Lagrange multipliers on the level."""
    score, weight, best = millionths(data), {p["id"]: 0.0 for p in data["proposals"]}, float("inf")
    for no in range(rounds):
        value, pairs = greatest_total(data, weight)
        short = {p["id"]: level * p["demand"] for p in data["proposals"]}
        best = min(best, value - sum(weight[p] * short[p] for p in short))
        for pair in pairs:
            short[pair[0]] -= score[pair]
        for p in weight:
            weight[p] = max(0.0, weight[p] + 3 / (1 + no) * short[p] / MICRO)
    return best


class Flow:
    """Cheapest flow of the greatest amount from "source" to "sink"."""

    def __init__(self) -> None:
        self.nodes: dict = {"source": [], "sink": []}
        self.edges: list[list] = []  # [tail, head, room, cost], each followed by its reverse

    def add(self, tail, head, room: int, cost: float) -> None:
        for a, b, r, c in ((tail, head, room, cost), (head, tail, 0, -cost)):
            self.nodes.setdefault(a, []).append(len(self.edges))
            self.edges.append([a, b, r, c])

    def run(self) -> None:
        while path := self._shortest():
            for no in path:
                self.edges[no][2] -= 1
                self.edges[no ^ 1][2] += 1

    def used(self):
        return [(e[0], e[1]) for no, e in enumerate(self.edges) if no % 2 == 0 and self.edges[no + 1][2]]

    def _shortest(self) -> list[int]:
        far, came, queue, queued = {"source": 0.0}, {}, ["source"], {"source"}
        for node in queue:
            queued.discard(node)
            for no in self.nodes[node]:
                _tail, head, room, cost = self.edges[no]
                if room and far[node] + cost < far.get(head, float("inf")) - 1e-6:
                    far[head], came[head] = far[node] + cost, no
                    if head not in queued:
                        queued.add(head)
                        queue.append(head)
        path, node = [], "sink"
        while node in came:
            path.append(came[node])
            node = self.edges[came[node]][0]
        return path
