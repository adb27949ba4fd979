"""Why an affinity is what it is: the words both use, the discipline they share, what was declared. No Django import."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from review.affinity import terms
from review.affinity.measure import NEUTRAL, SHARED_DIGITS, BidText, ExpertText, Level, affinities, rarity

MOST_TERMS = 5
#: Words that make less of the similarity than this explain nothing.
LEAST_SHARE = 0.05
_HAN_RUN = re.compile(f"[{terms.HAN}]+")
#: What joins words, and the verbs of every project: counted, but no passage is read across them.
_JOINERS = re.compile("通过|研究|研制|完成|获得|取得|实现|建成|建立|建设|提出|开展|形成|[的与和及或等对在为了并将由从]")


@dataclass(frozen=True)
class SharedTerm:
    """Words that both texts have; `weight` is their part of the cosine."""

    text: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """`similarity`: the cosine, None if one side has no words. `discipline`: the shared code, such as 413.30;
    empty if they share none, None if one side gives none."""

    bid: str
    expert: str
    affinity: float
    similarity: float | None
    terms: tuple[SharedTerm, ...]
    discipline: str | None
    declared: Level | None

    @property
    def sentence(self) -> str:
        """The reasons in one Chinese sentence."""
        if self.declared is Level.CANNOT:
            return "专家声明不能评审，亲和度为 0。"
        reasons = [f"专家自评“{self.declared.label}”"] if self.declared is not None else []
        if self.similarity is None and self.discipline is None:
            reasons.append(f"双方没有可以比较的内容，按中性值 {NEUTRAL:.2f} 看待")
        else:
            reasons += [self._words(), self._discipline()]
        return f"{'；'.join(reasons)}；亲和度 {self.affinity:.2f}。"

    def _words(self) -> str:
        if self.similarity is None:
            return "一方没有文字，按中性看待"
        return f"都提到{''.join(f'“{term.text}”' for term in self.terms)}" if self.terms else "没有说明问题的共同用词"

    def _discipline(self) -> str:
        if self.discipline is None:
            return "一方没有学科代码，按中性看待"
        return f"学科同属 {self.discipline}" if self.discipline else "学科不同"


def explain(bid: BidText, expert: ExpertText, among: terms.Rarity | None = None) -> Explanation:
    """The affinity of one pair with its reasons.

    `among`: `affinity.rarity` of the whole round, so that the figure is the one of its matrix; without it
    the pair is all there is, and every word is about as rare as another.
    """
    among = among or rarity([bid], [expert])
    keys, table = terms.count_terms([bid.parts, expert.parts])
    mine, theirs = terms.unit_rows(keys, table, among).toarray()
    shares = {int(keys[at]): float(mine[at] * theirs[at]) for at in np.flatnonzero(mine * theirs)}
    return Explanation(
        bid.id,
        expert.id,
        float(affinities([bid], [expert], among)[0, 0]),
        float(mine @ theirs) if mine.any() and theirs.any() else None,
        shared_terms(bid.parts, shares),
        _shared_code(bid, expert),
        expert.level(bid),
    )


def shared_terms(parts: terms.Parts, shares: Mapping[int, float]) -> tuple[SharedTerm, ...]:
    """The passages of the bid that weigh most, heaviest first. What one passage took, the next does not count again."""
    passages = {passage: keys for text, _ in parts for passage, keys in _passages(terms.plain(text), shares)}
    least, left = LEAST_SHARE * sum(shares.values()), dict(shares)
    found: list[SharedTerm] = []
    while passages and len(found) < MOST_TERMS:
        weight = {passage: sum(left.get(key, 0.0) for key in keys) for passage, keys in passages.items()}
        best = min(passages, key=lambda passage: (-weight[passage], passage))
        if weight[best] <= least:
            break
        found.append(SharedTerm(best, weight[best]))
        for key in passages.pop(best):
            left.pop(key, None)
    return tuple(found)


def _passages(text: str, shares: Mapping[int, float]) -> Iterator[tuple[str, set[int]]]:
    """Runs of characters whose every pair is shared, and shared Latin words, each with its terms."""
    for word in terms.latin_words(text):
        if terms.word_key(word) in shares:
            yield word.upper(), {terms.word_key(word)}
    for clause in _HAN_RUN.findall(text):
        for run in filter(None, _JOINERS.split(clause)):
            keys = [int(key) for key in terms.character_keys(run)[0]]
            begin = 0
            for end in range(1, len(run) + 1):
                if end == len(run) or keys[len(run) + end - 1] not in shares:
                    if end - begin > 1:
                        yield run[begin:end], {*keys[begin:end], *keys[len(run) + begin : len(run) + end - 1]}
                    begin = end


def _shared_code(bid: BidText, expert: ExpertText) -> str | None:
    if not bid.disciplines or not expert.disciplines:
        return None
    begins = {code[:digits] for code in bid.disciplines for digits in SHARED_DIGITS if len(code) >= digits}
    shared = [begin for begin in begins if any(code.startswith(begin) for code in expert.disciplines)]
    longest = max(sorted(shared), key=len, default="")
    return ".".join(filter(None, (longest[:3], longest[3:5], longest[5:])))
