"""Every machine, imported so that `engine.FLOWS` knows it."""

from workflows import (  # noqa: F401
    acceptance,
    award,
    bid,
    certificate,
    challenge,
    challenge_list,
    lane,
    milestone,
    notice,
    objection,
    project,
    race,
    tranche,
)
