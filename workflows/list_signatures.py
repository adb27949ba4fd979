"""The approval chain of a list: who signs before the leader approves, each a different person (domain 2.1).

`Rules.list_signers` names the roles in their order. A signature holds for the text that was signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.roles import held_role
from projects.models import ChallengeList, ListSignature
from workflows.canonical import plain, sha256_of
from workflows.state import Actor, State, holds

if TYPE_CHECKING:
    from workflows.challenge_list import ChallengeListFlow

_LIST = ("number", "title", "year", "division_id", "rule_set_id", "introduction", "quota_target", "contact")
_CHALLENGE = ("number", "title", "field", "demander_id", "demander_is_hidden", "background", "content", "scenario",
              "months", "cap_yuan", "bidder_conditions", "ip_terms", "lanes")  # fmt: skip
_INDICATOR = ("challenge__number", "no", "name", "comparator", "target", "target_high", "unit", "is_must", "check_method",
              "evidence", "milestone_values")  # fmt: skip


def digest_of(row: ChallengeList) -> str:
    """Of everything that will be published. Two queries."""
    challenges = row.challenges.exclude(state="WITHDRAWN").order_by("number")
    indicators = [
        values for challenge in challenges for values in challenge.indicators.order_by("no").values(*_INDICATOR)
    ]
    facts = {
        "list": {name: getattr(row, name) for name in _LIST},
        "challenges": list(challenges.values(*_CHALLENGE)),
        "indicators": indicators,
    }
    return sha256_of(plain(facts))


def signed(row: ChallengeList) -> dict[str, ListSignature]:
    """Role → signature, of the text as it is now."""
    found = row.signatures.filter(content_sha256=digest_of(row)).select_related("signer")
    return {signature.role: signature for signature in found}


def next_role(row: ChallengeList) -> Role | None:
    """Whose signature is asked for now; None when the chain is complete."""
    have = signed(row)
    return next((Role(role) for role in row.rule_set.rules.list_signers if role not in have), None)


def is_next_signer(flow: ChallengeListFlow, actor: Actor) -> Role | None:
    role = next_role(flow.object)
    if role is None or not isinstance(actor, User):
        return None
    return held_role(actor, role, agency=flow.object.agency_id)


def signer_is_new(flow: ChallengeListFlow) -> State.CONDITION:
    who = flow.by.pk if isinstance(flow.by, User) else None
    again = any(signature.signer_id == who for signature in signed(flow.object).values())
    return holds(not again, _("您已签署过这份榜单，下一环节须由另一人签署；请转交该环节的签署人。"))


def chain_is_signed(flow: ChallengeListFlow) -> State.CONDITION:
    role = next_role(flow.object)
    return holds(
        role is None, _("还缺会签：%s（榜单修改后须重新会签）；请会签人依次签署。") % (role.label if role else "")
    )


def approver_has_not_signed(flow: ChallengeListFlow) -> State.CONDITION:
    who: Any = flow.by.pk if isinstance(flow.by, User) else None
    earlier = any(signature.signer_id == who for signature in signed(flow.object).values())
    return holds(not earlier, _("会签人不能再批准同一份榜单，请由另一位负责人批准。"))


def sign(flow: ChallengeListFlow, note: str) -> ListSignature:
    """By the next in the chain, for the text as it is now."""
    row = flow.object
    role, digest = next_role(row), digest_of(row)
    assert role is not None  # the permission asked for it
    assert isinstance(flow.by, User)
    flow.evidence |= {"content_sha256": digest, "role": role.value}
    return ListSignature.objects.create(
        challenge_list=row, role=role.value, signer=flow.by, content_sha256=digest, note=note, at=flow.now
    )
