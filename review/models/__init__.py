from review.models.assignment import Assignment
from review.models.defence import DefenceSession, DefenceSlot
from review.models.demand_score import DemandScore
from review.models.draw_record import DrawRecord
from review.models.expert import Expert
from review.models.opinion import FlagDiscussion, PanelSignature
from review.models.question import DefenceQuestion
from review.models.review_round import ReviewRound
from review.models.score_sheet import ScoreItem, ScoreSheet
from review.models.sheet_history import SheetOpening, SupersededScores

__all__ = [
    "Assignment", "DefenceQuestion", "DefenceSession", "DefenceSlot", "DemandScore", "DrawRecord", "Expert",
    "FlagDiscussion", "PanelSignature", "ReviewRound", "ScoreItem", "ScoreSheet", "SheetOpening", "SupersededScores",
]  # fmt: skip
