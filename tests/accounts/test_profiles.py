"""资料: told once by a person and by a unit, used in every form, frozen with what is handed in."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import Organisation, Role, User
from projects.models import Bid
from projects.profiles import missing_facts, team_words
from tests import delivery_factories as f
from tests.delivery_factories import World, on
from workflows.bid import BidFlow
from workflows.engine import perform
from workflows.refused import Refused

pytestmark = pytest.mark.django_db
PERSON = {
    "phone": "13811112222",
    "email": "a@jiebang.example",
    "job_title": "研究员",
    "speciality": "数据库",
    "biography": "主持过三项攻关",
}
UNIT = {
    "legal_person": "赵一", "region": "济南", "address": "经十路 1 号", "contact_name": "钱二", "contact_phone": "0531-9",
    "introduction": "主营工业软件，研发人员二百人",
}  # fmt: skip


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def w() -> World:
    w = f.world()
    f.published_list(w)
    f.team(w)
    return w


def test_a_person_edits_his_own_profile_and_comes_back(w: World) -> None:
    pi = w.teams[0].pi
    client = client_of(pi)
    assert client.get("/profile/").status_code == 200
    answer = client.post("/profile/?next=/bids/", {**PERSON, "next": "/bids/", "is_superuser": "1"})
    assert (answer.status_code, answer["Location"]) == (302, "/bids/")
    pi.refresh_from_db()
    assert (pi.phone, pi.biography, pi.is_superuser) == ("13811112222", "主持过三项攻关", False)
    away = client.post("/profile/", {**PERSON, "next": "https://evil.example/"})
    assert away["Location"] == "/profile/"


def test_only_who_acts_for_a_unit_edits_its_profile(w: World) -> None:
    unit, admin = w.teams[0].organisation, w.teams[0].admin
    path = f"/units/{unit.uscc}/profile/"
    assert client_of(admin).post(path, {**UNIT, "name": "改名"}).status_code == 302
    unit.refresh_from_db()
    assert (unit.legal_person, unit.name == "改名") == ("赵一", False)
    for stranger in (w.teams[0].pi, w.officer, w.dem_user, f.team(w).admin):
        assert client_of(stranger).post(path, UNIT).status_code == 404


def test_a_wrong_address_is_named_and_nothing_is_lost(w: World) -> None:
    answer = client_of(w.teams[0].pi).post("/profile/", {**PERSON, "email": "不是邮箱"})
    html = answer.content.decode()
    assert (answer.status_code, "主持过三项攻关" in html, "不是邮箱" in html) == (422, True, True)


def test_a_new_bid_begins_with_the_profiles(w: World) -> None:
    t, challenge = w.teams[0], w.challenge_list.challenges.get()
    Organisation.objects.filter(pk=t.organisation.pk).update(**UNIT)
    User.objects.filter(pk=t.pi.pk).update(**PERSON)
    f.RoleGrant.objects.create(user=t.pi, role=Role.PI, organisation=t.organisation)
    with on(date(2026, 4, 1)):
        given = {"organisation": t.organisation.pk, "pi": t.pi.pk, "title": "存储引擎"}
        answer = client_of(t.pi).post(f"/challenges/{challenge.number}/bid/", given)
    assert answer.status_code == 302
    team = Bid.objects.get(title="存储引擎").team
    assert "研发人员二百人" in team
    assert "研究员，数据库" in team
    assert "13811112222" not in team


def test_what_is_missing_in_a_profile_is_said_before_the_hand_in(w: World) -> None:
    t, challenge = w.teams[0], w.challenge_list.challenges.get()
    Organisation.objects.filter(pk=t.organisation.pk).update(legal_person="")
    User.objects.filter(pk=t.pi.pk).update(phone="", job_title="")
    with on(date(2026, 4, 1)):
        bid = f.complete_draft(w, challenge, t)
        with pytest.raises(Refused, match="单位资料·法定代表人、负责人资料·手机") as found:
            perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)
        assert "职称" not in str(found.value)
        html = client_of(t.pi).get(bid.get_absolute_url()).content.decode()
        assert "单位资料·法定代表人" in html
    assert missing_facts(w.recommender, w.rec_user) == []


def test_the_snapshot_keeps_the_profile_of_that_day_without_telephone(w: World) -> None:
    t, challenge = w.teams[0], w.challenge_list.challenges.get()
    Organisation.objects.filter(pk=t.organisation.pk).update(**UNIT)
    with on(date(2026, 4, 1)):
        bid = f.complete_draft(w, challenge, t)
        perform(BidFlow, bid, "hand_in", by=t.pi, pledge=True)
    Organisation.objects.filter(pk=t.organisation.pk).update(legal_person="孙三")
    bid.refresh_from_db()
    assert bid.snapshot is not None
    assert bid.snapshot["organisation"]["legal_person"] == "赵一"
    assert "0531-9" not in str(bid.snapshot)


def test_words_without_a_profile_are_no_words() -> None:
    assert team_words(Organisation(name="甲"), User(name="乙", job_title="教授")) == ""
