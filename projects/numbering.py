"""The next free public number of a challenge in its list: SD-2026-01 → SD-2026-01-03."""

from __future__ import annotations

from projects.models import Challenge, ChallengeList


def next_challenge_number(parent: ChallengeList) -> str:
    """Call inside the transaction that stores the challenge: the list's lock makes two at once queue."""
    ChallengeList.objects.select_for_update(no_key=True).get(pk=parent.pk)
    stem = f"{parent.number}-"
    taken = set(Challenge.objects.filter(number__startswith=stem).values_list("number", flat=True))
    no = 1
    while f"{stem}{no:02d}" in taken:
        no += 1
    return f"{stem}{no:02d}"
