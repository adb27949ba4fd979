"""What-if, rank intervals, stability and severity over 10,000 bids, five experts each, seven criteria: pure, no database."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import numpy as np

from bench.figures import figure
from projects.presets import OPEN_CHALLENGE
from review.calibration import calibrate
from review.calibration.intervals import rank_intervals
from review.calibration.scenario import Scenario, compute
from review.calibration.score_book import Contender, ScoreBook, Sheet
from review.calibration.trials import stability, what_if
from review.scoring import Criterion

T = TypeVar("T")
BIDS, EXPERTS, PANEL, CONTEST = 10_000, 500, 5, 20
DRAWS = 100
CRITERIA = [Criterion(c.code, c.name, c.max_score, c.veto) for c in OPEN_CHALLENGE.criteria]


def calibration() -> None:
    sheets = _sheets(np.random.default_rng(1))
    contenders = [Contender(f"b{n}", f"K{n // CONTEST}", 1_000_000 + n % 7) for n in range(BIDS)]
    seconds, book = _timed(lambda: ScoreBook.of(contenders, sheets, CRITERIA))
    size = {"bids": BIDS, "sheets": len(sheets), "criteria": len(CRITERIA)}
    figure("sheets into a book", seconds * 1000, "ms", **size)
    published = Scenario.published(CRITERIA, "trim1", quota=1)
    weights = {**published.weights, "ROUTE": Decimal("27.50"), "TEAM": Decimal("17.50")}
    other = Scenario("重路线", "mean", weights, quota=1)
    for rule in ("mean", "trim1", "median", "grouped", "norm"):
        scenario = Scenario("重路线", rule, weights, 1, class_weights={"TECHNICAL": 70, "FINANCE": 30})
        seconds = min(_timed(lambda s=scenario: compute(book, s))[0] for _ in range(3))  # type: ignore[misc]
        figure("recompute: totals, scores, ranks and cut under other weights", seconds * 1000, "ms", rule=rule, **size)
    seconds, found = _timed(lambda: what_if(book, published, other))
    figure("what-if with every move named", seconds * 1000, "ms", entering=len(found.entering), **size)
    seconds, _ = _timed(lambda: stability(book, published, seed=1, weightings=DRAWS))
    figure("stability", seconds, "s", weightings=DRAWS, **size)
    seconds, _ = _timed(lambda: rank_intervals(book, published, seed=1, draws=DRAWS))
    figure("rank intervals", seconds, "s", draws=DRAWS, **size)
    panel = _panel(sheets)
    seconds, _ = _timed(lambda: calibrate(panel))
    figure("severity of experts and calibrated scores", seconds, "s", experts=EXPERTS, **size)


def _sheets(rng: np.random.Generator) -> list[Sheet]:
    """Half points around 80 % of each maximum; a panel of four technical experts and one of finance per contest."""
    tops = np.array([2 * int(c.max_score) for c in CRITERIA])
    halves = np.clip(np.rint(tops * rng.normal(0.8, 0.12, (BIDS, PANEL, len(CRITERIA)))), 0, tops).astype(int)
    panels = [rng.choice(EXPERTS, PANEL, replace=False) for _ in range(BIDS // CONTEST)]
    found = []
    for bid in range(BIDS):
        for seat, expert in enumerate(panels[bid // CONTEST]):
            points = {c.code: Decimal(int(h)) / 2 for c, h in zip(CRITERIA, halves[bid, seat], strict=True)}
            found.append(Sheet(f"E{expert:03d}", f"b{bid}", points, "TECHNICAL" if seat < PANEL - 1 else "FINANCE"))
    return found


def _panel(sheets: list[Sheet]) -> dict[str, dict[str, Decimal]]:
    panel: dict[str, dict[str, Decimal]] = {}
    for sheet in sheets:
        panel.setdefault(sheet.expert, {})[sheet.bid] = sum(sheet.points.values(), Decimal(0))
    return panel


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    found = call()
    return time.perf_counter() - began, found
