"""After declines: fill what has become open and move a standing pair only where nothing else helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from review.matching.board import BARRED, Board, Ints, board_of
from review.matching.instance import Instance
from review.matching.program import Question
from review.matching.relaxations import Infeasible, lacking
from review.matching.search import Search, worth

Pair = tuple[str, str]


@dataclass(frozen=True)
class Repair:
    """`added` and `moved` (standing pairs that had to be given up), sorted, each with its reason in `reasons`."""

    pairs: tuple[Pair, ...]
    added: tuple[Pair, ...]
    moved: tuple[Pair, ...]
    reasons: dict[Pair, str]


def repair(
    instance: Instance,
    pairs: Iterable[Pair],
    *,
    gone_experts: Collection[str] = (),
    gone_pairs: Collection[Pair] = (),
) -> Repair:
    """Complete `pairs` again: first as few standing pairs moved as possible, then the greatest affinity.

    A gone expert takes nothing more; a gone pair never comes back, and its expert's minimum falls by one.
    A standing pair that is now in conflict counts as gone. The fairness level is not sought again.
    Raises Infeasible when no completion exists.
    """
    given = set(pairs)
    board = board_of(_without(instance, set(gone_experts), set(gone_pairs)))
    width = board.shape[1]
    stand = board.pairs(p for p in given - set(gone_pairs) if p[1] not in set(gone_experts))
    stand = stand[board.score[stand // width, stand % width] != BARRED]
    now = _complete(board, stand)
    before, after = set(board.names(stand)), set(board.names(now))
    added, moved = sorted(after - before), sorted(before - after)
    return Repair(tuple(sorted(after)), tuple(added), tuple(moved), _reasons(given - before, added, moved))


def _without(instance: Instance, experts: set[str], pairs: set[Pair]) -> Instance:
    """Gone experts are left out altogether, so that no relaxation asks them again."""
    declined = Counter(expert for _proposal, expert in pairs)
    staying = [no for no, e in enumerate(instance.experts) if e.id not in experts]
    return replace(
        instance,
        experts=[
            replace(e, min_load=max(0, e.min_load - declined[e.id])) for e in map(instance.experts.__getitem__, staying)
        ],
        affinity=instance.affinity[:, staying],
        conflicts=frozenset(pair for pair in instance.conflicts | pairs if pair[1] not in experts),
    )


def _complete(board: Board, stand: Ints) -> Ints:
    """All standing pairs and the best completion; where none exists, the one that keeps most of them."""
    search = Search(board)
    search.pairs = np.union1d(search.pairs, stand)

    def beside_all(pairs: Ints) -> Question:
        return Question(pairs, worth(board, pairs), 1, search.penalty, standing=_is_in(pairs, stand))

    fixed = search.optimum(beside_all)
    if fixed is not None and not fixed.gives_way:
        whole = search.whole(lambda pairs: replace(beside_all(pairs), strict=True), fixed)
        if whole is not None:
            return whole.pairs
    search.basis = None
    if relaxations := lacking(search):
        raise Infeasible(relaxations)
    return _keeping_most(search, stand)


def _keeping_most(search: Search, stand: Ints) -> Ints:
    board = search.board

    def most(pairs: Ints) -> Question:
        return Question(pairs, _is_in(pairs, stand).astype(np.float64), 0, 0, strict=True)

    answer = search.optimum(most)
    assert answer is not None
    panels = search.whole(most, answer)
    if panels is None:
        raise Infeasible(lacking(search, whole=True))
    keep = int(_is_in(panels.pairs, stand).sum())

    def best(pairs: Ints) -> Question:
        mine = _is_in(pairs, stand)
        return Question(pairs, worth(board, pairs), 1, 0, standing=mine, keep=keep, strict=True)

    search.basis = None
    answer = search.optimum(best)
    whole = search.whole(best, answer) if answer is not None else None
    return (whole or panels).pairs


def _is_in(pairs: Ints, stand: Ints) -> NDArray[np.bool_]:
    return np.isin(pairs, stand, assume_unique=True)


def _reasons(gone: set[Pair], added: list[Pair], moved: list[Pair]) -> dict[Pair, str]:
    reasons = {}
    left = dict(sorted(gone | set(moved), reverse=True))
    taken = {expert: proposal for proposal, expert in reversed(added)}
    for proposal, expert in moved:
        if expert in taken:
            reasons[proposal, expert] = (
                f"专家 {expert} 由申请 {proposal} 改评申请 {taken[expert]}：不移动任何人时那里无人可补。"
            )
        else:
            reasons[proposal, expert] = f"专家 {expert} 退出申请 {proposal}：让出名额后才能补齐其他申请。"
    for proposal, expert in added:
        who = left.get(proposal)
        reasons[proposal, expert] = (
            f"专家 {expert} 接替 {who} 评审申请 {proposal}。" if who else f"专家 {expert} 增补评审申请 {proposal}。"
        )
    return reasons
