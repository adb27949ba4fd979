"""The optimal assignment of experts to bids. No Django import; others call only what is named here."""

from review.matching.filling import fill
from review.matching.instance import BadInstance, Expert, Instance, Proposal
from review.matching.reasons import Reason, explain
from review.matching.relaxations import Infeasible, Relaxation, relaxed
from review.matching.repairs import Pair, Repair, repair
from review.matching.solver import Match, solve

__all__ = [
    "BadInstance", "Expert", "Infeasible", "Instance", "Match", "Pair", "Proposal", "Reason", "Relaxation", "Repair",
    "explain", "fill", "relaxed", "repair", "solve",
]  # fmt: skip
