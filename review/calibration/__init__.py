"""校准: what scores would be among equally strict experts, how sure the ranks are, what if. It advises, never decides.

No Django import; others call what is named here.
"""

from review.calibration.fair_scores import MATTERS, Calibrated, Calibration, Severity, Verdict, calibrate
from review.calibration.intervals import RankInterval, RankIntervals, rank_intervals
from review.calibration.scenario import Scenario
from review.calibration.score_book import Contender, ScoreBook, Sheet
from review.calibration.trials import Stability, WhatIf, stability, what_if

__all__ = [
    "MATTERS", "Calibrated", "Calibration", "Contender", "RankInterval", "RankIntervals", "Scenario", "ScoreBook",
    "Severity", "Sheet", "Stability", "Verdict", "WhatIf", "calibrate", "rank_intervals", "stability", "what_if",
]  # fmt: skip
