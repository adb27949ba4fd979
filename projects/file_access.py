"""Who may read, add and take out the files of bids, milestones, acceptances, objections and reconsiderations.

Filled into the registries of `attachments.queries` at start-up, because the room below must not
know the rooms above it.
"""

from __future__ import annotations

from typing import Any

from accounts.models import Role, User
from accounts.roles import held_role
from attachments import queries
from attachments.models import Attachment
from projects.bid_editing import may_change_files
from projects.closing import bid_close_of, is_open_for
from projects.disclosure import may_see_author_of_objection
from projects.models import Acceptance, Bid, BidExtension, Milestone, Objection, Reconsideration
from projects.queries import visible
from workflows import clock

Slot = Attachment.Slot


def register() -> None:
    for model in (Milestone, Acceptance, Reconsideration, BidExtension):
        queries.READERS[model] = sees_holder
    queries.READERS[Bid] = may_read_file_of_bid
    queries.READERS[Objection] = may_read_file_of_objection
    queries.WRITERS.update(
        {
            Bid: may_write_to_bid,
            Milestone: may_write_to_milestone,
            Acceptance: may_write_to_acceptance,
            Objection: may_write_to_objection,
            Reconsideration: may_write_to_reconsideration,
            BidExtension: may_write_to_extension,
        }
    )
    queries.SLOTS.update(
        {
            Bid: (Slot.PROPOSAL, Slot.PLEDGE, Slot.AGREEMENT, Slot.MATCHING, Slot.OTHER),
            Milestone: (Slot.REPORT, Slot.TEST_REPORT, Slot.OTHER),
            Acceptance: (Slot.ACCEPTANCE, Slot.TEST_REPORT, Slot.OTHER),
            Objection: (Slot.OBJECTION, Slot.OTHER),
            Reconsideration: (Slot.OBJECTION, Slot.OTHER),
            BidExtension: (Slot.OTHER,),
        }
    )
    queries.KEEPERS.update(
        {
            Bid: is_in_snapshot,
            Milestone: lambda milestone, file: milestone.reported_at is not None,
            Acceptance: lambda acceptance, file: acceptance.state != Acceptance.State.DUE,
        }
    )


def sees_holder(user: Any, file: Attachment) -> bool:
    model = file.holder_type.model_class()
    return model is not None and visible(model, user).filter(pk=file.holder_id).exists()


def may_read_file_of_bid(user: Any, file: Attachment) -> bool:
    """Whoever sees the bid, and the experts to whom it is assigned."""
    from review.queries import may_read_bid_as_expert

    if sees_holder(user, file):
        return True
    return isinstance(user, User) and may_read_bid_as_expert(user, file.holder)  # type: ignore[arg-type]


def may_read_file_of_objection(user: Any, file: Attachment) -> bool:
    """Evidence tells who wrote it, so it is for those who may know the author (domain 2.10)."""
    if not sees_holder(user, file):
        return False
    objection = Objection.objects.select_related("notice").get(pk=file.holder_id)
    return may_see_author_of_objection(user, objection)


def may_write_to_bid(user: Any, bid: Bid) -> bool:
    """The PI as `bid_editing` says; the unit's administrator too, while the bid is a draft."""
    if may_change_files(user, bid):
        return True
    if bid.state != Bid.State.DRAFT or not held_role(user, Role.ORG, organisation=bid.organisation_id):
        return False
    now = clock.now()
    close = bid_close_of(bid, now)
    return close is not None and now < close and is_open_for(bid, now)


def may_write_to_milestone(user: Any, milestone: Milestone) -> bool:
    state = Milestone.State
    editable = (state.PLANNED, state.DUE_SOON, state.OVERDUE, state.RECTIFY)
    return milestone.state in editable and _is_pi(user, milestone.project)


def may_write_to_acceptance(user: Any, acceptance: Acceptance) -> bool:
    editable = (Acceptance.State.DUE, Acceptance.State.RETURNED)
    return acceptance.state in editable and _is_pi(user, acceptance.project)


def may_write_to_objection(user: Any, objection: Objection) -> bool:
    author = objection.author_user_id
    return objection.state == Objection.State.RECEIVED and author is not None and author == user.pk


def may_write_to_reconsideration(user: Any, reconsideration: Reconsideration) -> bool:
    return reconsideration.state == Reconsideration.State.FILED and _is_pi(user, reconsideration.bid)


def may_write_to_extension(user: Any, extension: BidExtension) -> bool:
    """What proves the reason, until somebody of the agency has looked into it."""
    return extension.state == BidExtension.State.ASKED and _is_pi(user, extension.bid)


def is_in_snapshot(bid: Bid, file: Attachment) -> bool:
    """The frozen content of the bid names the object."""
    frozen = bid.snapshot or {}
    return any(row["key"] == file.object_key for row in frozen.get("files", ()))


def _is_pi(user: Any, project: Any) -> bool:
    return isinstance(user, User) and user.is_active and project.pi_id == user.pk
