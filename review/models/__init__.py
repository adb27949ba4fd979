from review.models.assignment import Assignment
from review.models.conflict import ConflictFinding, ConflictRuling
from review.models.demand_score import DemandScore
from review.models.draw_record import DrawRecord
from review.models.expert import Expert
from review.models.expert_credit import ExpertCredit
from review.models.expert_identity import ExpertIdentity
from review.models.expert_import import ExpertImport
from review.models.expert_leave import ExpertLeave
from review.models.expert_tie import ExpertTie
from review.models.review_round import ReviewRound
from review.models.review_tally import ReviewTally
from review.models.score_sheet import ScoreItem, ScoreSheet

__all__ = [
    "Assignment",
    "ConflictFinding",
    "ConflictRuling",
    "DemandScore",
    "DrawRecord",
    "Expert",
    "ExpertCredit",
    "ExpertIdentity",
    "ExpertImport",
    "ExpertLeave",
    "ExpertTie",
    "ReviewRound",
    "ReviewTally",
    "ScoreItem",
    "ScoreSheet",
]
