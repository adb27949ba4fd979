from review.models.assignment import Assignment
from review.models.bid_familiarity import BidFamiliarity
from review.models.conflict import ConflictFinding, ConflictRuling
from review.models.defence import DefenceSession, DefenceSlot
from review.models.demand_score import DemandScore
from review.models.draw_record import DrawRecord
from review.models.expert import Expert
from review.models.expert_credit import ExpertCredit
from review.models.expert_identity import ExpertIdentity
from review.models.expert_import import ExpertImport
from review.models.expert_leave import ExpertLeave
from review.models.expert_tie import ExpertTie
from review.models.opinion import FlagDiscussion, PanelSignature
from review.models.question import DefenceQuestion
from review.models.review_round import ReviewRound
from review.models.review_tally import ReviewTally
from review.models.round_match import RoundMatch
from review.models.saved_scenario import SavedScenario
from review.models.score_sheet import ScoreItem, ScoreSheet
from review.models.sheet_draft import SheetCell, SheetEdit, SheetReading
from review.models.sheet_history import SheetOpening, SupersededScores

__all__ = [
    "Assignment",
    "BidFamiliarity",
    "ConflictFinding",
    "ConflictRuling",
    "DefenceQuestion",
    "DefenceSession",
    "DefenceSlot",
    "DemandScore",
    "DrawRecord",
    "Expert",
    "ExpertCredit",
    "ExpertIdentity",
    "ExpertImport",
    "ExpertLeave",
    "ExpertTie",
    "FlagDiscussion",
    "PanelSignature",
    "ReviewRound",
    "ReviewTally",
    "RoundMatch",
    "SavedScenario",
    "ScoreItem",
    "ScoreSheet",
    "SheetCell",
    "SheetEdit",
    "SheetOpening",
    "SheetReading",
    "SupersededScores",
]
