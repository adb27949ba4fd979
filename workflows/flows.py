"""Every machine, imported so that `engine.FLOWS` knows it."""

from workflows import (  # noqa: F401
    acceptance,
    assignment,
    award,
    bid,
    certificate,
    challenge,
    challenge_list,
    demand,
    extension,
    formal_check,
    lane,
    milestone,
    notice,
    objection,
    project,
    race,
    reconsideration,
    review_round,
    score_sheet,
    tranche,
)
