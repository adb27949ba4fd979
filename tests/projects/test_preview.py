"""预览: an unpublished list as its audiences will see it, for its own officers, and without a trace."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import Organisation, User
from projects.models import Challenge, ChallengeList
from tests import delivery_factories as f
from tests.delivery_factories import World, on
from tests.workflows.test_simulation import draft, office
from workflows.models import AuditEntry
from workflows.simulation.preview import Audience

pytestmark = pytest.mark.django_db


@pytest.fixture
def w() -> World:
    return office()


def page(user: User, path: str) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    with on(date(2026, 3, 2)):
        answer = client.get(path)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("audience", Audience.values)
def test_each_audience_sees_an_open_list(w: World, audience: str) -> None:
    row = draft(w)
    challenge = row.challenges.get()
    status, html = page(w.officer, f"/lists/{row.number}/preview/{audience}/")
    assert (status, "揭榜中" in html, "这批榜单尚未公开" in html) == (200, True, False)
    inside = f"/lists/{row.number}/preview/{audience}/{challenge.number}/"
    assert f'href="{inside}"' in html
    assert f'href="{challenge.get_absolute_url()}"' not in html
    status, html = page(w.officer, inside)
    assert (status, "我要揭榜" in html) == (200, True)
    assert f'href="{row.get_absolute_url()}"' in html  # the way back


def test_a_hidden_demander_is_hidden_from_all_but_himself(w: World) -> None:
    row = draft(w)
    Challenge.objects.filter(challenge_list=row).update(demander_is_hidden=True)
    number = row.challenges.get().number
    named = {
        audience: w.demander.name in page(w.officer, f"/lists/{row.number}/preview/{audience}/{number}/")[1]
        for audience in Audience.values
    }
    assert named == {"public": False, "team": False, "recommender": False, "demander": True}


def test_nothing_of_a_preview_stays(w: World) -> None:
    row = draft(w, bid_close_at=None, rec_close_at=None)
    counted = User, Organisation, AuditEntry
    before = [model.objects.count() for model in counted]
    for audience in Audience.values:
        assert page(w.officer, f"/lists/{row.number}/preview/{audience}/")[0] == 200
    row.refresh_from_db()
    assert (row.state, row.bid_close_at) == (ChallengeList.State.DRAFT, None)
    assert row.challenges.get().state == Challenge.State.DRAFT
    assert [model.objects.count() for model in counted] == before


def test_only_its_own_officers_and_heads_preview_it(w: World) -> None:
    path = f"/lists/{draft(w).number}/preview/public/"
    assert page(w.lead, path)[0] == 200
    assert page(w.supervisor, path)[0] == 403
    for stranger in (f.world().officer, w.dem_user, w.rec_user):
        assert page(stranger, path)[0] == 404


def test_a_published_list_is_shown_itself(w: World) -> None:
    f.published_list(w)
    client = Client()
    client.force_login(w.officer)
    answer = client.get(f"/lists/{w.challenge_list.number}/preview/public/")
    assert (answer.status_code, answer["Location"]) == (302, w.challenge_list.get_absolute_url())
    assert page(w.officer, f"/lists/{w.challenge_list.number}/preview/nobody/")[0] == 404
