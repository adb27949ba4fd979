"""公示: published for working days, both ends counted; what was published never changes."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from projects.models import PublicNotice
from tests import delivery_factories as f
from workflows.award import AwardDecisionFlow
from workflows.canonical import sha256_of
from workflows.engine import perform, start
from workflows.models import AuditEntry
from workflows.notice import NoticeFlow, published_content
from workflows.refused import Refused
from workflows.state import SYSTEM
from workflows.sweeps import sweep_all

pytestmark = pytest.mark.django_db
S = PublicNotice.State


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.proposed_decision(w)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def unpublished(w: f.World) -> PublicNotice:
    decision = w.decision
    with f.on(f.DECIDING):
        perform(AwardDecisionFlow, decision, "submit_to_joint_meeting", by=w.officer)
        perform(AwardDecisionFlow, decision, "submit_to_office_meeting", by=w.officer, minutes="一致同意")
        f.carried_out(w, "PUBLICISE", minutes="审议通过")
    return w.notice


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 6, 1), date(2026, 6, 5)),
        (date(2026, 4, 30), date(2026, 5, 9)),  # over 劳动节, ending on a make-up Saturday
        (date(2026, 6, 6), date(2026, 6, 12)),  # put up on a Saturday: five working days follow
    ],
)
def test_the_period_is_five_working_days_with_both_ends(w: f.World, first: date, last: date) -> None:
    unpublished(w)
    with f.on(first):
        perform(NoticeFlow, w.notice, "publish", by=w.officer)
    assert (w.notice.starts_on, w.notice.ends_on) == (first, last)


def test_the_digest_of_what_was_published_is_on_record(w: f.World) -> None:
    f.noticed_decision(w)
    entry = AuditEntry.objects.get(object_type="projects.publicnotice", transition="publish")
    assert entry.payload["content_sha256"] == w.notice.content_sha256 == sha256_of(published_content(w.notice))


def test_who_decides_signs_and_who_works_publishes(w: f.World) -> None:
    notice = unpublished(w)
    assert notice.state == S.APPROVED
    with pytest.raises(Refused, match="权限"):
        perform(NoticeFlow, notice, "publish", by=w.lead)
    with pytest.raises(Refused, match="权限"):
        perform(NoticeFlow, notice, "publish", by=f.world().officer)


def test_wording_can_be_mended_before_publication(w: f.World) -> None:
    notice = unpublished(w)
    perform(NoticeFlow, notice, "return_to_draft", by=w.officer, reason=f.REASON)
    perform(NoticeFlow, notice, "revise", by=w.officer, title="更正后的标题", body="更正后的正文")
    with pytest.raises(Refused, match="权限"):
        perform(NoticeFlow, notice, "approve", by=w.officer)
    perform(NoticeFlow, notice, "approve", by=w.lead)
    assert (w.notice.state, w.notice.title) == (S.APPROVED, "更正后的标题")


def test_a_column_outside_the_whitelist_is_refused(w: f.World) -> None:
    decision = f.noticed_decision(w)
    notice = PublicNotice(
        kind="AWARD", agency=w.agency, decision=decision, number="N-1", title="t", body="b",
        rows=[{"number": "1", "phone": "13800000000"}],
    )  # fmt: skip
    with pytest.raises(Refused, match="phone"):
        start(NoticeFlow, notice, by=SYSTEM)


@pytest.mark.parametrize(("day", "hour", "ended"), [(5, 23, False), (6, 0, True), (30, 9, True)])
def test_it_ends_the_day_after_its_last_day_by_shanghais_calendar(
    w: f.World, day: int, hour: int, *, ended: bool
) -> None:
    f.noticed_decision(w)
    with f.on(date(2026, 6, day), hour):
        sweep_all()
    assert (w.notice.state == S.ENDED_CLEAN) is ended


def test_nobody_ends_it_by_hand_or_early(w: f.World) -> None:
    f.noticed_decision(w)
    with f.on(date(2026, 6, 8)), pytest.raises(Refused, match="权限"):
        perform(NoticeFlow, w.notice, "end", by=w.officer)
    with f.on(date(2026, 6, 5)), pytest.raises(Refused, match="尚未期满"):
        perform(NoticeFlow, w.notice, "end", by=SYSTEM)


def test_reopening_the_decision_withdraws_it(w: f.World) -> None:
    f.noticed_decision(w)
    with f.on(date(2026, 6, 3)):
        perform(AwardDecisionFlow, w.decision, "reopen", by=w.lead, reason=f.REASON)
    assert w.notice.state == S.WITHDRAWN
    assert w.decision.state == "OFFICE_MEETING"
    with f.on(date(2026, 6, 8)):
        sweep_all()
    assert w.decision.state == "OFFICE_MEETING"


def test_an_ended_notice_is_archived_and_stays_public(w: f.World) -> None:
    f.cleared_decision(w)
    perform(NoticeFlow, w.notice, "archive", by=w.officer)
    assert w.notice.state in PublicNotice.PUBLIC_STATES


@pytest.mark.parametrize("column", ["title", "body", "rows", "ends_on", "content_sha256"])
def test_the_database_keeps_a_published_notice_as_it_was(w: f.World, column: str) -> None:
    f.noticed_decision(w)
    new: object = {"rows": "[]", "ends_on": w.notice.ends_on + timedelta(days=-1)}.get(column, "x")
    with (
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE projects_publicnotice SET {column} = %s WHERE id = %s", [new, w.notice.pk])
