"""推演: a list is played before it is published, and nothing of it stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import Division, Role, RoleGrant, User
from projects.models import Bid, Challenge, ChallengeList, Demand
from projects.presets import PRESETS
from projects.rules import Rules
from review.models import Expert
from tests.delivery_factories import RACE_321, World, add_indicators, experts, on, person, world
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import SHANGHAI
from workflows.engine import perform, start
from workflows.models import AuditEntry, OutboxMessage
from workflows.simulation.findings import Report
from workflows.simulation.simulate import simulate

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)


def office(rules: Rules | None = None) -> World:
    """An agency with everybody a call needs, and a pool for its panel."""
    w = world(rules)
    person("秘书", Role.SEC, agency=w.agency)
    experts(w)
    return w


def draft(w: World, **changes: Any) -> ChallengeList:
    """A draft list with one complete challenge, closing on a Tuesday and a Wednesday afternoon."""
    fields: dict[str, Any] = {
        "title": "数字经济攻关", "year": 2026, "contact": "0531-0000",
        "bid_close_at": datetime.combine(date(2026, 4, 21), time(17), SHANGHAI),
        "rec_close_at": datetime.combine(date(2026, 4, 22), time(15), SHANGHAI), **changes,
    }  # fmt: skip
    division = Division.objects.create(agency=w.agency, name=f"处{Division.objects.count()}")
    number = f"SIM-{ChallengeList.objects.count()}"
    with on(date(2026, 2, 2)):
        row = start(
            ChallengeListFlow,
            ChallengeList(agency=w.agency, division=division, rule_set=w.rule_set, number=number, **fields),
            by=w.officer,
        )
        lanes = w.rule_set.rules.race_stages[0].lanes if w.rule_set.rules.race_stages else 1
        challenge = start(
            ChallengeFlow,
            Challenge(
                challenge_list=row, number=f"{number}-01", title="存储引擎攻关", field="SOFTWARE", demander=w.demander,
                background="背景", content="内容", months=24, cap_yuan=20_000_000, ip_terms="归揭榜方所有", lanes=lanes,
            ),
            by=w.officer,
        )  # fmt: skip
        add_indicators(challenge)
    return row


def played(row: ChallengeList) -> Report:
    with on(TODAY):
        return simulate(row)


def test_a_list_whose_rules_ask_for_a_defence_is_played_through_it() -> None:
    report = played(draft(office(replace(PRESETS["OPEN_CHALLENGE"], defence=True))))
    assert report.is_sound, report.findings
    for label in ("抽取答辩顺序", "通知各申报方", "登记到场", "结束答辩", "签署评审组意见", "标记已阅", "结束评审"):
        assert any(step.label.endswith(label) for step in report.steps), label


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("rules", [PRESETS["OPEN_CHALLENGE"], RACE_321], ids=["open challenge", "race"])
def test_a_sound_list_is_played_to_its_end(rules: Rules) -> None:
    report = played(draft(office(rules)))
    assert report.is_sound, report.findings
    assert report.steps[0].label.endswith("启动需求征集")
    assert report.steps[-1].at.year >= 2028


def collecting(w: World, **changes: Any) -> ChallengeList:
    w.rule_set.data = replace(w.rule_set.rules, collects_demands=True).to_data()
    w.rule_set.pk, w.rule_set.edition = None, 2
    w.rule_set.save()
    return draft(w, **changes)


@pytest.mark.parametrize("is_set", [True, False], ids=["with its window", "without a window"])
def test_a_list_that_collects_demands_is_played_with_one(is_set: bool) -> None:
    w = office()
    for _ in range(2):
        experts(w)
    close = datetime.combine(date(2026, 2, 26), time(17), SHANGHAI)
    row = collecting(w, demand_close_at=close if is_set else None)
    report = played(row)
    assert report.is_sound, report.findings
    assert ("D07" in codes(report)) is not is_set
    assert any(step.label.endswith("录入论证结论") for step in report.steps)
    row.refresh_from_db()
    assert row.demand_close_at == (close if is_set else None)
    assert not Demand.objects.exists()


def test_a_pool_too_small_to_appraise_a_demand_is_named() -> None:
    report = played(collecting(office()))
    assert "E02" in codes(report)
    assert report.is_complete


def test_an_agency_without_an_officer_for_objections_is_warned() -> None:
    """Both who checked the form must stand back when its result is asked about again."""
    w = office()
    row = draft(w)
    report = played(row)
    assert "P04" in codes(report)
    assert report.is_sound
    person("法规", Role.OFF, agency=w.agency)
    assert "P04" not in codes(played(row))


def test_a_chain_that_too_few_people_can_sign_is_named() -> None:
    w = office(replace(PRESETS["OPEN_CHALLENGE"], list_signers=("AGY", "SUP")))
    row = draft(w)
    report = played(row)
    assert {f.subject for f in report.findings if f.code == "P01"} == {Role.AGY.label}
    RoleGrant.objects.create(user=w.supervisor, role=Role.AGY, agency=w.agency)
    report = played(row)
    assert "P05" in codes(report)
    assert not report.is_sound
    RoleGrant.objects.create(user=w.second_officer, role=Role.SUP, agency=w.agency)
    report = played(row)
    assert report.is_sound, report.findings
    assert sum(step.label.endswith("会签") for step in report.steps) == 2


def test_a_call_for_demands_that_leaves_no_time_for_bids_is_named() -> None:
    late = datetime.combine(date(2026, 4, 18), time(17), SHANGHAI)  # a Saturday, three days before the close
    assert {"D09", "D05"} <= codes(played(collecting(office(), demand_close_at=late)))


def test_nothing_of_a_simulation_stays() -> None:
    row = draft(office())
    counted = AuditEntry, OutboxMessage, Bid, Expert, RoleGrant
    before = [model.objects.count() for model in counted]
    assert played(row).is_complete
    assert [model.objects.count() for model in counted] == before
    row.refresh_from_db()
    assert row.state == ChallengeList.State.DRAFT


def officer_of(row: ChallengeList) -> User:
    return User.objects.filter(role_grants__role=Role.OFF, role_grants__agency=row.agency)[0]


def keep_a_rehearsed_step(row: ChallengeList) -> None:
    """What a commit would do with an entry that was made in a rehearsal."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('jiebang.rehearsal', 'on', true)")
        perform(ChallengeListFlow, row, "open_collection", by=officer_of(row))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_keeps_no_entry_of_a_rehearsal() -> None:
    row = draft(office())
    with pytest.raises(IntegrityError, match="cannot be kept"):
        keep_a_rehearsed_step(row)


def test_a_published_list_cannot_be_simulated() -> None:
    row = draft(office())
    row.state = ChallengeList.State.PUBLISHED
    with pytest.raises(ValueError, match="not yet published"):
        simulate(row)


def test_dates_in_the_wrong_order_or_on_days_off_are_named() -> None:
    w = office()
    too_soon = datetime.combine(date(2026, 3, 7), time(17), SHANGHAI)  # a Saturday five days on
    report = played(draft(w, bid_close_at=too_soon, rec_close_at=too_soon))
    assert {"D02", "D04", "D05"} <= codes(report)
    assert "S01" in codes(report)
    assert not report.is_sound
    assert codes(played(draft(w, bid_close_at=None, rec_close_at=None))) >= {"D01"}


def test_a_role_with_nobody_is_named_and_the_rest_is_played_all_the_same() -> None:
    w = office()
    RoleGrant.objects.filter(user__in=[w.finance, w.second_officer]).delete()
    report = played(draft(w))
    assert {f.subject for f in report.findings if f.code == "P01"} == {Role.OFF.label, Role.FIN.label}
    assert report.is_complete
    assert not report.is_sound


def test_a_panel_that_cannot_be_filled_is_named() -> None:
    w = office()
    Expert.objects.filter(agency=w.agency).update(is_active=False)
    report = played(draft(w))
    assert any("技术席缺 3 人" in f.sentence for f in report.findings if f.code == "E01")
    assert report.is_complete


def test_money_that_cannot_add_up_is_named() -> None:
    w = office(RACE_321)
    row = draft(w)
    row.challenges.update(cap_yuan=5_000_000, lanes=2)
    assert {"M03", "M04"} <= codes(played(row))


def test_the_command_prints_findings_and_fails_on_errors(capsys: pytest.CaptureFixture[str]) -> None:
    row = draft(office())
    with on(TODAY):
        call_command("simulate_list", str(row.pk))
        assert "推演走到了终点" in capsys.readouterr().out
        row.challenges.update(ip_terms="")
        with pytest.raises(SystemExit):
            call_command("simulate_list", row.number, "--steps")
    out = capsys.readouterr().out
    assert "[ERROR I02]" in out
    assert "启动需求征集" in out
