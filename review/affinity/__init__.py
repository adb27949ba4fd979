"""亲和度: how well an expert could judge a bid. No Django import; others call what is named here."""

from review.affinity.measure import (
    BANDS,
    NEUTRAL,
    SHARED_DIGITS,
    BidText,
    ExpertText,
    Level,
    affinities,
    combine,
    plain_codes,
    rarity,
    shared_disciplines,
)

__all__ = [
    "BANDS", "NEUTRAL", "SHARED_DIGITS", "BidText", "ExpertText", "Level", "affinities", "combine", "plain_codes", "rarity",
    "shared_disciplines",
]  # fmt: skip
