"""The one way to change state: one winner, no trace of a refusal, nothing unaudited."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import DatabaseError, connection, transaction

from projects.models import ChallengeList
from tests import delivery_factories as f
from workflows import outbox
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform, start
from workflows.models import AuditEntry, Notification, OutboxMessage
from workflows.refused import Refused

THREADS = 50


@pytest.fixture
def w(transactional_db: None) -> f.World:
    return f.world()


@pytest.fixture
def listed(w: f.World) -> ChallengeList:
    return f.published_list(w)


def entries_of(record: ChallengeList) -> list[str]:
    found = AuditEntry.objects.filter(object_type="projects.challengelist", object_id=str(record.pk))
    return list(found.order_by("seq").values_list("transition", flat=True))


def test_of_fifty_people_pressing_at_once_exactly_one_wins(w: f.World, listed: ChallengeList) -> None:
    barrier, outcomes = threading.Barrier(THREADS), Counter[str]()
    sentences: set[str] = set()

    def press() -> None:
        try:
            barrier.wait()
            perform(ChallengeListFlow, listed.pk, "suspend", by=w.lead, reason=f.REASON)
            outcomes["won"] += 1
        except Refused as refusal:
            outcomes[refusal.code] += 1
            sentences.update(refusal.sentences)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"won": 1, "wrong_state": THREADS - 1}
    assert sentences == {"当前状态是“已暂停”，不能执行“暂停”。可能已有他人先行办理，请刷新页面查看。"}
    assert entries_of(listed).count("suspend") == 1


def test_an_exception_in_the_body_leaves_no_trace(
    w: f.World, listed: ChallengeList, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = entries_of(listed), OutboxMessage.objects.count(), AuditEntry.objects.count()

    def fail(self: ChallengeListFlow) -> None:
        self.notify("N01", [w.officer], "不应发出")
        self.object.contact = "不应保存"
        raise RuntimeError("power cut")

    monkeypatch.setattr(ChallengeListFlow.__dict__["suspend"], "_func", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        perform(ChallengeListFlow, listed, "suspend", by=w.lead, reason=f.REASON)
    listed.refresh_from_db()
    assert listed.state == ChallengeList.State.PUBLISHED
    assert listed.contact != "不应保存"
    assert (entries_of(listed), OutboxMessage.objects.count(), AuditEntry.objects.count()) == before


def test_who_looked_at_an_older_version_is_told_so(w: f.World, listed: ChallengeList) -> None:
    with pytest.raises(Refused) as refusal:
        perform(ChallengeListFlow, listed, "suspend", by=w.lead, reason=f.REASON, seen_version=listed.version - 1)
    assert refusal.value.code == "stale"
    assert entries_of(listed).count("suspend") == 0


def test_without_the_role_nothing_happens(w: f.World, listed: ChallengeList) -> None:
    with pytest.raises(Refused, match="没有执行“暂停”的权限") as refusal:
        perform(ChallengeListFlow, listed, "suspend", by=w.officer, reason=f.REASON)
    assert refusal.value.code == "not_permitted"


def test_a_short_reason_and_an_unknown_field_are_refused_by_name(w: f.World, listed: ChallengeList) -> None:
    with pytest.raises(Refused) as refusal:
        perform(ChallengeListFlow, listed, "suspend", by=w.lead, reason="太短")
    assert list(refusal.value.fields) == ["reason"]
    with pytest.raises(Refused) as refusal:
        perform(ChallengeListFlow, listed, "suspend", by=w.lead, reason=f.REASON, colour="red")
    assert list(refusal.value.fields) == ["colour"]


def test_a_state_changed_by_sql_is_refused_at_commit(listed: ChallengeList) -> None:
    with pytest.raises(DatabaseError, match="unaudited change of state"), transaction.atomic():
        ChallengeList.objects.filter(pk=listed.pk).update(state="FINISHED")
    listed.refresh_from_db()
    assert listed.state == ChallengeList.State.PUBLISHED


def test_a_record_inserted_without_an_entry_is_refused_at_commit(w: f.World, listed: ChallengeList) -> None:
    listed.pk, listed.number = None, "SD-2026-FORGED"
    with pytest.raises(DatabaseError, match="unaudited change of state"), transaction.atomic():
        listed.save(force_insert=True)
    assert not ChallengeList.objects.filter(number="SD-2026-FORGED").exists()


def test_all_unmet_conditions_are_told_at_once(w: f.World) -> None:
    listed = f.published_list(w)
    draft = ChallengeList(
        agency=w.agency, division=listed.division, rule_set=w.rule_set, number="SD-2026-EMPTY", title="空榜", year=2026
    )
    start(ChallengeListFlow, draft, by=w.officer)
    perform(ChallengeListFlow, draft, "open_collection", by=w.officer)
    with pytest.raises(Refused, match="还没有榜题"):
        perform(ChallengeListFlow, draft, "appraise", by=w.officer)


def test_a_message_is_delivered_once_however_often_delivery_runs(w: f.World, listed: ChallengeList) -> None:
    while outbox.deliver_pending():
        pass
    told = Notification.objects.count()
    assert told == OutboxMessage.objects.exclude(recipient=None).count() > 0
    OutboxMessage.objects.update(delivered_at=None)
    while outbox.deliver_pending():
        pass
    assert Notification.objects.count() == told
