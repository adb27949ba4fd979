"""When not everything fits: what still can be given, best first. No second optimum, but never less than possible by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from review.matching.instance import Instance
from review.matching.repairs import Pair


def fill(instance: Instance, pairs: Iterable[Pair] = ()) -> tuple[Pair, ...]:
    """`pairs` and beside them, in order of affinity, all that demands, maximum loads, conflicts and units allow.

    A place that a class still needs is kept for it. Minimum loads are not sought. Sorted; the same for the
    same instance.
    """
    taken = set(pairs)
    unit = {e.id: e.unit for e in instance.experts}
    kind = {e.id: e.expert_class for e in instance.experts}
    room = {e.id: e.max_load for e in instance.experts}
    load = Counter(expert for _bid, expert in taken)
    panel = Counter(bid for bid, _expert in taken)
    mixed = Counter((bid, kind[expert]) for bid, expert in taken)
    sent = Counter((bid, unit[expert]) for bid, expert in taken)
    ranked = sorted(
        (-float(instance.affinity[i, j]), bid.id, expert.id, i)
        for i, bid in enumerate(instance.proposals)
        for j, expert in enumerate(instance.experts)
        if (bid.id, expert.id) not in instance.conflicts and (not expert.unit or expert.unit != bid.unit)
    )
    for _worth, bid, expert, i in ranked:
        wanted = instance.proposals[i]
        left = wanted.demand - panel[bid]
        owed = {k: n - mixed[bid, k] for k, n in wanted.class_mix.items() if n > mixed[bid, k]}
        has_place = left > 0 and (kind[expert] in owed or left > sum(owed.values()))
        share = 1 + instance.unit_exceptions.get((bid, unit[expert]), 0)
        may_come = not unit[expert] or sent[bid, unit[expert]] < share
        if (bid, expert) not in taken and has_place and may_come and load[expert] < room[expert]:
            taken.add((bid, expert))
            load[expert] += 1
            panel[bid] += 1
            mixed[bid, kind[expert]] += 1
            sent[bid, unit[expert]] += 1
    return tuple(sorted(taken))
