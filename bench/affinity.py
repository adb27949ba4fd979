"""Affinity of 2,000 bids and 500 experts with texts of 500 characters: invented words, frequent and rare like real ones."""

from __future__ import annotations

import time
from random import Random

from bench.figures import figure
from review.affinity import BidText, ExpertText, affinities

BIDS, EXPERTS, CHARACTERS, WORDS = 2000, 500, 500, 20_000
DISCIPLINES = [f"{first}.{second}" for first in range(110, 930, 10) for second in range(10, 90, 10)]


class Writer:
    """Texts of words of two to four characters; the n-th word and character is 1/n as frequent as the first."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        characters = [chr(code) for code in range(0x4E00, 0x4E00 + 4000)]
        self.random.shuffle(characters)
        shares = [1 / n for n in range(1, 4001)]
        self.words = [
            "".join(self.random.choices(characters, shares, k=self.random.choice((2, 2, 2, 3, 4))))
            for _ in range(WORDS)
        ]
        self.shares = [1 / n for n in range(1, WORDS + 1)]

    def text(self, length: int) -> str:
        return "，".join(self.random.choices(self.words, self.shares, k=length // 3))[:length]

    def keywords(self) -> list[str]:
        return self.random.choices(self.words, self.shares, k=4)

    def disciplines(self) -> list[str]:
        return self.random.choices(DISCIPLINES, k=2)


def affinity() -> None:
    writer = Writer(1)
    bids = [
        BidText(f"b{n}", writer.text(20), writer.keywords(), writer.disciplines(), writer.text(CHARACTERS))
        for n in range(BIDS)
    ]
    experts = [
        ExpertText(f"e{n}", writer.keywords(), writer.disciplines(), writer.text(CHARACTERS), {f"b{n}": 3}, {"520": 2})
        for n in range(EXPERTS)
    ]
    began, worked = time.perf_counter(), time.process_time()
    affinities(bids, experts)
    figure(
        "affinity",
        time.perf_counter() - began,
        "s",
        cpu=round(time.process_time() - worked, 2),
        bids=BIDS,
        experts=EXPERTS,
        characters=CHARACTERS,
    )
