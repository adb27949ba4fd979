"""The next free public number in a list: challenge SD-2026-01-03, demand SD-2026-01-X007."""

from __future__ import annotations

from projects.models import Challenge, ChallengeList, Demand


def next_challenge_number(parent: ChallengeList) -> str:
    """Call inside the transaction that stores the challenge: the list's lock makes two at once queue."""
    ChallengeList.objects.select_for_update(no_key=True).get(pk=parent.pk)
    stem = f"{parent.number}-"
    taken = set(Challenge.objects.filter(number__startswith=stem).values_list("number", flat=True))
    no = 1
    while f"{stem}{no:02d}" in taken:
        no += 1
    return f"{stem}{no:02d}"


def next_demand_number(parent: ChallengeList) -> str:
    """As above; demands count apart, for no challenge shall take a demand's number."""
    ChallengeList.objects.select_for_update(no_key=True).get(pk=parent.pk)
    stem = f"{parent.number}-X"
    taken = set(Demand.objects.filter(number__startswith=stem).values_list("number", flat=True))
    no = 1
    while f"{stem}{no:03d}" in taken:
        no += 1
    return f"{stem}{no:03d}"
