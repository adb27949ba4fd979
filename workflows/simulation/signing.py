"""Who signs and approves a list, each a different person (domain 2.1): an assignment of people to roles."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from accounts.models import Role, User
from projects.models import ChallengeList
from workflows.list_signatures import signed
from workflows.permissions import people_with

KeyT = TypeVar("KeyT", bound=Hashable)


def different(able: Mapping[KeyT, Sequence[int]]) -> dict[KeyT, int]:
    """A different one of its candidates for as many keys as can have one (augmenting paths)."""
    taken: dict[int, KeyT] = {}

    def seat(key: KeyT, tried: set[int]) -> bool:
        for one in able[key]:
            if one not in tried:
                tried.add(one)
                if one not in taken or seat(taken[one], tried):
                    taken[one] = key
                    return True
        return False

    for key in able:
        seat(key, set())
    return {key: one for one, key in taken.items()}


def chain_of(row: ChallengeList) -> dict[Role, list[User]]:
    """The roles of the approval chain, the leader last, and who may act in each; of one that has signed, its signer."""
    have = signed(row)
    roles = [*(Role(name) for name in row.rule_set.rules.list_signers if name in Role.values), Role.LEAD]
    return {
        role: [have[role].signer] if role in have else list(people_with(role, agency=row.agency_id)) for role in roles
    }


def signers_of(chain: Mapping[Role, Sequence[User]]) -> dict[Role, User]:
    """Role → person, no person twice; a role is missing when nobody is left for it."""
    people = {user.pk: user for users in chain.values() for user in users}
    found = different({role: [user.pk for user in users] for role, users in chain.items()})
    return {role: people[pk] for role, pk in found.items()}
