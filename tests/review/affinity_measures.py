"""The labelled bids and experts, the measures of a ranking, and the ways of comparing that were not chosen.

`python -m tests.review.affinity_measures` prints the table of docs/decisions/0018.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import rjieba
from scipy.stats import spearmanr

from review.affinity import BidText, ExpertText, affinities, combine, shared_disciplines
from review.affinity.terms import latin_words, plain

LABELS = tomllib.loads((Path(__file__).parent / "affinity_labels.toml").read_text(encoding="utf-8"))
BIDS = [BidText(b["id"], b["title"], b["keywords"], b["disciplines"], b["text"]) for b in LABELS["bid"]]
EXPERTS = [ExpertText(e["id"], e["keywords"], e["disciplines"], e["text"]) for e in LABELS["expert"]]
GRADES = np.array([[b["grades"].get(e["id"], 0) for e in LABELS["expert"]] for b in LABELS["bid"]])
HELD_OUT = np.arange(len(BIDS)) % 2 == 1
SEEDS = range(3)

Tokens = Callable[[str], list[str]]


def lengthened(seed: int, phrases: int = 15) -> tuple[list[BidText], list[ExpertText]]:
    """The same bids and experts with texts of some 430 characters, most of which say nothing about a field."""
    random = Random(seed)
    return (
        [replace(b, text=b.text + "".join(random.sample(LABELS["bid_phrases"], phrases))) for b in BIDS],
        [replace(e, text=e.text + "".join(random.sample(LABELS["expert_phrases"], phrases))) for e in EXPERTS],
    )


# --- measures: scores and grades are bids × experts; among equal scores the worse expert comes first ---


def ndcg(scores: np.ndarray, grades: np.ndarray = GRADES, places: int = 5) -> float:
    discount = 1 / np.log2(np.arange(2, places + 2))
    gains = [
        (2.0 ** given[np.lexsort((given, -row))[:places]] - 1) @ discount
        for row, given in zip(scores, grades, strict=True)
    ]
    best = [(2.0 ** np.sort(given)[::-1][:places] - 1) @ discount for given in grades]
    return float(np.mean(np.array(gains) / np.array(best)))


def mean_reciprocal_rank(scores: np.ndarray, grades: np.ndarray = GRADES) -> float:
    """Of the first expert who works on just this (grade 3), over the bids that have one."""
    places = [
        1 + np.argmax(given[np.lexsort((given, -row))] == 3)
        for row, given in zip(scores, grades, strict=True)
        if given.max() == 3
    ]
    return float(np.mean(1 / np.array(places)))


def spearman(scores: np.ndarray, grades: np.ndarray = GRADES) -> float:
    """Over all pairs; far below 1 even for a perfect order, because nine tenths of the grades are equal."""
    return float(spearmanr(scores.ravel(), grades.ravel()).statistic)


# --- rivals -----------------------------------------------------------------------------------------


def grams(*sizes: int) -> Tokens:
    def tokens(text: str) -> list[str]:
        runs = re.findall("[\u3400-\u9fff]+", plain(text))
        return latin_words(plain(text)) + [
            r[at : at + size] for r in runs for size in sizes for at in range(len(r) - size + 1)
        ]

    return tokens


def segmented(cut: Callable[[str], list[str]]) -> Tokens:
    def tokens(text: str) -> list[str]:
        words = [word for word in cut(plain(text)) if re.fullmatch("[\u3400-\u9fff]{2,}", word)]
        return latin_words(plain(text)) + words

    return tokens


def both(one: Tokens, other: Tokens) -> Tokens:
    return lambda text: one(text) + other(text)


RIVALS: dict[str, Tokens] = {
    "单字": grams(1),
    "二元组": grams(2),
    "二、三元组": grams(2, 3),
    "分词": segmented(rjieba.cut),
    "分词（搜索）": segmented(rjieba.cut_for_search),
    "分词（搜索）加单字": both(segmented(rjieba.cut_for_search), grams(1)),
    "分词（搜索）加单字、二元组": both(segmented(rjieba.cut_for_search), grams(1, 2)),
}


def tf_idf(tokens: Tokens, bids: list[BidText] = BIDS, experts: list[ExpertText] = EXPERTS) -> np.ndarray:
    """Cosines by the plainest means: same weights as the product, another way of cutting the text."""
    counts = []
    for one in (*bids, *experts):
        count: Counter[str] = Counter()
        for text, weight in one.parts:
            for token in tokens(text):
                count[token] += weight
        counts.append(count)
    found = Counter(token for count in counts for token in count)
    column = {token: at for at, token in enumerate(found)}
    table = np.zeros((len(counts), len(column)))
    for row, count in enumerate(counts):
        for token, n in count.items():
            table[row, column[token]] = math.sqrt(n) * math.log((len(counts) + 1) / found[token])
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    return table[: len(bids)] @ table[len(bids) :].T


def with_disciplines(cosines: np.ndarray) -> np.ndarray:
    return combine(cosines, shared_disciplines([b.disciplines for b in BIDS], [e.disciplines for e in EXPERTS]))


def keyword_overlap() -> np.ndarray:
    """The baseline: how many keywords of one side stand in what the other side wrote."""

    def share(words: list[str], text: str) -> float:
        return sum(plain(word) in plain(text) for word in words) / len(words)

    def written(one: BidText | ExpertText) -> str:
        return "\n".join(text for text, _ in one.parts)

    return np.array([[share(b.keywords, written(e)) + share(e.keywords, written(b)) for e in EXPERTS] for b in BIDS])


def figures(scores: np.ndarray) -> str:
    held = ndcg(scores[HELD_OUT], GRADES[HELD_OUT])
    return f"{ndcg(scores):.3f} | {held:.3f} | {mean_reciprocal_rank(scores):.3f} | {spearman(scores):.3f}"


def table() -> Iterator[str]:
    def long_texts(rank: Callable[[list[BidText], list[ExpertText]], np.ndarray]) -> str:
        return f"{np.mean([ndcg(rank(*lengthened(seed))) for seed in SEEDS]):.3f}"

    yield f"关键词命中 | {figures(keyword_overlap())} | –"
    yield f"只有学科代码 | {figures(with_disciplines(np.zeros(GRADES.shape)))} | –"
    for name, tokens in {**RIVALS, "单字、二元组": grams(1, 2)}.items():
        plainly = partial(tf_idf, tokens)
        yield f"{name} | {figures(plainly())} | {long_texts(plainly)}"
        mixed = long_texts(lambda bids, experts, cut=plainly: with_disciplines(cut(bids, experts)))
        yield f"{name}，加学科 | {figures(with_disciplines(plainly()))} | {mixed}"
    yield f"采用的 | {figures(affinities(BIDS, EXPERTS))} | {long_texts(affinities)}"


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201
