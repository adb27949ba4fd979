from review.models.assignment import Assignment
from review.models.demand_score import DemandScore
from review.models.draw_record import DrawRecord
from review.models.expert import Expert
from review.models.review_round import ReviewRound
from review.models.review_tally import ReviewTally
from review.models.saved_scenario import SavedScenario
from review.models.score_sheet import ScoreItem, ScoreSheet

__all__ = [
    "Assignment", "DemandScore", "DrawRecord", "Expert", "ReviewRound", "ReviewTally", "SavedScenario", "ScoreItem",
    "ScoreSheet",
]  # fmt: skip
