"""专家信誉: what an expert's conduct in reviews counts, and the grade it comes to. No Django import.

Rules: domain 2.5 (review performance is kept in a credit file), 3.4 (信誉等级). Everybody starts at 80.
What was done well adds at most 20, so that no number of punctual reviews outweighs one grave fault;
what is older than three years no longer counts.
"""

from __future__ import annotations

START = 80
MOST_EARNED = 20
YEARS_COUNTED = 3

#: Event → points. Honest recusal is a duty and costs nothing, so it is no event.
POINTS = {
    "ON_TIME": 2,
    "THOROUGH": 2,
    "LATE": -5,
    "DECLINED_LATE": -5,
    "RETURNED": -3,
    "NO_ANSWER": -8,
    "UNDECLARED_TIE": -30,
    "UNFAIR": -40,
    "LEAKED": -60,
}
#: Events that somebody must find and give a reason for; the others the review itself tells.
GRAVE = ("UNDECLARED_TIE", "UNFAIR", "LEAKED")
#: Grade → least points. D is not drawn any more.
GRADES = {"A": 90, "B": 75, "C": 60, "D": 0}
LOWEST_DRAWN = "C"


def credit_score(earned: int, lost: int) -> int:
    """0–100 from the sums of positive and of negative points within the years that count."""
    return max(0, START + min(earned, MOST_EARNED) + lost)


def credit_grade(score: int) -> str:
    return next(grade for grade, least in GRADES.items() if score >= least)
