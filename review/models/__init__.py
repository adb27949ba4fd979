from review.models.assignment import Assignment
from review.models.demand_score import DemandScore
from review.models.draw_record import DrawRecord
from review.models.expert import Expert
from review.models.review_round import ReviewRound
from review.models.score_sheet import ScoreItem, ScoreSheet
from review.models.sheet_draft import SheetCell, SheetEdit, SheetReading

__all__ = [
    "Assignment", "DemandScore", "DrawRecord", "Expert", "ReviewRound", "ScoreItem", "ScoreSheet", "SheetCell",
    "SheetEdit", "SheetReading",
]  # fmt: skip
