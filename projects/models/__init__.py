from projects.models.acceptance import Acceptance
from projects.models.amendment import Amendment
from projects.models.avoidance import BidAvoidance
from projects.models.award import AwardDecision, DecisionRow
from projects.models.bid import Bid, BidEditor, BidPartner, IndicatorResponse
from projects.models.certificate import Certificate
from projects.models.challenge import Challenge, Indicator
from projects.models.challenge_list import ChallengeList
from projects.models.challenge_text import ChallengeText
from projects.models.decision_batch import DecisionBatch
from projects.models.decision_letter import DecisionLetter, LetterOpinion, LetterRecipient
from projects.models.demand import Demand, DemandIndicator
from projects.models.draft import DraftCell, DraftEdit
from projects.models.duplicates import DuplicateCheck, DuplicateMatch, Fingerprint
from projects.models.extension import BidExtension
from projects.models.formal_check import FormalCheck, FormalCheckItem
from projects.models.list_signature import ListSignature
from projects.models.milestone import Milestone, MilestoneIndicator
from projects.models.notice import PublicNotice
from projects.models.objection import Objection
from projects.models.project import Project, TaskBook
from projects.models.race import LaneResult, Race, RaceLane, RaceStage
from projects.models.receipt import Receipt
from projects.models.reconsideration import Reconsideration
from projects.models.rule_set import RuleSet
from projects.models.subscription import Subscription
from projects.models.tranche import Tranche

__all__ = [
    "Acceptance",
    "Amendment",
    "AwardDecision",
    "Bid",
    "BidAvoidance",
    "BidEditor",
    "BidExtension",
    "BidPartner",
    "Certificate",
    "Challenge",
    "ChallengeList",
    "ChallengeText",
    "DecisionBatch",
    "DecisionLetter",
    "DecisionRow",
    "Demand",
    "DemandIndicator",
    "DraftCell",
    "DraftEdit",
    "DuplicateCheck",
    "DuplicateMatch",
    "Fingerprint",
    "FormalCheck",
    "FormalCheckItem",
    "Indicator",
    "IndicatorResponse",
    "LaneResult",
    "LetterOpinion",
    "LetterRecipient",
    "ListSignature",
    "Milestone",
    "MilestoneIndicator",
    "Objection",
    "Project",
    "PublicNotice",
    "Race",
    "RaceLane",
    "RaceStage",
    "Receipt",
    "Reconsideration",
    "RuleSet",
    "Subscription",
    "TaskBook",
    "Tranche",
]
