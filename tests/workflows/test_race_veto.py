"""一票否决 in a race: after the gates, before the rank (domain 4.5), with its reason, against any score."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from projects.models import LaneResult, Race
from tests import delivery_factories as f
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.race import RaceFlow
from workflows.refused import Refused

pytestmark = pytest.mark.django_db
DAY = date(2027, 7, 1)
VETO = "测试数据系伪造，经第三方机构核实"


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    """Three lanes at the check of the first stage; two of them go on."""
    w = f.world(f.RACE_321)
    race = f.running_race(w, 3)
    for lane in race.lanes.all():
        f.report(w, lane.project.milestones.get(no=1), 40, 20, day=DAY)
    with f.on(DAY):
        perform(RaceFlow, race, "begin_check", by=w.officer)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def record(w: f.World, no: int, score: str, **more: object) -> None:
    lane = w.race.lanes.get(no=no).pk
    with f.on(DAY):
        perform(RaceFlow, w.race, "record_result", by=w.officer, lane=lane, score=score, **more)


def decided(w: f.World) -> Race:
    race = w.race
    with f.on(DAY, 14):
        perform(RaceFlow, race, "decide", by=w.lead)
    return race


def lane_states(race: Race) -> list[str]:
    return list(race.lanes.order_by("no").values_list("state", flat=True))


def test_a_vetoed_lane_is_out_whatever_its_score(w: f.World) -> None:
    for no, score, more in ((1, "99", {"veto": VETO}), (2, "60", {}), (3, "70", {})):
        record(w, no, score, **more)
    race = decided(w)
    assert lane_states(race) == ["ELIMINATED", "ADVANCED", "ADVANCED"]
    vetoed = LaneResult.objects.get(stage__race=race, lane__no=1)
    assert vetoed.reason == f"触发一票否决：{VETO}；不论名次均予淘汰。"
    assert vetoed.rank is None
    entry = AuditEntry.objects.filter(object_type="projects.race", transition="record_result").order_by("seq")[0]
    assert entry.payload["veto"] == VETO


def test_when_all_are_vetoed_nobody_is_kept(w: f.World) -> None:
    for no in (1, 2, 3):
        record(w, no, "90", veto=VETO)
    race = decided(w)
    assert lane_states(race) == ["ELIMINATED"] * 3


def test_recording_again_without_it_takes_it_back(w: f.World) -> None:
    record(w, 1, "99", veto=VETO)
    for no, score in ((1, "99"), (2, "60"), (3, "70")):
        record(w, no, score)
    assert lane_states(decided(w)) == ["ADVANCED", "ELIMINATED", "ADVANCED"]


@pytest.mark.parametrize("veto", ["造假", "长" * 121])
def test_a_veto_needs_a_reason_that_fits_the_notice(w: f.World, veto: str) -> None:
    with pytest.raises(Refused) as refusal:
        record(w, 1, "99", veto=veto)
    assert list(refusal.value.fields) == ["veto"]


def test_the_database_lets_no_vetoed_lane_advance(w: f.World) -> None:
    record(w, 1, "99", veto=VETO)
    with pytest.raises(IntegrityError, match="no_vetoed_lane_advances"), transaction.atomic():
        LaneResult.objects.filter(lane__no=1).update(advances=True)
