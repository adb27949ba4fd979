"""Who may see what of a review: one function per model; the default is nothing (domain 3.6).

Experts see their own seat and sheets. Officers see aliases, the round's secretary and the supervisor
see names. The applicant sees opinions without any mark of who wrote them, once the result is told.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Role, User
from accounts.roles import agencies_of
from projects.disclosure import result_is_told
from projects.models import Bid, ChallengeList, DecisionLetter
from projects.queries import STAFF, VISIBLE, bids_visible_to, lists_visible_to
from review.defence_queries import questions_visible_to, sessions_visible_to, slots_visible_to
from review.disclosure import may_know_experts
from review.models import (
    Assignment,
    ConflictFinding,
    ConflictRuling,
    DefenceQuestion,
    DefenceSession,
    DefenceSlot,
    DrawRecord,
    Expert,
    ExpertIdentity,
    ExpertImport,
    ExpertTie,
    ReviewRound,
    ReviewTally,
    SavedScenario,
    ScoreSheet,
)

R = ReviewRound.State
A = Assignment.State
#: An expert reads bids in these states of his round …
READABLE = [R.PREVIEW, R.SCORING, R.COLLATING]
#: … once he has pledged confidentiality.
PLEDGED = [A.PLEDGED, A.SUBMITTED, A.LOCKED]
#: A bid that is judged and whose result is not told yet.
JUDGED_UNTOLD = [Bid.State.IN_ROUND, Bid.State.RECOMMENDED, Bid.State.RESERVE, Bid.State.NOT_RECOMMENDED]
#: A sheet in these states holds points that count or did.
HANDED_IN = ["SUBMITTED", "RETURNED", "LOCKED", "QUERIED"]


def _is_user(user: Any) -> bool:
    return isinstance(user, User) and user.is_active


def experts_visible_to(user: Any) -> QuerySet[Expert]:
    """The pool is known to those who run draws, and every expert knows himself."""
    if not _is_user(user):
        return Expert.objects.none()
    return Expert.objects.filter(Q(user=user) | Q(agency__in=agencies_of(user, Role.SEC, Role.SUP, Role.AGY)))


def pool_kept_by(user: Any) -> QuerySet[Expert]:
    """The entries that a person may look through as a pool, his own record apart."""
    return experts_visible_to(user).filter(agency__in=agencies_of(user, Role.SEC, Role.SUP, Role.AGY))


def imports_visible_to(user: Any) -> QuerySet[ExpertImport]:
    """Those who keep the pool, and the supervisor."""
    if not _is_user(user):
        return ExpertImport.objects.none()
    return ExpertImport.objects.filter(agency__in=agencies_of(user, Role.SEC, Role.SUP, Role.AGY))


def identities_to_be_paid_by(user: Any) -> QuerySet[ExpertIdentity]:
    """For the finance office, once it is a matter of paying: the expert's work is locked, and the result of
    every bid he judged in that round is told (until then nobody outside the secretariat learns who judged)."""
    if not _is_user(user):
        return ExpertIdentity.objects.none()
    undecided = Bid.objects.filter(challenge=OuterRef("round__challenge"), state__in=JUDGED_UNTOLD)
    done = Assignment.objects.filter(expert=OuterRef("pk"), state=A.LOCKED, round__state=R.CLOSED)
    return ExpertIdentity.objects.filter(
        Exists(done.filter(~Exists(undecided))), expert__agency__in=agencies_of(user, Role.FIN)
    )


def rounds_visible_to(user: Any) -> QuerySet[ReviewRound]:
    """Staff, secretary and supervisor of the agency; the chair sees the round he closes."""
    if not _is_user(user):
        return ReviewRound.objects.none()
    return ReviewRound.objects.filter(
        Q(challenge__challenge_list__agency__in=agencies_of(user, *STAFF, Role.SEC, Role.SUP))
        | Q(chair__expert__user=user, chair__state__in=Assignment.SEATED)
    )


def assignments_visible_to(user: Any) -> QuerySet[Assignment]:
    """Own seats; all seats (by alias) for those who run the round."""
    if not _is_user(user):
        return Assignment.objects.none()
    agencies = agencies_of(user, *STAFF, Role.SEC, Role.SUP)
    return Assignment.objects.filter(Q(expert__user=user) | Q(round__challenge__challenge_list__agency__in=agencies))


def sheets_visible_to(user: Any) -> QuerySet[ScoreSheet]:
    """Own sheets at any time; others' only once submitted, for secretary, chair and supervisor, and
    for the deciding staff after the round is closed."""
    if not _is_user(user):
        return ScoreSheet.objects.none()
    agency = "assignment__round__challenge__challenge_list__agency__in"
    submitted = Q(state__in=["SUBMITTED", "RETURNED", "LOCKED", "QUERIED", "VOID"])
    closed = Q(assignment__round__state=R.CLOSED)
    as_chair = Q(assignment__round__chair__expert__user=user, assignment__round__chair__state__in=Assignment.SEATED)
    return ScoreSheet.objects.filter(
        Q(assignment__expert__user=user, assignment__state__in=PLEDGED)
        | (submitted & Q(**{agency: agencies_of(user, Role.SEC, Role.SUP)}))
        | (submitted & as_chair & Q(assignment__round__state__in=[R.COLLATING, R.CLOSED]))
        | (submitted & closed & Q(**{agency: agencies_of(user, *STAFF)}))
    )  # fmt: skip


def tallies_visible_to(user: Any) -> QuerySet[ReviewTally]:
    """How far each bid's review is: for staff, secretary and supervisor. Its points, see `tallies_with_points`."""
    if not _is_user(user):
        return ReviewTally.objects.none()
    return ReviewTally.objects.filter(agency__in=agencies_of(user, *STAFF, Role.SEC, Role.SUP))


def tallies_with_points(user: Any) -> QuerySet[ReviewTally]:
    """Those of which the reader may know mean and spread: as with sheets, the deciding staff waits for the close.
    Nothing may be filtered or sorted by points but within these, else the order would tell them."""
    if not _is_user(user):
        return ReviewTally.objects.none()
    at_once, later = agencies_of(user, Role.SEC, Role.SUP), agencies_of(user, *STAFF)
    if later <= at_once:
        return ReviewTally.objects.filter(agency__in=at_once)
    return ReviewTally.objects.filter(Q(agency__in=at_once) | Q(agency__in=later, is_closed=True))


def _sheets_told(user: Any) -> QuerySet[ScoreSheet]:
    """Of the outer query's round, other people's sheets that were handed in and that `user` may read."""
    told = sheets_visible_to(user).filter(assignment__round=OuterRef("pk"), state__in=HANDED_IN)
    return told.exclude(assignment__expert__user=user)


def analyses_visible_to(user: Any) -> QuerySet[ReviewRound]:
    """Rounds that the reader may look at as a whole: what is computed from sheets is told to whom the sheets are.

    Who reads one sheet of somebody else reads them all (`sheets_visible_to` asks about round and office alone),
    so that one is looked for and not fifty thousand; who reads sheets at once may look before there are any.
    Who still scores himself is told nothing.
    """
    if not _is_user(user):
        return ReviewRound.objects.none()
    at_once = Q(challenge__challenge_list__agency__in=agencies_of(user, Role.SEC, Role.SUP))
    own_seat = Assignment.objects.filter(round=OuterRef("pk"), expert__user=user)
    return rounds_visible_to(user).filter(
        at_once | Exists(_sheets_told(user)), Q(state__in=[R.COLLATING, R.CLOSED]) | ~Exists(own_seat)
    )


def analysed_lists_visible_to(user: Any) -> QuerySet[ChallengeList]:
    """Lists whose rounds, those that were broken off apart, have all closed and may all be looked at."""
    if not _is_user(user):
        return ChallengeList.objects.none()
    rounds = ReviewRound.objects.filter(challenge__challenge_list=OuterRef("pk")).exclude(state=R.ABORTED)
    untold = rounds.filter(~Q(state=R.CLOSED) | ~Exists(_sheets_told(user)))
    return lists_visible_to(user).filter(Exists(rounds), ~Exists(untold))


def scenarios_visible_to(user: Any) -> QuerySet[SavedScenario]:
    """Who may look at the round or the list may read what others tried out on it."""
    if not _is_user(user):
        return SavedScenario.objects.none()
    return SavedScenario.objects.filter(
        Q(round__in=analyses_visible_to(user).values("pk"))
        | Q(challenge_list__in=analysed_lists_visible_to(user).values("pk"))
    )


def draws_visible_to(user: Any) -> QuerySet[DrawRecord]:
    return DrawRecord.objects.filter(round__in=rounds_visible_to(user)) if _is_user(user) else DrawRecord.objects.none()


def findings_visible_to(user: Any) -> QuerySet[ConflictFinding]:
    """With names: the pool's secretaries and supervisors, nobody else; the expert himself does not, either, for
    they tell him who bids and who asked for him to stay away."""
    if not _is_user(user):
        return ConflictFinding.objects.none()
    return ConflictFinding.objects.filter(expert__agency__in=agencies_of(user, Role.SEC, Role.SUP))


def rulings_visible_to(user: Any) -> QuerySet[ConflictRuling]:
    return ConflictRuling.objects.filter(finding__in=findings_visible_to(user))


def ties_visible_to(user: Any) -> QuerySet[ExpertTie]:
    """The expert's own declarations; all of the pool's for its secretaries and supervisors."""
    if not _is_user(user):
        return ExpertTie.objects.none()
    own = Q(expert__user=user, source=ExpertTie.Source.DECLARED)
    return ExpertTie.objects.filter(own | Q(expert__agency__in=agencies_of(user, Role.SEC, Role.SUP)))


def name_of_expert(assignment: Assignment, user: Any) -> str:
    """The name for those who may know it and the expert himself; the alias for everybody else.

    Joins `expert__user` and `round__challenge__challenge_list`.
    """
    is_own = assignment.expert.user_id == getattr(user, "pk", None)
    return assignment.expert.user.name if is_own or may_know_experts(user, assignment.round) else assignment.alias


def bids_for_review(user: Any) -> QuerySet[Bid]:
    """Bids an expert reads: those of his own sheets that stand, after his pledge, while the round lets him."""
    if not _is_user(user):
        return Bid.objects.none()
    return Bid.objects.filter(
        sheets__assignment__expert__user=user,
        sheets__assignment__state__in=PLEDGED,
        sheets__assignment__round__state__in=READABLE,
        sheets__state__in=[state for state in ScoreSheet.State if state != ScoreSheet.State.VOID],
    ).distinct()


def may_read_bid_as_expert(user: Any, bid: Bid) -> bool:
    return bids_for_review(user).filter(pk=bid.pk).exists()


def opinions_for_team(bid: Bid, user: Any) -> list[str]:
    """The experts' comments for the applicant, once the result is told: as they stand in the letter."""
    if not result_is_told(bid) or not bids_visible_to(user).filter(pk=bid.pk).exists():
        return []
    letter = DecisionLetter.objects.filter(bid=bid).order_by("-pk").first()
    return list(letter.content["opinions"]) if letter else []


def register() -> None:
    """Add the review's models to the one registry of visibility."""
    VISIBLE.update(
        {
            Expert: experts_visible_to,
            ReviewRound: rounds_visible_to,
            Assignment: assignments_visible_to,
            ScoreSheet: sheets_visible_to,
            DrawRecord: draws_visible_to,
            ExpertImport: imports_visible_to,
            ConflictRuling: rulings_visible_to,
            ExpertTie: ties_visible_to,
            DefenceSession: sessions_visible_to,
            DefenceSlot: slots_visible_to,
            DefenceQuestion: questions_visible_to,
            SavedScenario: scenarios_visible_to,
        }
    )
