"""What readers of a record are not told: experts, other lanes, objectors, hidden demanders, early scores."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from accounts.models import User
from projects.models import Certificate, Objection, Race
from tests import delivery_factories as made
from tests.api import worlds
from tests.api.callers import API, caller
from tests.api.keys import KEYS
from tests.delivery_factories import World, on
from workflows.engine import perform
from workflows.objection import ObjectionFlow
from workflows.race import RaceFlow

# Thousands of requests along lines that other tests measure already.
pytestmark = pytest.mark.django_db


def get(user: User | None, path: str) -> Any:
    answer = caller(user).get(f"{API}/{path}")
    assert answer.status_code == 200, (path, answer.content.decode())
    return answer.json()


def everything_told(user: User | None, *routes: str) -> str:
    """The text of every list that the user can read, and of several records, timelines and actions of each."""
    client, told = caller(user), []
    for route in routes or KEYS:
        rows = client.get(f"{API}/{route}/?page_size=200").json()["results"]
        told.append(str(rows))
        for row in rows[:: max(1, len(rows) // 4)]:
            path = f"{API}/{route}/{KEYS[route][1](row)}/"
            told += [client.get(path + tail).content.decode() for tail in ("", "timeline/", "transitions/")]
    return "\n".join(told)


# --- demander ---------------------------------------------------------------------------------------


@pytest.fixture
def hidden_demander() -> World:
    w = made.world()
    made.published_list(w).challenges.update(demander_is_hidden=True)
    return w


def test_a_hidden_demander_is_told_to_its_own_people_and_the_agency_only(hidden_demander: World) -> None:
    w = hidden_demander
    number, name = w.challenge_list.challenges.get().number, w.demander.name
    for user in (w.officer, w.lead, w.dem_user):
        assert get(user, f"challenges/{number}/")["demander"] == {"uscc": w.demander.uscc, "name": name}
    for outsider in (None, w.rec_user, made.team(w).pi, made.world().officer):
        assert get(outsider, f"challenges/{number}/")["demander"] is None
        assert name not in everything_told(outsider, "lists", "challenges", "notices")
        assert w.demander.uscc not in everything_told(outsider, "lists", "challenges", "notices")


def test_no_search_finds_a_hidden_demander(hidden_demander: World) -> None:
    w = hidden_demander
    assert get(None, f"challenges/?text={w.demander.name}")["count"] == 0
    for name in ("demander", "demander__name", "organisation"):
        assert caller().get(f"{API}/challenges/?{name}=x").status_code == 400
    for order in ("demander", "demander__name", "pk"):
        assert caller().get(f"{API}/challenges/?ordering={order}").status_code == 400


# --- review -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scoring(module_db: None) -> worlds.Reviewed:
    """One expert has handed in, one has scored but not handed in, the others have not begun."""
    r = worlds.seated(worlds.checked(worlds.submitted(2)))
    first, second = r.round.assignments.order_by("alias")[:2]
    worlds.score_seat(first)
    worlds.score_seat(second, hand_in=False)
    return r


@pytest.fixture(scope="module")
def closed(module_db: None) -> worlds.Reviewed:
    return worlds.judged(worlds.seated(worlds.checked(worlds.submitted())))


def names_of(r: worlds.Reviewed) -> set[str]:
    return {text for user in r.experts for text in (user.name, user.username)}


def outsiders_of_panel(r: worlds.Reviewed) -> dict[str, User]:
    w = r.w
    return {
        "officer": w.officer, "lead": w.lead, "secretary": r.secretary, "finance": w.finance,
        "recommender": w.rec_user, "demander": w.dem_user, "pi": w.teams[0].pi, "unit": w.teams[0].admin,
    }  # fmt: skip


@pytest.mark.parametrize("phase", [0, 1])
def test_experts_are_aliases_to_everybody_in_every_answer(
    phase: int, scoring: worlds.Reviewed, closed: worlds.Reviewed
) -> None:
    r = (scoring, closed)[phase]
    for who, user in outsiders_of_panel(r).items():
        told = everything_told(user)
        # A name that is a part of another (评审专家1, 评审专家12) would be found by mistake: look for quotes.
        found = {name for name in names_of(r) if f'"{name}"' in told or f"'{name}'" in told}
        assert not found, f"{who} reads {found}"


@pytest.mark.parametrize("phase", [0, 1])
def test_an_expert_reads_nobody_elses_name_seat_or_sheet(
    phase: int, scoring: worlds.Reviewed, closed: worlds.Reviewed
) -> None:
    r = (scoring, closed)[phase]
    seat = r.round.assignments.exclude(pk=r.round.chair_id).select_related("expert__user").first()
    assert seat is not None
    user = seat.expert.user
    told = everything_told(user)
    found = {name for name in names_of(r) - {user.name, user.username} if f'"{name}"' in told}
    assert not found
    assert [row["id"] for row in get(user, "assignments/")["results"]] == [seat.pk]
    assert {row["alias"] for row in get(user, "score-sheets/")["results"]} == {seat.alias}
    assert caller(user).get(f"{API}/rounds/{r.round.pk}/").status_code == 404


def test_before_the_round_is_closed_the_deciding_staff_read_no_sheet(scoring: worlds.Reviewed) -> None:
    r = scoring
    for user in (r.w.officer, r.w.lead, r.w.teams[0].pi, r.w.dem_user, r.w.rec_user):
        assert get(user, "score-sheets/")["count"] == 0
    shown = get(r.secretary, "score-sheets/")["results"]
    assert len(shown) == 4
    assert {row["state"] for row in shown} == {"SUBMITTED"}


def test_an_expert_reads_proposals_through_his_own_sheets_and_writes_his_scores(
    scoring: worlds.Reviewed,
) -> None:
    r = scoring
    seat = r.round.assignments.filter(state="PLEDGED").order_by("-alias").select_related("expert__user")[0]
    user, sheet = seat.expert.user, seat.sheets.order_by("pk")[0]
    told = get(user, f"score-sheets/{sheet.pk}/")
    assert told["proposal"]["route"] == "路线"
    assert len(told["proposal"]["responses"]) == 3
    assert "pi" not in str(told)
    assert caller(user).get(f"{API}/bids/{sheet.bid.uuid}/").status_code == 404
    with on(worlds.SCORED):
        actions = get(user, f"score-sheets/{sheet.pk}/transitions/")
        submit = next(a for a in actions if a["transition"] == "submit")
        goal = next(i for i in submit["inputs"] if i["name"] == "score_goal")
        assert (goal["type"], goal["limits"]["max_value"]) == ("decimal", 20)
        path = f"{API}/score-sheets/{sheet.pk}/transitions/submit/"
        too_much = caller(user).post(path, {**worlds.points(1), "score_goal": 21})
        assert (too_much.status_code, set(too_much.json()["fields"])) == (400, {"score_goal"})
        assert caller(user).post(path, worlds.points(1)).status_code == 200
    told = get(user, f"score-sheets/{sheet.pk}/")
    assert told["total"] == "80.00"
    assert {item["criterion"]: item["value"] for item in told["items"]}["GOAL"] == "17.0"


def test_a_bids_score_waits_for_the_result(closed: worlds.Reviewed) -> None:
    r = closed
    bid = r.bids[0]
    assert get(r.w.officer, f"bids/{bid.uuid}/")["score"] is not None
    for user in (bid.pi, r.w.teams[0].admin, r.w.rec_user):
        assert get(user, f"bids/{bid.uuid}/")["score"] is None
    for order in ("score", "-score", "decision_row__rank"):
        assert caller(bid.pi).get(f"{API}/bids/?ordering={order}").status_code == 400


def test_the_rows_of_a_decision_stay_inside_the_agency(closed: worlds.Reviewed) -> None:
    r = closed
    number = r.w.challenge_list.number
    told = get(r.w.officer, f"decisions/{number}/")
    assert [row["rank"] for row in told["rows"]] == [1, 2, 3]
    for user in (None, r.bids[0].pi, r.w.rec_user, r.w.dem_user, r.w.finance, r.round.chair.expert.user):  # type: ignore[union-attr]
        assert caller(user).get(f"{API}/decisions/{number}/").status_code == 404
        assert get(user, "decisions/")["count"] == 0


# --- objection --------------------------------------------------------------------------------------


@pytest.fixture
def objection() -> tuple[World, Objection, User]:
    r = worlds.judged(worlds.seated(worlds.checked(worlds.submitted())))
    made.noticed_decision(r.w)
    author = made.person("实名异议人")
    with on(made.NOTICED, 11):
        filed = worlds.object_to(r.w, author)
        perform(ObjectionFlow, filed, "register", by=r.w.officer, name_is_real=True)
    return r.w, filed, author


def test_an_objector_is_known_to_himself_and_the_supervisor_only(
    objection: tuple[World, Objection, User],
) -> None:
    w, filed, author = objection
    for user in (author, w.supervisor):
        told = get(user, f"objections/{filed.number}/")
        assert (told["author_name"], told["author_contact"]) == (filed.author_name, filed.author_contact)
    for user in (w.officer, w.second_officer, w.lead):
        told = get(user, f"objections/{filed.number}/")
        assert told["grounds"] == filed.grounds
        assert told["author_name"] is None
        everything = everything_told(user, "objections", "notices")
        for secret in (filed.author_name, filed.author_contact, author.name, author.username):
            assert secret not in everything
    for user in (None, w.teams[0].pi, w.teams[0].admin, w.dem_user, w.rec_user):
        assert caller(user).get(f"{API}/objections/{filed.number}/").status_code == 404
        assert author.name not in everything_told(user, "notices", "lists", "challenges")


def test_an_objection_is_filed_and_followed_by_token(objection: tuple[World, Objection, User]) -> None:
    w, _filed, _author = objection
    other = made.person("另一异议人")
    body = {
        "notice": w.notice.number, "author_name": "李四", "author_contact": "13900002222",
        "grounds": "第二行所列单位与事实不符，附证据。",
    }  # fmt: skip
    with on(made.NOTICED, 12):
        made_ = caller(other).post(f"{API}/objections/", {**body, "bid": w.notice.rows[0]["number"]})
        assert made_.status_code == 201, made_.content.decode()
        assert made_.json()["is_mine"] is True
        assert made_.json()["bid"] == w.notice.rows[0]["number"]
        assert caller(other).post(f"{API}/objections/", {**body, "bid": "X"}).status_code == 400
        assert caller(other).post(f"{API}/objections/", {**body, "author_name": " "}).status_code == 400
        assert caller(other).post(f"{API}/objections/", {**body, "notice": "X"}).status_code == 400
        assert caller().post(f"{API}/objections/", body).status_code == 401
    with on(date(2026, 6, 8)):
        late = caller(other).post(f"{API}/objections/", body)
        assert (late.status_code, late.json()["code"]) == (422, "conditions_unmet")
    assert len(get(other, "objections/")["results"]) == 1


# --- race -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def race(module_db: None) -> tuple[World, Race]:
    """Two lanes reported and were scored; nothing is decided yet."""
    w = made.world(made.RACE_21)
    running = made.running_race(w, 2)
    day = date(2027, 7, 1)
    for no, measured in {1: (40, 20), 2: (35, 25)}.items():
        made.report(w, running.lanes.get(no=no).project.milestones.get(no=1), *measured, day=day)
    with on(day, 14):
        perform(RaceFlow, running, "begin_check", by=w.officer)
        for no, score in {1: "91.5", 2: "82.5"}.items():
            lane = running.lanes.get(no=no)
            perform(RaceFlow, running, "record_result", by=w.officer, lane=lane.pk, score=score)
    return w, running


def test_a_team_sees_its_own_lane_and_not_a_word_of_the_other(race: tuple[World, Race]) -> None:
    w, running = race
    lanes = {lane.project.pi_id: lane for lane in running.lanes.select_related("project__organisation")}
    for own, other in (w.teams, w.teams[::-1]):
        mine, theirs = lanes[own.pi.pk], lanes[other.pi.pk]
        for user in (own.pi, own.admin):
            told = get(user, f"races/{running.challenge.number}/")
            assert [lane["no"] for lane in told["lanes"]] == [mine.no]
            number = running.challenge.number
            assert caller(user).get(f"{API}/lanes/{number}/{theirs.no}/").status_code == 404
            for path in (f"projects/{theirs.project.number}/", f"milestones/{theirs.project.number}/1/"):
                assert caller(user).get(f"{API}/{path}").status_code == 404
            # Notices name both teams to everybody (domain 2.8, "beyond the public notice").
            everything = everything_told(user, *(set(KEYS) - {"notices"}))
            for secret in (theirs.project.number, f'"{other.organisation.name}"', f'"{other.pi.name}"'):
                assert secret not in everything
    assert [lane["no"] for lane in get(w.officer, f"races/{running.challenge.number}/")["lanes"]] == [1, 2]


def test_a_lanes_result_waits_for_the_decision(race: tuple[World, Race]) -> None:
    w, running = race
    lane = running.lanes.select_related("project__pi").get(no=1)
    path = f"lanes/{running.challenge.number}/1/"
    assert [r["score"] for r in get(w.officer, path)["results"]] == ["91.50"]
    assert get(lane.project.pi, path)["results"] == []
    assert "91.5" not in everything_told(lane.project.pi)
    with on(date(2027, 7, 1), 15):
        perform(RaceFlow, running, "decide", by=w.lead)
    told = get(lane.project.pi, path)["results"]
    assert [(r["score"], r["rank"], r["advances"]) for r in told] == [("91.50", 1, True)]


# --- delivery ---------------------------------------------------------------------------------------


def test_an_acceptance_opinion_waits_for_its_publication_and_the_panel_is_never_named() -> None:
    w = made.world()
    project = made.active_project(w)
    made.passed_milestone(w, project.milestones.get(no=1), day=date(2027, 6, 1))
    made.signed_acceptance(w, project, day=date(2028, 6, 1))
    path = f"acceptances/{project.number}/"
    told = get(w.officer, path)
    assert (told["result"], told["score"]) == ("PASSED", "88.00")
    for user in (project.pi, w.teams[0].admin, w.dem_user, w.rec_user):
        told = get(user, path)
        assert (told["result"], told["score"], told["opinion"]) == (None, None, None)
        assert "逐项测试，同意" not in everything_told(user, "acceptances", "projects")
    for user in (w.officer, w.lead, project.pi, w.dem_user):
        assert "专家甲" not in everything_told(user, "acceptances", "projects")


def test_a_certificates_token_is_in_no_answer_and_the_public_verifies_with_it() -> None:
    r = worlds.judged(worlds.seated(worlds.checked(worlds.submitted())))
    project = worlds.delivered(r)
    certificate = Certificate.objects.filter(project=project, state="ISSUED").latest("pk")
    for user in (r.w.officer, r.w.lead, project.pi, r.w.finance):
        assert get(user, f"certificates/{certificate.pk}/")["number"] == certificate.number
        assert certificate.token not in everything_told(user, "certificates", "projects")
    told = get(None, f"verify/{certificate.token}/")
    assert (told["number"], told["is_in_force"]) == (certificate.number, True)
    assert project.pi.name not in str(told)
    assert caller().get(f"{API}/verify/unknown/").status_code == 404
    from projects.documents.certificate import check_code

    query = f"verify/?number={certificate.number}&code={check_code(certificate.token)}"
    assert get(None, query)["number"] == certificate.number
    assert caller().get(f"{API}/verify/?number={certificate.number}&code=wrong").status_code == 404
    assert set(caller().get(f"{API}/verify/").json()["fields"]) == {"number", "code"}
