"""A review as the rule book has it: panel 3+1+1 drawn from a pool, five days of reading, trimmed mean.

Days follow the worked timeline of domain 2.17. Everything is made through the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from accounts.models import Role, User
from projects.models import Bid, Challenge, RuleSet
from projects.presets import PRESETS
from projects.rules import Rules
from review.models import Assignment, Expert, ReviewRound, ScoreSheet
from tests import delivery_factories as made
from tests.delivery_factories import World, on
from tests.wording import comment_of
from workflows.assignment import AssignmentFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI
from workflows.engine import perform, start
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow
from workflows.state import SYSTEM

CHECKED, DRAWN, READ, SCORED = date(2026, 4, 29), date(2026, 5, 11), date(2026, 5, 19), date(2026, 5, 20)
UNTIL = datetime.combine(SCORED, time(18), SHANGHAI)
POOL = {"TECHNICAL": 5, "INDUSTRY": 2, "FINANCE": 3}
COMMENT = (
    "目标明确，路线可行，团队与条件具备，里程碑设置合理，经费与任务匹配，预期效益较好，风险总体可控，建议按程序推进。"
)
LONG = COMMENT + "综合各项指标并对照榜题要求，形成上述意见，供评审组讨论。"
REASON = "依据会议纪要和核查事实作出本决定"


@dataclass
class Review:
    """The people of one review. Rows are read anew on every access, so that no test sees another's."""

    w: World
    secretary: User

    @property
    def challenge(self) -> Challenge:
        return Challenge.objects.get(challenge_list__agency=self.w.agency)

    @property
    def round(self) -> ReviewRound:
        found = ReviewRound.objects.filter(challenge__challenge_list__agency=self.w.agency).order_by("-pk").first()
        assert found is not None
        return found

    @property
    def bids(self) -> list[Bid]:
        return list(Bid.objects.filter(challenge__challenge_list__agency=self.w.agency).order_by("pk"))

    def seats(self, *states: str) -> list[Assignment]:
        """Seats in the order of their aliases; without `states` those that hold a seat."""
        found = self.round.assignments.filter(state__in=states or Assignment.SEATED)
        return list(found.select_related("expert__user", "round").order_by("alias"))

    @property
    def technical(self) -> Assignment:
        return next(seat for seat in self.seats() if seat.seat_type == "TECHNICAL")

    @property
    def chair(self) -> User:
        chair = self.round.chair
        assert chair is not None
        return chair.expert.user


def expert(w: World, seat_type: str = "TECHNICAL", **kwargs: Any) -> Expert:
    """One more member of the pool, of a unit of its own."""
    unit = kwargs.pop("organisation", None) or made.organisation("专家单位")
    user = kwargs.pop("user", None) or made.person("评审专家", Role.EXP, org=unit, agency=w.agency)
    values: dict[str, Any] = {"title": "研究员", "fields": ["SOFTWARE"], **kwargs}
    return Expert.objects.create(agency=w.agency, user=user, organisation=unit, seat_type=seat_type, **values)


def closed(bids: int = 2, *, rules: Rules | None = None, pool: dict[str, int] | None = None) -> Review:
    """The list is closed with complete bids; nothing was checked yet."""
    w = made.world()
    n = RuleSet.objects.count()
    w.rule_set = RuleSet.objects.create(
        agency=w.agency, code=f"review{n}", name="揭榜挂帅", mode="OPEN_CHALLENGE",
        data=(rules or PRESETS["OPEN_CHALLENGE"]).to_data(), published_at=datetime(2026, 1, 5, tzinfo=SHANGHAI),
    )  # fmt: skip
    found = Review(w, made.person("秘书", Role.SEC, agency=w.agency))
    challenge_list = made.published_list(w)
    for _ in range(bids):
        made.submitted_bid(w, challenge_list.challenges.get())
    for seat_type, number in (POOL if pool is None else pool).items():
        for _ in range(number):
            expert(w, seat_type)
    with on(made.REC_CLOSE, 16):
        perform(ChallengeListFlow, challenge_list, "close", by=SYSTEM)
    return found


def under_review(r: Review) -> Review:
    """Every bid was checked by two people; the challenge is under review."""
    with on(CHECKED):
        for bid in r.bids:
            made.checked(r.w, bid)
        perform(ChallengeListFlow, r.w.challenge_list, "begin_review", by=r.w.officer)
    return r


def planned(r: Review) -> Review:
    with on(DRAWN):
        start(ReviewRoundFlow, ReviewRound(challenge=r.challenge, criteria=[], secretary=r.secretary), by=r.w.officer)
    return r


def drawn(r: Review) -> Review:
    with on(DRAWN):
        perform(ReviewRoundFlow, r.round, "begin_draw", by=r.w.officer, witness=r.w.supervisor.pk)
        perform(ReviewRoundFlow, r.round, "draw", by=r.w.supervisor)
    return r


def pledge(seat: Assignment) -> None:
    """What is left to do for an invited expert until he may read."""
    if seat.state == "INVITED":
        perform(AssignmentFlow, seat, "accept", by=seat.expert.user)
    perform(AssignmentFlow, seat, "pledge", by=seat.expert.user, confidentiality=True, integrity=True)


def pledged(r: Review) -> Review:
    with on(DRAWN, 11):
        for seat in r.seats("INVITED", "ACCEPTED"):
            pledge(seat)
        perform(ReviewRoundFlow, r.round, "name_chair", by=r.secretary, chair=r.technical.pk)
    return r


def in_preview(r: Review) -> Review:
    with on(DRAWN, 12):
        perform(ReviewRoundFlow, r.round, "open_preview", by=r.secretary)
    return r


def scoring(r: Review) -> Review:
    with on(READ):
        perform(ReviewRoundFlow, r.round, "open_scoring", by=r.secretary, scoring_until=UNTIL)
    return r


def given(total: str = "86", **more: Any) -> dict[str, Any]:
    """Every input of a sheet whose points sum to `total`."""
    left, points = Decimal(total), {}
    for criterion in PRESETS["OPEN_CHALLENGE"].criteria:
        if not criterion.veto:
            points[f"score_{criterion.code.lower()}"] = step = min(left, Decimal(criterion.max_score))
            left -= step
    return {**points, "veto": False, "recommendation": "RECOMMEND", "comment": COMMENT, **more}


def sheet(seat: Assignment, n: int = 0) -> ScoreSheet:
    return seat.sheets.order_by("bid_id")[n]


def score(seat: Assignment, *totals: str) -> None:
    """The expert gives each bid its total and hands everything in."""
    for n, own in enumerate(seat.sheets.exclude(state="VOID").order_by("bid_id")):
        points = given(totals[n] if totals else "86", comment=comment_of(seat.alias, n))
        perform(ScoreSheetFlow, own, "submit", by=seat.expert.user, **points)
    perform(AssignmentFlow, seat, "submit_all", by=seat.expert.user)


def collated(r: Review, *rows: tuple[str, ...]) -> Review:
    """All have scored (`rows`: one tuple of totals per seat, in the order of aliases); all is locked."""
    with on(SCORED):
        for n, seat in enumerate(r.seats("PLEDGED")):
            score(seat, *(rows[n] if rows else ()))
        perform(ReviewRoundFlow, r.round, "collate", by=r.secretary)
    return r


def close(r: Review, **inputs: Any) -> ReviewRound:
    """All sign what the chair drafted; flags are settled, and considered when there are any."""
    with on(SCORED, 17):
        return made.close_round(r.round, seen_by=r.w.supervisor, opinion=LONG, **inputs)


def signed(r: Review, opinion: str = LONG) -> Review:
    """Flags are settled, the opinion is drafted, signed and seen; the chair may close."""
    with on(SCORED, 17):
        row = r.round
        made.settle_flags(row, r.chair)
        made.sign_round(row, seen_by=r.w.supervisor, opinion=opinion)
    return r
