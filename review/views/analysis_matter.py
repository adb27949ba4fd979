"""What an analysis is about, and who may ask for it: one round, or a whole list after its rounds have closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from projects.models import ChallengeList
from projects.queries import lists_visible_to
from review.models import ReviewRound
from review.queries import analysed_lists_visible_to, analyses_visible_to, rounds_visible_to
from workflows.canonical import sha256_of
from workflows.score_books import Records, records_of

R = ReviewRound.State
#: What ten thousand bids need to be read, they need only once: sheets of closed rounds never change.
KEEP_SECONDS = 3600


@dataclass(frozen=True)
class Matter:
    """`rounds`: oldest first, their rule set joined."""

    row: ReviewRound | ChallengeList
    rounds: list[ReviewRound]

    @property
    def is_round(self) -> bool:
        return isinstance(self.row, ReviewRound)

    @property
    def is_closed(self) -> bool:
        return all(row.state == R.CLOSED for row in self.rounds)

    @property
    def address(self) -> str:
        return f"{self.row.get_absolute_url()}analysis/"

    def records(self) -> Records:
        """Raises NothingToTry."""
        if not self.is_closed:
            return records_of(self.rounds)
        key = "records:" + sha256_of([[row.pk, row.version] for row in self.rounds])
        found: Records | None = cache.get(key)
        if found is None:
            found = records_of(self.rounds)
            cache.set(key, found, KEEP_SECONDS)
        return found


def round_matter(user: Any, pk: int) -> Matter:
    """404 for whom the round is nothing; 403 with a sentence for whom it is too early."""
    query = rounds_visible_to(user).select_related("challenge__challenge_list__rule_set")
    row = get_object_or_404(query.distinct(), pk=pk)
    if not analyses_visible_to(user).filter(pk=pk).exists():
        raise PermissionDenied(
            _(
                "评分分析在轮次结束后对经办人和领导开放，汇总开始后对组长开放，请届时查看；在此之前只有评审秘书和监督员可以查看。"
            )
        )
    return Matter(row, [row])


def list_matter(user: Any, number: str) -> Matter:
    row = get_object_or_404(lists_visible_to(user).distinct(), number=number)
    if not analysed_lists_visible_to(user).filter(pk=row.pk).exists():
        raise PermissionDenied(
            _("榜单的评分分析在全部评审轮次结束后，对本部门经办人、领导、评审秘书和监督员开放，请届时查看。")
        )
    query = ReviewRound.objects.filter(challenge__challenge_list=row).exclude(state=R.ABORTED)
    return Matter(row, list(query.select_related("challenge__challenge_list__rule_set").order_by("pk")))
