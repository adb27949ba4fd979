"""回避: which expert may not judge which bid, by which rule, on what ground (domain 3.5)."""

from review.conflicts.engine import Conflict, blocked_pairs, conflicted_experts, find_conflicts
from review.conflicts.finding import BLOCK, RULES, WARN, Finding, words_for_expert

__all__ = [
    "BLOCK",
    "RULES",
    "WARN",
    "Conflict",
    "Finding",
    "blocked_pairs",
    "conflicted_experts",
    "find_conflicts",
    "words_for_expert",
]
