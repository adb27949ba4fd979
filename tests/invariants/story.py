"""A story that hypothesis makes up: anybody tries anything on any record, and time passes.

Every step ends in one of two ways: the declared step took place and the chain tells all of it, or it
was refused in words and nothing at all has changed. Any other exception fails the test.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from django.db import transaction
from hypothesis import currently_in_test_context, event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from accounts.models import Record, User
from attachments.queries import may_write
from projects.models import Acceptance, Bid, Challenge, Milestone, PublicNotice
from review.models import ReviewRound
from tests import delivery_factories as f
from tests.invariants import books, checks, given
from tests.invariants.stages import Stage
from workflows.clock import travel
from workflows.engine import FLOWS, Flow, extras_of, input_form, perform, start, unmet_sentences
from workflows.extension import ask_extension
from workflows.objection import file_objection
from workflows.reconsideration import ask_again
from workflows.refused import Refused
from workflows.review_round import ReviewRoundFlow
from workflows.state import SYSTEM, Actor
from workflows.sweeps import _jobs, sweep_all

#: From a machine's model to its agency, for queries.
AGENCY = {
    "projects.challengelist": "agency",
    "projects.challenge": "challenge_list__agency",
    "projects.demand": "challenge_list__agency",
    "projects.bid": "challenge__challenge_list__agency",
    "projects.formalcheck": "bid__challenge__challenge_list__agency",
    "projects.awarddecision": "challenge_list__agency",
    "projects.decisionbatch": "decision__challenge_list__agency",
    "projects.publicnotice": "agency",
    "projects.objection": "notice__agency",
    "projects.bidextension": "bid__challenge__challenge_list__agency",
    "projects.reconsideration": "bid__challenge__challenge_list__agency",
    "projects.project": "agency",
    "projects.milestone": "project__agency",
    "projects.tranche": "project__agency",
    "projects.race": "challenge__challenge_list__agency",
    "projects.racelane": "project__agency",
    "projects.acceptance": "project__agency",
    "projects.certificate": "project__agency",
    "review.reviewround": "challenge__challenge_list__agency",
    "review.assignment": "expert__agency",
    "review.scoresheet": "assignment__expert__agency",
    "review.expertimport": "agency",
    "review.experttie": "expert__agency",
    "review.conflictruling": "finding__expert__agency",
    "review.defencesession": "round__challenge__challenge_list__agency",
    "review.defenceslot": "session__round__challenge__challenge_list__agency",
    "review.defencequestion": "assignment__expert__agency",
}
#: Steps that end a story early are asked for less often.
ENDS = {"cancel", "abort", "revoke", "terminate", "disqualify", "withdraw", "suspend", "pause", "end_without_winner",
        "archive"}  # fmt: skip


@dataclass
class Tally:
    """What happened over all examples, by machine."""

    moved: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Move:
    """A transition that is open to somebody now."""

    definition: Any
    actor: Actor


class RandomStory(RuleBasedStateMachine):
    stage: ClassVar[Stage]
    strangers: ClassVar[Sequence[User]]
    tally: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        self.now = self.stage.now
        self.books = books.read()
        self.homes: dict[books.Key, int] = {}
        self.acted: list[User] = [self.stage.w.officer]
        self.successes = 0
        self.is_sound = True

    @cached_property
    def timed(self) -> set[tuple[str, str]]:
        return {(flow.slug, name) for flow, name, _ in _jobs()}

    # --- steps --------------------------------------------------------------------------------------

    @rule(data=st.data())
    def what_is_open_is_done(self, data: st.DataObject) -> None:
        self._go_on(data)

    @rule(data=st.data())
    def and_then_the_next(self, data: st.DataObject) -> None:
        """The same under another name: most steps shall lead the story on."""
        self._go_on(data)

    @rule(data=st.data())
    def and_one_more(self, data: st.DataObject) -> None:
        self._go_on(data)

    def _go_on(self, data: st.DataObject) -> None:
        row, move = self._open_move(data)
        if move is not None:
            self._perform(row, move.definition.slug, move.actor, self._inputs(data, row, move.definition, move.actor))

    @rule(data=st.data())
    def what_is_open_is_asked_for_with_garbage(self, data: st.DataObject) -> None:
        row, move = self._open_move(data)
        if move is None:
            return
        inputs = self._inputs(data, row, move.definition, move.actor)
        fields = self._fields(row, move.definition, move.actor)
        if fields:
            spoiled = data.draw(st.sampled_from(sorted(fields)), label="spoiled")
            inputs[spoiled] = data.draw(given.junk(fields[spoiled]), label="junk")
        else:
            inputs["unheard_of"] = data.draw(st.sampled_from(given.JUNK), label="junk")
        self._perform(row, move.definition.slug, move.actor, inputs)

    @rule(data=st.data())
    def anybody_tries_anything(self, data: st.DataObject) -> None:
        """Any transition of the machine, or a name that is none, by anybody of two agencies."""
        row = self._record(data)
        flow = FLOWS[books.labels()[row._meta.label_lower]]
        names = sorted({step[1] for step in books.edges(flow.slug)} - {"create"})
        name = data.draw(st.sampled_from([*names, *given.NAMES]), label="transition")
        actor = self._actor(data, [*self.stage.people, *self.strangers, SYSTEM])
        definition = self._definition(flow, name, row.state)
        inputs = {} if definition is None else self._inputs(data, row, definition, actor)
        seen = data.draw(st.sampled_from([None, None, row.version, row.version + 1]), label="seen version")
        self._perform(row, name, actor, inputs, seen)

    @rule(days=st.sampled_from([0, 0, 1, 2, 6, 10, 31, 70, 190]), hours=st.integers(0, 13), sweeps=st.booleans())
    def time_passes(self, days: int, hours: int, sweeps: bool) -> None:
        """Then, mostly, the timers run: what is due happens, and nothing may break in it."""
        self.now += timedelta(days=days, hours=hours)
        if not sweeps:
            return
        watch = _Watch()
        logger = logging.getLogger("workflows.sweeps")
        logger.addHandler(watch)
        try:
            self._attempt(sweep_all)
        finally:
            logger.removeHandler(watch)
        assert not watch.complaints

    @rule(data=st.data())
    def papers_come_in(self, data: st.DataObject) -> None:
        """Evidence for a report; a bid, an objection, a reconsideration or a round, by those who may or by somebody else."""
        actor = self._actor(data, [*self.stage.people, *self.strangers])
        kinds = [self._evidence, self._bid, self._extension, self._objection, self._reconsideration, self._round]
        if (call := data.draw(st.sampled_from(kinds), label="paper")(actor)) is not None:
            self._attempt(call)

    def _evidence(self, actor: Any) -> None:
        """Files that reports and applications need, from the PI, while he may."""
        of = {"project__agency": self.stage.w.agency}
        holders: list[Any] = [
            *Milestone.objects.filter(**of).select_related("project__pi").order_by("pk"),
            *Acceptance.objects.filter(**of).select_related("project__pi").order_by("pk"),
        ]
        for holder in holders:
            slot = "TEST_REPORT" if isinstance(holder, Milestone) else "ACCEPTANCE"
            if may_write(holder.project.pi, holder):
                f.store_file(holder, slot, holder.project.pi)

    def _bid(self, actor: Any) -> Callable[[], Any] | None:
        w, spare = self.stage.w, self.stage.spare
        challenge = Challenge.objects.filter(challenge_list__agency=w.agency).order_by("pk").first()
        if challenge is None or Bid.objects.filter(pi=spare.pi).exists():
            return None
        return lambda: f.complete_draft(w, challenge, f.Team(spare.organisation, spare.admin, spare.pi))

    def _objection(self, actor: Any) -> Callable[[], Any] | None:
        notice = PublicNotice.objects.order_by("-pk").filter(agency=self.stage.w.agency).first()
        if notice is None:
            return None
        by = {"author_name": actor.name, "author_contact": "0531-0003", "grounds": given.TEXT}
        return lambda: file_objection(notice, by=actor, **by)

    def _extension(self, actor: Any) -> Callable[[], Any] | None:
        bid = Bid.objects.filter(challenge__challenge_list__agency=self.stage.w.agency).order_by("state", "pk").first()
        return None if bid is None else lambda: ask_extension(bid, by=actor, grounds=given.TEXT)

    def _reconsideration(self, actor: Any) -> Callable[[], Any] | None:
        bid = Bid.objects.filter(state="NOT_ACCEPTED", challenge__challenge_list__agency=self.stage.w.agency).first()
        return None if bid is None else lambda: ask_again(bid, by=actor, grounds=given.TEXT)

    def _round(self, actor: Any) -> Callable[[], Any] | None:
        challenge = Challenge.objects.filter(challenge_list__agency=self.stage.w.agency).order_by("pk").first()
        if challenge is None:
            return None
        no = challenge.rounds.count() + 1
        row = ReviewRound(challenge=challenge, no=no, criteria=[], secretary=self.stage.secretary)
        return lambda: start(ReviewRoundFlow, row, by=actor)

    def spoil_every_field(self, asked: set[tuple[str, str, str]]) -> None:
        """Without chance: all garbage on every field of the steps that are open here and not in `asked` yet."""
        for label, keys in self._rows().items():
            for pk in keys:
                row = self._load(label, pk)
                for move in {move.definition.slug: move for move in self._moves(row)}.values():
                    self._spoil(row, move, asked)

    def _spoil(self, row: Any, move: Move, asked: set[tuple[str, str, str]]) -> None:
        fields = self._fields(row, move.definition, move.actor)
        proper = {name: given.example(found, self.now) for name, found in fields.items()}
        name = move.definition.slug
        for spoiled, found in fields.items():
            kind = (row._meta.label_lower, name, spoiled.split("_")[0]) if spoiled != "reason" else ("", "", spoiled)
            if kind in asked:  # points and measured values have one field for each row, reasons one everywhere
                continue
            # A kind of field meets all garbage once; after that only what a column might not hold.
            is_known = ("", "", type(found).__name__) in asked
            asked |= {kind, ("", "", type(found).__name__)}
            for value in given.WORST if is_known else given.telling(found):
                with transaction.atomic():
                    before = self.books
                    self._perform(row, name, move.actor, {**proper, spoiled: value})
                    self.books = before
                    transaction.set_rollback(True)

    def send_strangers(self, asked: set[tuple[str, str, str]]) -> None:
        """Without chance: people of another agency ask for every step of every machine that stands here."""
        for label, keys in self._rows().items():
            for pk in keys:
                state = self.books.records[label, str(pk)][0]
                for definition in FLOWS[books.labels()[label]].transitions_from(state):
                    kind = (label, state, str(definition.slug))
                    if kind not in asked:
                        asked.add(kind)
                        stranger = self.strangers[len(asked) % len(self.strangers)]
                        self._perform(self._load(label, pk), definition.slug, stranger, {})

    # --- the end ------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            if self.is_sound:
                self._look_back()
        finally:
            transaction.set_rollback(True)
            self.example.__exit__(None, None, None)

    def _look_back(self) -> None:
        checks.nothing_is_broken()
        stranger = self.strangers[len(self.acted) % len(self.strangers)]
        for reader in (self.acted[-1], stranger):
            checks.sees_only_his_own(reader)
        if currently_in_test_context():
            event(f"transitions that took place: {self.successes}")

    # --- the hand that moves ------------------------------------------------------------------------

    def _perform(self, row: Any, name: str, actor: Actor, inputs: dict[str, Any], seen: int | None = None) -> None:
        key = (row._meta.label_lower, str(row.pk))
        flow = FLOWS[books.labels()[key[0]]]
        before = self.books.records[key][0]
        entries = self._attempt(
            lambda: perform(flow, row.pk, name, by=actor, seen_version=seen, **inputs), of=flow.slug
        )
        if isinstance(actor, User):
            self.acted.append(actor)
        if entries is not None:
            own = [entry for entry in entries if entry.key == key]
            assert [(entry.transition, entry.before) for entry in own] == [(name, before)], f"{key}: {own}"
            assert actor is SYSTEM or actor in self.stage.people, f"{actor} moved a record of another agency"

    def _attempt(self, call: Callable[[], Any], *, of: str = "") -> list[books.Entry] | None:
        """The entries of what took place, or None when it was refused."""
        before, self.is_sound = self.books, False
        try:
            with travel(self.now), transaction.atomic():
                call()
                checks.judge_as_commit()
        except Refused as refusal:
            checks.says_why(refusal)
            books.unchanged(before, books.read())
            self.tally.refused[of] += 1
            self.tally.codes[refusal.code] += 1
            self.is_sound = True
            return None
        self.books = books.read()
        entries = books.told(before, self.books)
        slugs = books.labels()
        for entry in entries:
            self.tally.moved[slugs[entry.key[0]]] += entry.transition != "create"
        self.successes += 1
        self.is_sound = True
        return entries

    # --- choices ------------------------------------------------------------------------------------

    def _rows(self) -> dict[str, list[int]]:
        """Records of this agency by machine, in a fixed order."""
        unknown = {label for label, pk in self.books.records if (label, pk) not in self.homes}
        for label in unknown:
            found = FLOWS[books.labels()[label]].model._default_manager.values_list("pk", AGENCY[label])
            self.homes |= {(label, str(pk)): agency for pk, agency in found}
        rows: dict[str, list[int]] = {}
        for key in self.books.records:
            if self.homes[key] == self.stage.w.agency.pk:
                rows.setdefault(key[0], []).append(int(key[1]))
        return {label: sorted(keys) for label, keys in sorted(rows.items())}

    def _record(self, data: st.DataObject) -> Any:
        rows = self._rows()
        label = data.draw(st.sampled_from(list(rows)), label="machine")
        return self._load(label, data.draw(st.sampled_from(rows[label]), label="record"))

    def _load(self, label: str, pk: int) -> Any:
        flow = FLOWS[books.labels()[label]]
        return flow.model._default_manager.select_related(*flow.related).get(pk=pk)

    def _actor(self, data: st.DataObject, people: Sequence[Actor]) -> Actor:
        at = data.draw(st.integers(0, len(people) - 1), label="actor")
        return people[at]

    def _open_move(self, data: st.DataObject) -> tuple[Any, Move | None]:
        """A record and a step whose conditions hold; the next record when nothing is open on the one drawn."""
        rows = self._rows()
        first = data.draw(st.integers(0, len(rows) - 1), label="machine")
        at = data.draw(st.integers(0, 20), label="record")
        for label in _from(list(rows), first):
            for pk in _from(rows[label], at):
                row = self._load(label, pk) if self._leads_on(label, pk) else None
                if row is not None and (moves := self._moves(row)):
                    return row, moves[data.draw(st.integers(0, len(moves) - 1), label="move")]
        return None, None

    def _leads_on(self, label: str, pk: int) -> bool:
        state, _ = self.books.records[label, str(pk)]
        return bool(FLOWS[books.labels()[label]].transitions_from(state))

    def _moves(self, row: Record) -> list[Move]:
        """Steps that are open to people, and to the timers those that are due."""
        flow_class, found = FLOWS[books.labels()[row._meta.label_lower]], []
        with travel(self.now):
            for definition in flow_class.transitions_from(row.state):  # type: ignore[attr-defined]
                able = [actor for actor in self.stage.cast if self._may(flow_class, row, definition, actor)]
                actors = able[:2]
                found += [
                    Move(definition, actor) for actor in actors if self._is_ready(flow_class(row, by=actor), definition)
                ]
        kept = [move for move in found if move.definition.slug not in ENDS]
        # The milder steps thrice: else most stories would end before they have begun.
        return sorted(kept * 3 + found, key=lambda move: (move.definition.slug, move.actor.pk or 0))

    def _may(self, flow_class: type[Flow], row: Any, definition: Any, actor: Actor) -> bool:
        if actor is SYSTEM and (flow_class.slug, definition.slug) not in self.timed:
            return False
        return bool(definition.permission(flow_class(row, by=actor), actor))

    def _is_ready(self, flow: Flow, definition: Any) -> bool:
        return not unmet_sentences(flow, definition)

    def _definition(self, flow_class: type[Flow], name: str, state: str) -> Any:
        return next((step for step in flow_class.transitions_from(state) if step.slug == name), None)

    def _fields(self, row: Any, definition: Any, actor: Actor) -> dict[str, Any]:
        flow_class = FLOWS[books.labels()[row._meta.label_lower]]
        if not extras_of(definition).inputs and not extras_of(definition).needs_reason:
            return {}
        with travel(self.now):
            found: dict[str, Any] = input_form(flow_class(row, by=actor), definition).base_fields  # type: ignore[attr-defined]
        return found

    def _inputs(self, data: st.DataObject, row: Any, definition: Any, actor: Actor) -> dict[str, Any]:
        """What a careful person would give; what is not required sometimes stays empty."""
        inputs = {}
        for name, asked in self._fields(row, definition, actor).items():
            if asked.required or data.draw(st.booleans(), label=f"gives {name}"):
                inputs[name] = data.draw(given.fitting(asked, self.now), label=name)
        return inputs


def _from(items: list[Any], at: int) -> list[Any]:
    """All of them in their order, beginning at one in the middle."""
    at %= len(items)
    return items[at:] + items[:at]


class _Watch(logging.Handler):
    """Collects errors that the sweep only writes to its log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.complaints: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.complaints.append(f"{record.getMessage()} {record.exc_info and record.exc_info[1]!r}")
