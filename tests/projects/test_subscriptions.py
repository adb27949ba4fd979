"""Subscriptions: a person chooses fields, and is told once when a list with such a challenge is published."""

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.models import Role, User
from projects.models import Challenge, ChallengeList, Subscription
from tests import delivery_factories as made
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import perform
from workflows.models import Notification, OutboxMessage
from workflows.outbox import deliver_pending

pytestmark = pytest.mark.django_db
URL = "/subscriptions/"


@pytest.fixture
def citizen() -> User:
    user = made.person("订阅人")
    user.email = "reader@example.cn"
    user.save()
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def fields_of(user: User) -> list[str]:
    return list(Subscription.objects.filter(user=user).values_list("field", flat=True))


def told(user: User) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(recipient=user, code="N01", subject__startswith="榜单发布"))


def test_a_person_chooses_changes_and_cancels(citizen):
    client = browser(citizen)
    assert client.post(URL, {"fields_wanted": ["AI", "SOFTWARE"]}).status_code == 302
    assert fields_of(citizen) == ["AI", "SOFTWARE"]
    assert client.post(URL, {"fields_wanted": ["SOFTWARE", "CHIP"]}).status_code == 302
    assert fields_of(citizen) == ["CHIP", "SOFTWARE"]
    html = client.get(URL).content.decode()
    assert html.count("checked") == 2
    assert "已订阅 2 个领域" in html
    client.post(URL, {})
    assert fields_of(citizen) == []


def test_a_link_from_a_search_ticks_its_field_and_subscribes_nothing(citizen):
    html = browser(citizen).get(f"{URL}?field=AI").content.decode()
    assert html.count("checked") == 1
    assert fields_of(citizen) == []
    assert "checked" not in browser(citizen).get(f"{URL}?field=NOPE").content.decode()


def test_an_unknown_field_is_refused_with_its_cure(citizen):
    Subscription.objects.create(user=citizen, field="AI")
    response = browser(citizen).post(URL, {"fields_wanted": ["NOPE"]})
    assert response.status_code == 422
    assert "没有这个技术领域" in response.content.decode()
    assert fields_of(citizen) == ["AI"]


def test_only_the_person_himself_decides(citizen):
    other = made.person("别人")
    Subscription.objects.create(user=other, field="AI")
    browser(citizen).post(URL, {"fields_wanted": ["CHIP"]})
    assert fields_of(other) == ["AI"]
    response = Client().get(URL)
    assert response.status_code == 302
    assert response.url.startswith("/login/")


def test_the_database_keeps_one_wish_per_person_and_field(citizen):
    Subscription.objects.create(user=citizen, field="AI")
    with pytest.raises(IntegrityError, match="subscription_once_per_field"), transaction.atomic():
        Subscription.objects.create(user=citizen, field="AI")
    with (
        pytest.raises(IntegrityError, match="subscription_to_a_field"),
        connection.cursor() as cursor,
        transaction.atomic(),
    ):
        cursor.execute("INSERT INTO projects_subscription (user_id, field) VALUES (%s, 'NOPE')", [citizen.pk])


def test_a_published_challenge_in_the_field_is_told_in_house_and_by_mail(citizen):
    Subscription.objects.create(user=citizen, field="SOFTWARE")
    stranger = made.person("订了别的")
    Subscription.objects.create(user=stranger, field="CHIP")
    found = made.published_list(made.world())
    [message] = told(citizen)
    assert message.subject == f"榜单发布：{found.title}"
    assert "您订阅领域（工业软件）" in message.body
    assert message.url == found.get_absolute_url()
    assert told(stranger) == []
    while deliver_pending():
        pass
    assert Notification.objects.filter(user=citizen).count() == 1
    assert [m.to for m in mail.outbox if m.to == ["reader@example.cn"]] == [["reader@example.cn"]]


def test_two_fields_of_one_list_make_one_message_also_for_those_told_anyway(citizen):
    w = made.world()
    admin = made.person("单位管理员", Role.ORG, org=made.organisation("揭榜单位"))
    for user in (citizen, admin):
        for field in ("SOFTWARE", "AI", "CHIP"):
            Subscription.objects.create(user=user, field=field)
    found = list_with_fields(w, "SOFTWARE", "AI")
    for user in (citizen, admin):
        [message] = told(user)
        assert "您订阅领域（人工智能与大模型、工业软件）" in message.body
    [message] = told(w.rec_user)
    assert message.body == found.introduction


def test_nobody_is_told_of_what_is_not_published_nor_after_leaving(citizen):
    w = made.world()
    Subscription.objects.create(user=citizen, field="SOFTWARE")
    gone = made.person("离开的人")
    Subscription.objects.create(user=gone, field="SOFTWARE")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    found = list_with_fields(w, "SOFTWARE", publish=False)
    assert told(citizen) == []
    with made.on(made.PUBLISHED):
        perform(ChallengeListFlow, found, "publish", by=w.lead)
    assert len(told(citizen)) == 1
    assert told(gone) == []


def test_a_withdrawn_challenge_calls_nobody(citizen):
    Subscription.objects.create(user=citizen, field="AI")
    w = made.world()
    found = list_with_fields(w, "SOFTWARE", "AI", publish=False)
    with made.on(made.PUBLISHED):
        perform(
            ChallengeFlow, found.challenges.get(field="AI"), "withdraw", by=w.lead, reason="需求单位撤回该项需求，不再发榜"
        )  # fmt: skip
        perform(ChallengeListFlow, found, "publish", by=w.lead)
    assert told(citizen) == []


def list_with_fields(w: made.World, *fields: str, publish: bool = True) -> ChallengeList:
    """Approved, and published unless not wanted; one challenge per field."""
    with made.on(made.date(2026, 2, 2)):
        found = made.start(
            ChallengeListFlow,
            ChallengeList(
                agency=w.agency, division=made.Division.objects.create(agency=w.agency, name="高新处"),
                rule_set=w.rule_set, number=f"F-{w.agency.code}", title="分领域榜单", year=2026, contact="0531-0000",
                introduction="榜单说明",
                bid_close_at=made.datetime.combine(made.BID_CLOSE, made.time(17), made.SHANGHAI),
                rec_close_at=made.datetime.combine(made.REC_CLOSE, made.time(15), made.SHANGHAI),
            ),
            by=w.officer,
        )  # fmt: skip
        for no, field in enumerate(fields, start=1):
            challenge = Challenge(
                challenge_list=found, number=f"{found.number}-{no}", title=f"榜题{no}", field=field,
                demander=w.demander, background="背景", content="内容", months=24, cap_yuan=1_000_000, ip_terms="约定",
            )  # fmt: skip
            made.add_indicators(made.start(made.ChallengeFlow, challenge, by=w.officer))
        for step, by in [("open_collection", w.officer), ("appraise", w.officer), ("approve", w.lead)]:
            perform(ChallengeListFlow, found, step, by=by)
    if publish:
        with made.on(made.PUBLISHED):
            perform(ChallengeListFlow, found, "publish", by=w.lead)
    return found
