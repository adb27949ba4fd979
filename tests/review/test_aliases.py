"""Nobody but secretary and supervisor reads an expert's name (domain 3.6): canaries in every channel.

Experts, their units and accounts carry words that occur nowhere else; then everybody of the agency, the
teams and the experts themselves walk the pages, the API, the exports and their messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Role, User
from projects.models import Bid
from review.models import Assignment, ScoreSheet
from tests import defence_factories as d
from tests import delivery_factories as made
from tests import review_factories as f
from tests.delivery_factories import on
from tests.review_factories import LONG, REASON, SCORED, UNTIL, Review, given
from workflows.assignment import AssignmentFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.defence import DefenceSessionFlow
from workflows.defence_question import QuestionFlow
from workflows.defence_slot import DefenceSlotFlow
from workflows.engine import FLOWS, perform
from workflows.models import OutboxMessage
from workflows.review_round import ReviewRoundFlow
from workflows.score_sheet import ScoreSheetFlow

DISSENT = "第一名的里程碑设置过于集中，本人认为应排在第二名之后。"


def canaries(r: Review) -> dict[int, set[str]]:
    """Expert's user → words that give him away."""
    found = {}
    for expert in r.w.agency.experts.select_related("user", "organisation"):
        expert.user.name, expert.user.username = f"金丝雀{expert.pk}号", f"canary-{expert.pk}-x"
        expert.user.save()
        expert.organisation.name = f"雀巢研究院{expert.pk}号"
        expert.organisation.save()
        found[expert.user_id] = {expert.user.name, expert.user.username, expert.organisation.name}
    return found


@pytest.fixture(scope="module")
def world(module_db: None) -> tuple[Review, dict[int, set[str]]]:
    """A round with everything: a decline, questions, a defence, a query with its answer, a dissent."""
    r = f.planned(f.under_review(f.closed(2, rules=d.RULES)))
    words = canaries(r)
    f.drawn(r)
    with on(f.DRAWN):
        gone = next(s for s in r.seats() if s.seat_type == "FINANCE")
        perform(AssignmentFlow, gone, "decline", by=gone.expert.user, decline_reason="评审期间出国")
    f.in_preview(f.pledged(r))
    session = d.announced(r)
    asked = d.question(r.seats()[0], r.bids[0])
    with on(d.PLANNED, 14):
        perform(DefenceSessionFlow, session, "send_questions", by=r.secretary)
        perform(QuestionFlow, asked, "reply", by=r.bids[0].pi, answer="测试条件见附件第三页。")
    d.scoring(r)
    with on(d.HELD, 12):
        for slot in session.slots.order_by("position"):
            perform(DefenceSlotFlow, slot, "record_presence", by=r.secretary, note="负责人到场")
        perform(DefenceSessionFlow, session, "conclude", by=r.secretary)
    f.collated(r, ("88", "80"), ("90", "80"), ("85", "80"), ("99", "80"), ("60", "80"))
    with on(SCORED, 17):
        sheet = ScoreSheet.objects.select_related("assignment__expert__user").get(assignment__round=r.round, total=60)
        perform(ScoreSheetFlow, sheet, "query", by=r.secretary, flags=["D2"], reason=REASON)
        perform(ScoreSheetFlow, sheet, "amend", by=sheet.assignment.expert.user, reason=REASON, **given("84"))
        made.settle_flags(r.round, r.chair)
        until = UNTIL.replace(hour=23)
        perform(ReviewRoundFlow, r.round, "draft_opinion", by=r.chair, panel_opinion=LONG, sign_until=until)
        dissenter = next(s for s in r.seats() if s.pk != r.round.chair_id)
        perform(AssignmentFlow, dissenter, "dissent", by=dissenter.expert.user, dissent=DISSENT)
    f.close(r)
    with on(made.DECIDING):
        perform(ChallengeListFlow, r.w.challenge_list, "begin_decision", by=r.w.officer)
    return r, words


def readers(r: Review) -> list[User]:
    """One of each kind who must not learn a name: staff, a team, another secretary, the chair and a member."""
    w, team = r.w, r.w.teams[0]
    member = next(s.expert.user for s in r.seats() if s.pk != r.round.chair_id)
    return [w.officer, w.lead, made.person("别的秘书", Role.SEC, agency=w.agency), r.chair, member, team.pi, team.admin]


def addresses(r: Review) -> Iterable[str]:
    """Every page that has to do with the round, and what it links to in the walk."""
    session = d.session(r)
    rows: list[Any] = [r.challenge, r.w.challenge_list, r.round, session, r.w.decision, *session.slots.all(), *r.bids]
    yield from (row.get_absolute_url() for row in rows)
    yield from ("/rounds/", "/draws/", "/reviews/", "/bids/", "/bids/export.csv", "/workbench/", "/notifications/")
    yield from ("/audit/", "/decisions/", f"/rounds/{r.round.pk}/supervision/")
    yield from (f"/lists/{r.w.challenge_list.number}/export.{kind}" for kind in ("csv", "json"))
    yield from (
        f"{session.get_absolute_url()}timetable.pdf",
        *(f"{s.get_absolute_url()}notice.pdf" for s in session.slots.all()),
    )
    yield from (f"/draws/{row.pk}/" for row in r.round.draws.all())
    for seat in r.round.assignments.all():
        yield seat.get_absolute_url()
        yield from (sheet.get_absolute_url() for sheet in seat.sheets.select_related("bid"))


def api_addresses(r: Review) -> Iterable[str]:
    for name in ("rounds", "assignments", "score-sheets", "bids", "decisions", "challenges", "lists"):
        yield f"/api/v1/{name}/"
    yield f"/api/v1/rounds/{r.round.pk}/"
    for seat in r.round.assignments.all():
        yield f"/api/v1/assignments/{seat.pk}/"
        yield from (f"/api/v1/score-sheets/{sheet.pk}/" for sheet in seat.sheets.all())
    for kind, keys in (("rounds", [r.round.pk]), ("assignments", r.round.assignments.values_list("pk", flat=True))):
        for pk in keys:
            yield from (f"/api/v1/{kind}/{pk}/{part}/" for part in ("timeline", "transitions"))
    yield from (
        f"/api/v1/bids/{uuid}/" for uuid in Bid.objects.filter(challenge=r.challenge).values_list("uuid", flat=True)
    )


def leaks(text: str, words: dict[int, set[str]], reader: User) -> list[str]:
    """Words of others that stand in the text; everybody may read his own."""
    foreign = [word for user, found in words.items() if user != reader.pk for word in found]
    return [word for word in foreign if word in text]


def test_rule_3_6_no_page_and_no_export_names_an_expert(world, db):
    r, words = world
    seen = 0
    with on(made.DECIDING, 12):
        for reader in readers(r):
            client = Client()
            client.force_login(reader)
            for url in addresses(r):
                answer = client.get(url)
                body = b"".join(answer.streaming_content) if answer.streaming else answer.content
                text = body.decode("utf-8", "ignore") + str(answer.headers)
                assert leaks(text, words, reader) == [], f"{reader} at {url}"
                seen += answer.status_code == 200
    assert seen > 100


def test_rule_3_6_no_answer_of_the_api_names_an_expert(world, db):
    r, words = world
    seen = 0
    with on(made.DECIDING, 12):
        for reader in readers(r):
            client = APIClient()
            client.force_authenticate(reader)
            for url in api_addresses(r):
                answer = client.get(url)
                assert leaks(answer.content.decode(), words, reader) == [], f"{reader} at {url}"
                seen += answer.status_code == 200
    assert seen > 100


def test_rule_3_6_no_form_of_a_step_names_an_expert(world, db):
    """The dialogs of every transition on every record of the round, whatever they answer."""
    r, words = world
    records: list[Any] = [r.round, d.session(r), *r.round.assignments.all()]
    with on(made.DECIDING, 12):
        for reader in (r.w.officer, r.chair):
            client = Client()
            client.force_login(reader)
            for row in records:
                flow = next(flow for flow in FLOWS.values() if flow.model is type(row))
                for name in ("name_chair", "discuss_flag", "close", "query", "draw", "replace", "sign_opinion"):
                    text = client.get(f"/act/{flow.slug}/{row.pk}/{name}/").content.decode()
                    assert leaks(text, words, reader) == [], f"{reader}: {name}"


def test_rule_3_6_no_message_names_an_expert_to_another(world, db):
    r, words = world
    knows = {r.secretary.pk, r.w.supervisor.pk}
    letters = OutboxMessage.objects.exclude(recipient=None).exclude(recipient__in=knows).select_related("recipient")
    assert letters.count() > 30
    for letter in letters:
        assert leaks(letter.subject + letter.body + letter.url, words, letter.recipient) == [], letter.subject


def test_secretary_and_supervisor_do_read_the_names(world, db):
    r, _words = world
    names = {seat.expert.user.name for seat in r.seats()}
    with on(made.DECIDING, 12):
        for reader in (r.secretary, r.w.supervisor):
            client = Client()
            client.force_login(reader)
            html = client.get(r.round.get_absolute_url()).content.decode()
            assert all(name in html for name in names)
        html = client.get(f"/rounds/{r.round.pk}/supervision/").content.decode()
        assert all(name in html for name in names)


def test_an_officers_timeline_shows_which_alias_it_was(world, db):
    r, _words = world
    client = Client()
    client.force_login(r.w.officer)
    chair = Assignment.objects.get(pk=r.round.chair_id)
    with on(made.DECIDING, 12):
        html = client.get(r.round.get_absolute_url()).content.decode()
    assert f"{chair.alias}（评审组长）" in html
