"""A synthetic call over one list: published, bid for, checked, reviewed, decided. Delivery follows it."""

from __future__ import annotations

import secrets
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from accounts.models import Record, User
from attachments.models import Attachment
from projects.models import AwardDecision, Bid, Challenge, ChallengeList, DecisionBatch, IndicatorResponse, PublicNotice
from projects.rules import Rules
from review.models import Assignment, ReviewRound
from workflows.assignment import AssignmentFlow
from workflows.award import AwardDecisionFlow
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.challenge_list_conditions import last_day_shown
from workflows.clock import SHANGHAI, travel
from workflows.days import end_of
from workflows.decision_batch import DecisionBatchFlow, propose_batch
from workflows.engine import Flow, label_of, perform, start
from workflows.formal_check import FormalCheckFlow
from workflows.list_signatures import next_role
from workflows.notice import NoticeFlow
from workflows.panel_draw import eligible, plan_of, shortage
from workflows.record_names import name_of_kind
from workflows.refused import Refused
from workflows.review_flags import flags_of
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow
from workflows.simulation.actors import Actors, Bidder
from workflows.simulation.collection import collect
from workflows.simulation.defence import hold_defence, plan_defence
from workflows.simulation.findings import Finding, Step, error
from workflows.state import SYSTEM
from workflows.wording import told
from workflows.working_days import add_working_days

WORDS = "推演：材料齐全，方案可行，指标逐项响应，经费合理，各项均按规则办理，本条为推演所写，不作为任何实际决定的依据。"
State = ChallengeList.State


class DeadEnd(Exception):
    """A step of the call was refused: nobody could get past it."""

    def __init__(self, at: datetime, label: str, sentences: list[str]) -> None:
        super().__init__(label)
        self.at, self.label, self.sentences = at, label, sentences


class Call:
    """Plays the steps one after another on a clock of its own. To be used inside `rehearsal()`."""

    def __init__(self, row: ChallengeList, rules: Rules, publish_at: datetime) -> None:
        self.list, self.rules, self.at = row, rules, publish_at
        self.actors = Actors(row)
        self.bidders: dict[int, Bidder] = {}
        self.steps: list[Step] = []
        self.findings: list[Finding] = []

    def do(self, flow: type[Flow], obj: Record, transition: str, by: Any, **inputs: Any) -> None:
        """One transition at the call's present instant."""
        label = f"{name_of_kind(type(obj))}：{label_of(flow, transition)}"
        try:
            with travel(self.at):
                perform(flow, obj, transition, by=by, **inputs)
        except Refused as refusal:
            raise DeadEnd(self.at, label, refusal.sentences) from refusal
        self.steps.append(Step(self.at, label, by.name if isinstance(by, User) else _("系统")))

    def go_to(self, instant: datetime) -> None:
        self.at = max(self.at, instant)

    def wait(self, days: int) -> None:
        """On to ten o'clock of a working day that many days on."""
        day = self.at.astimezone(SHANGHAI).date() + timedelta(days=days)
        self.go_to(datetime.combine(add_working_days(day, 0, count_start=True), time(10), SHANGHAI))

    def to_award(self, challenge: Challenge) -> None:
        """From the list as it stands to the issued decision; bids for one challenge."""
        self.publish()
        bids = self.bid(challenge)
        self.check_forms(bids)
        self.review(challenge, bids)
        self.decide()

    def publish(self) -> None:
        collect(self)
        first, lead = self.actors.officers[0], self.actors.lead
        steps = [
            (State.DRAFT, "open_collection", first), (State.COLLECTING, "appraise", first),
            (State.APPRAISING, "approve", lead), (State.DEMAND_NOTICE, "approve", lead),
            (State.APPROVED, "publish", lead),
        ]  # fmt: skip
        if (last := last_day_shown(self.list)) is not None:
            self.go_to(end_of(last))
        for state, transition, by in steps:
            if transition == "approve" and self.list.state == state:
                while (role := next_role(self.list)) is not None:
                    self.do(ChallengeListFlow, self.list, "sign", self.actors.signers[role], note="")
            if self.list.state == state:
                self.do(ChallengeListFlow, self.list, transition, by)

    def bid(self, challenge: Challenge) -> list[Bid]:
        """Enough bids for every lane or award and the reserves, in the last day before the close."""
        assert self.list.bid_close_at is not None  # publishing asked for it
        self.go_to(self.list.bid_close_at - timedelta(days=1))
        wanted = max(self.rules.quota_per_challenge, challenge.lanes) + self.rules.reserve_count
        return [self._one_bid(challenge, number) for number in range(1, wanted + 1)]

    def _one_bid(self, challenge: Challenge, number: int) -> Bid:
        bidder = self.actors.bidder(number)
        challenge.refresh_from_db()
        share = max(challenge.lanes, self.rules.quota_per_challenge, 1)
        bid = Bid(
            challenge=challenge, organisation=bidder.organisation, pi=bidder.pi, title=_("推演申报%s") % number,
            recommender=self.actors.recommender.organisation if self.rules.recommender_endorses else None,
            summary=WORDS, route=WORDS, team=WORDS, route_tag=_("路线%s") % number,
            requested_yuan=challenge.cap_yuan // share,
            matching_yuan=challenge.cap_yuan // share * self.rules.matching_ratio_percent // 100,
        )  # fmt: skip
        try:
            with travel(self.at):
                start(BidFlow, bid, by=bidder.pi)
        except Refused as refusal:
            raise DeadEnd(self.at, _("建立揭榜申请"), refusal.sentences) from refusal
        self.bidders[bid.pi_id] = bidder
        for indicator in challenge.indicators.all():
            IndicatorResponse.objects.create(
                bid=bid, indicator=indicator, promised=indicator.target, promised_high=indicator.target_high
            )
        for slot in self.rules.required_slots:
            self.file(bid, slot, bidder.pi)
        self.do(BidFlow, bid, "hand_in", bidder.pi, pledge=True)
        if bid.state == Bid.State.UNIT_REVIEW:
            self.do(BidFlow, bid, "unit_endorse", bidder.admin, matching_confirmed=True)
        if bid.state == Bid.State.REC_REVIEW:
            self.do(BidFlow, bid, "recommend", self.actors.recommender.admin, endorsement=WORDS)
        return bid

    def file(self, holder: Any, slot: str, by: User) -> None:
        """A file as the store would have taken it; none is put there."""
        token = secrets.token_hex(32)
        Attachment.objects.create(
            holder_type=ContentType.objects.get_for_model(holder), holder_id=holder.pk, slot=slot,
            file_name=f"{slot}.pdf", content_type="application/pdf", size=1000, sha256=token,
            object_key=f"rehearsal/{token}", status=Attachment.Status.STORED, uploaded_by=by,
        )  # fmt: skip

    def check_forms(self, bids: list[Bid]) -> None:
        first, second = self.actors.officers
        self.list.refresh_from_db()
        assert self.list.rec_close_at is not None
        self.go_to(self.list.rec_close_at)
        self.do(ChallengeListFlow, self.list, "close", SYSTEM)
        self.wait(1)
        for bid in bids:
            self.do(BidFlow, bid, "begin_formal_check", first)
            self.do(FormalCheckFlow, bid.formal_check, "check", first, result="PASS")
            self.do(FormalCheckFlow, bid.formal_check, "confirm", second)
        self.do(ChallengeListFlow, self.list, "begin_review", first)

    def review(self, challenge: Challenge, bids: list[Bid]) -> None:
        first, secretary = self.actors.officers[0], self.actors.secretary
        challenge.refresh_from_db()
        row = ReviewRound(challenge=challenge, criteria=[], secretary=secretary)
        missing = shortage(eligible(row, self.at)[0], plan_of(row))
        if missing:
            cure = _("请在专家库增补该领域专家，或调整评审组构成。")
            self.findings.append(error("E01", challenge, _("评审组凑不齐：%s。") % told(missing), cure))
            self.actors.stand_in_experts(challenge, self.rules)
        with travel(self.at):
            start(ReviewRoundFlow, row, by=first)
        self.do(ReviewRoundFlow, row, "begin_draw", first, witness=self.actors.supervisor.pk)
        self.do(ReviewRoundFlow, row, "draw", self.actors.supervisor)
        seats = list(row.assignments.select_related("expert__user").order_by("alias"))
        for seat in seats:
            self.do(AssignmentFlow, seat, "accept", seat.expert.user)
            self.do(AssignmentFlow, seat, "pledge", seat.expert.user, confidentiality=True, integrity=True)
        chair = next((seat for seat in seats if seat.seat_type == "TECHNICAL"), seats[0])
        self.do(ReviewRoundFlow, row, "name_chair", secretary, chair=chair.pk)
        self.do(ReviewRoundFlow, row, "open_preview", secretary)
        session = plan_defence(self, row) if self.rules.defence else None
        self.wait(self.rules.preview_days + 1)
        if session is not None:
            hold_defence(self, session)
        until = self.at + timedelta(days=7)
        self.do(ReviewRoundFlow, row, "open_scoring", secretary, scoring_until=until)
        ranks = {bid.pk: rank for rank, bid in enumerate(bids)}
        for seat in seats:
            self._score(seat, ranks)
        self.go_to(until)
        self.do(ReviewRoundFlow, row, "collate", secretary)
        self._sign(row, seats, chair)
        considered = {"flags_considered": True} if flags_of(row) else {}
        self.do(ReviewRoundFlow, row, "close", chair.expert.user, **considered)

    def _sign(self, row: ReviewRound, seats: list[Assignment], chair: Assignment) -> None:
        tomorrow = self.at + timedelta(days=1)
        self.do(ReviewRoundFlow, row, "draft_opinion", chair.expert.user, panel_opinion=WORDS, sign_until=tomorrow)
        for seat in seats:
            if seat.pk != chair.pk:
                self.do(AssignmentFlow, seat, "sign_opinion", seat.expert.user)
        self.do(ReviewRoundFlow, row, "see_opinion", self.actors.supervisor)

    def _score(self, seat: Assignment, ranks: dict[int, int]) -> None:
        """Good marks, a little lower from bid to bid, so that nobody ties."""
        for sheet in seat.sheets.order_by("pk"):
            points = {
                f"score_{c.code.lower()}": c.at_most(Decimal(c.max_score) - Decimal(ranks[sheet.bid_id]) / 2)
                for c in self.rules.criteria
                if not c.veto
            }
            self.do(ScoreSheetFlow, sheet, "submit", seat.expert.user,
                    recommendation="RECOMMEND", comment=WORDS, **points)  # fmt: skip
        self.do(AssignmentFlow, seat, "submit_all", seat.expert.user)

    def decide(self) -> None:
        first = self.actors.officers[0]
        self.do(ChallengeListFlow, self.list, "begin_decision", first)
        decision = self.list.award_decision
        self.wait(3)
        self.do(AwardDecisionFlow, decision, "submit_to_joint_meeting", first)
        self.do(AwardDecisionFlow, decision, "submit_to_office_meeting", first, minutes=WORDS)
        self.batch(decision, "PUBLICISE", minutes=WORDS)
        self.run(decision.notices.order_by("-pk")[0])
        decision.refresh_from_db()
        self.batch(decision, "ISSUE", document_no=f"推演〔{self.at.year}〕{secrets.randbelow(10**6)}号")

    def batch(self, decision: AwardDecision, kind: str, **words: str) -> None:
        """Proposed by the officer, carried out by the leader."""
        try:
            with travel(self.at):
                proposed = propose_batch(decision, kind, by=self.actors.officers[0], **words)
        except Refused as refusal:
            raise DeadEnd(self.at, str(DecisionBatch.Kind(kind).label), refusal.sentences) from refusal
        self.do(DecisionBatchFlow, proposed, "approve", self.actors.lead)
        decision.refresh_from_db()

    def run(self, notice: PublicNotice) -> None:
        """Published on the next working day, and over on the day after its last."""
        self.wait(1)
        if notice.state == PublicNotice.State.DRAFT:
            self.do(NoticeFlow, notice, "approve", self.actors.lead)
        self.do(NoticeFlow, notice, "publish", self.actors.officers[0])
        last: date | None = notice.ends_on
        assert last is not None  # set by publishing
        self.go_to(datetime.combine(last + timedelta(days=1), time(1), SHANGHAI))
        self.do(NoticeFlow, notice, "end", SYSTEM)
        self.wait(1)
