"""技术需求 (domain 2.1, 2.2): what a demand must state, who screens and judges it, and where it goes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import IntegrityRecord
from projects.models import Challenge, ChallengeList, Demand, DemandIndicator, Indicator
from projects.numbering import next_challenge_number, next_demand_number
from projects.thresholds import thresholds_in
from review.conflicts import blocked_pairs
from review.models import DemandScore, Expert, ExpertTie
from tests import delivery_factories as made
from tests import demand_factories as f
from tests.demand_factories import CLOSE, CONFIRMED, OPINION
from workflows.bid import BidFlow
from workflows.challenge import ChallengeFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.clock import travel
from workflows.demand import DemandFlow
from workflows.demand_merge import merge_demands
from workflows.engine import perform, start
from workflows.expert_tie import declare
from workflows.models import AuditEntry, OutboxMessage
from workflows.refused import Refused

pytestmark = pytest.mark.django_db
REASON = "依据会议纪要和核查事实作出本决定"
S = Demand.State


@pytest.fixture
def w() -> made.World:
    return f.collecting_world()


@contextmanager
def refused(sentence: str, code: str = "conditions_unmet") -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code
    assert any(sentence in said for said in caught.value.sentences), caught.value.sentences


def submit(w: made.World, demand: Demand, **inputs: Any) -> None:
    with made.on(f.WRITTEN, 11):
        perform(DemandFlow, demand, "submit", by=w.dem_user, **{**CONFIRMED, **inputs})


def rules_change(w: made.World, **changed: Any) -> None:
    """Another rule set of the same agency, published under another code."""
    data = f.collecting_rules(**changed).to_data()
    w.rule_set.pk, w.rule_set.edition, w.rule_set.data = None, 2, data
    w.rule_set.save()
    row = w.challenge_list
    row.rule_set = w.rule_set
    row.save()


def told(demand: Demand, code: str) -> list[str]:
    found = OutboxMessage.objects.filter(code=code, url=demand.get_absolute_url()).order_by("pk")
    return [message.subject for message in found]


# --- the list that collects -------------------------------------------------------------------------


def test_rule_2_1_the_collection_window_is_at_least_as_long_as_the_rules_promise() -> None:
    w = made.world(f.collecting_rules(min_collection_days=10))
    with made.on(f.CALLED):
        row = ChallengeList(agency=w.agency, division=w.agency.divisions.create(name="处"), rule_set=w.rule_set,
                            number="XQ-SHORT", title="征集", year=2026)  # fmt: skip
        start(ChallengeListFlow, row, by=w.officer)
        with refused("需求至少征集 10 天"):
            perform(ChallengeListFlow, row, "open_collection", by=w.officer)
        row.demand_close_at = CLOSE
        row.save()
        perform(ChallengeListFlow, row, "open_collection", by=w.officer)
    assert row.state == ChallengeList.State.COLLECTING
    assert w.dem_user.pk in OutboxMessage.objects.filter(code="N01").values_list("recipient", flat=True)


def test_rule_2_1_a_list_goes_to_appraisal_only_with_one_demand_endorsed_by_a_recommender(w: made.World) -> None:
    f.submitted(w)
    with made.on(f.APPRAISED), refused("还没有经推荐单位推荐的需求"):
        perform(ChallengeListFlow, w.challenge_list, "appraise", by=w.officer)
    f.endorsed(w)
    with made.on(f.APPRAISED):
        row = perform(ChallengeListFlow, w.challenge_list, "appraise", by=w.officer)
    assert row.state == ChallengeList.State.APPRAISING


def test_the_published_window_is_not_cut_short(w: made.World) -> None:
    f.endorsed(w)
    with made.on(date(2026, 1, 12)), refused("需求征集到 2026-01-20 17:00 截止"):
        perform(ChallengeListFlow, w.challenge_list, "appraise", by=w.officer)


def test_a_list_that_collects_nothing_needs_a_challenge_and_no_demand() -> None:
    w = made.world()
    row = made.published_list(w)
    assert row.state == ChallengeList.State.PUBLISHED


def test_rule_2_1_the_list_is_shown_only_when_each_endorsed_demand_has_a_panel_result(w: made.World) -> None:
    passed, waiting = f.endorsed(w), f.endorsed(w)
    f.appraised(w, passed)
    with made.on(f.MERGED):
        merge_demands([passed], by=w.officer)
        with refused(waiting.number):
            perform(ChallengeListFlow, w.challenge_list, "show_draft", by=w.officer)
        with refused(waiting.number):
            perform(ChallengeListFlow, w.challenge_list, "approve", by=w.lead)
        perform(DemandFlow, waiting, "archive", by=w.officer, reason=REASON)
        perform(ChallengeListFlow, w.challenge_list, "show_draft", by=w.officer)
    assert w.challenge_list.state == ChallengeList.State.DEMAND_NOTICE


def test_a_cancelled_list_takes_its_demands_to_the_archive_and_tells_why(w: made.World) -> None:
    demands = [f.draft(w), f.submitted(w), f.endorsed(w)]
    with made.on(f.ENDORSED):
        perform(ChallengeListFlow, w.challenge_list, "cancel", by=w.lead, reason=REASON)
    for demand in demands:
        demand.refresh_from_db()
        assert demand.state == S.ARCHIVED
        assert told(demand, "N04")


# --- what a demand must state (domain 2.2) ----------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("goal", "技术目标"), ("ip_terms", "知识产权约定"), ("expected_yuan", "期望榜金"), ("bidder_conditions", "揭榜条件"),
        ("problem", "问题与背景"), ("contact_name", "联系人"), ("contact_phone", "联系电话"),
    ],
)  # fmt: skip
def test_rule_2_2_the_demander_must_state_goal_ip_money_and_bidder_conditions(
    w: made.World, field: str, label: str
) -> None:
    empty: Any = 0 if field.endswith("yuan") else ""
    demand = f.draft(w, **{field: empty})
    with refused(label):
        submit(w, demand)


def test_the_demander_must_name_a_recommender(w: made.World) -> None:
    demand = f.draft(w, recommender=None)
    with refused("推荐单位"):
        submit(w, demand)


def test_rule_2_2_the_demander_must_state_assessable_indicators(w: made.World) -> None:
    demand = f.draft(w)
    demand.indicators.filter(is_must=True).delete()
    with refused("还没有必达的考核指标"):
        submit(w, demand)


def test_rule_2_2_the_time_limit_is_normally_three_years_at_most(w: made.World) -> None:
    submit(w, f.draft(w, months=36))
    with refused("不得超过 36 个月"):
        submit(w, f.draft(w, months=37))


def test_another_programme_may_allow_longer(w: made.World) -> None:
    rules_change(w, demand_max_months=60)
    submit(w, f.draft(w, months=60))


@pytest.mark.parametrize(("own", "holds"), [(8_000_000, True), (7_999_999, False)])
def test_rule_2_2_where_the_rules_ask_for_it_the_demander_pays_four_times_the_public_money(
    w: made.World, own: int, holds: bool
) -> None:
    rules_change(w, demand_match_percent=400)
    demand = f.draft(w, expected_yuan=2_000_000, own_yuan=own)
    if holds:
        submit(w, demand)
    else:
        with refused("自有投入不得少于期望榜金的 400%，即 800.00 万元"):
            submit(w, demand)


@pytest.mark.parametrize(("cash", "holds"), [(800_000, True), (799_999, False)])
def test_rule_2_2_where_the_rules_ask_for_it_forty_per_cent_reach_the_solver_in_cash(
    w: made.World, cash: int, holds: bool
) -> None:
    rules_change(w, demand_cash_percent=40)
    demand = f.draft(w, expected_yuan=2_000_000, own_yuan=2_000_000, solver_cash_yuan=cash)
    if holds:
        submit(w, demand)
    else:
        with refused("以现金支付揭榜方的金额不得少于期望榜金的 40%，即 80.00 万元"):
            submit(w, demand)


def test_rule_2_2_the_demander_confirms_that_it_could_not_solve_the_problem_itself(w: made.World) -> None:
    demand = f.draft(w)
    with pytest.raises(Refused) as caught:
        submit(w, demand, unsolved=False)
    assert list(caught.value.fields) == ["unsolved"]


@pytest.mark.parametrize(
    ("ends", "holds"),
    [(None, False), (date(2030, 1, 1), False), (date(2023, 1, 7), False), (date(2023, 1, 6), True)],
    ids=["for good", "still in force", "ended within three years", "ended before"],
)
def test_rule_2_2_the_demander_has_no_bad_credit_in_the_last_three_years(
    w: made.World, ends: date | None, holds: bool
) -> None:
    IntegrityRecord.objects.create(
        organisation=w.demander,
        conduct="虚假材料",
        decision_no="失信〔2022〕1号",
        in_force_from=date(2022, 1, 1),
        in_force_to=ends,
    )
    demand = f.draft(w)
    if holds:
        submit(w, demand)
    else:
        with refused("失信〔2022〕1号"):
            submit(w, demand)


@pytest.mark.parametrize(
    "text",
    [
        "负责人年龄不超过 45 周岁",
        "须具有博士学位",
        "企业注册满三年",
        "负责人须具有高级职称",
        "近三年获奖者优先；发表论文十篇以上",
    ],
)
def test_rule_2_2_no_thresholds_of_age_degree_title_or_registration_are_set_for_bidders(
    w: made.World, text: str
) -> None:
    with refused("请删去"):
        submit(w, f.draft(w, bidder_conditions=f"境内法人单位。{text}"))


@pytest.mark.parametrize(
    "text",
    ["不设注册时间、年龄、学历、职称门槛", "境内注册的法人单位均可揭榜", "须覆盖全部考核指标；联合单位不超过 4 家"],
)
def test_what_sets_no_threshold_is_not_taken_for_one(text: str) -> None:
    assert thresholds_in(text) == []


# --- the window and the people -----------------------------------------------------------------------


def test_a_demand_is_submitted_within_the_window_by_the_servers_clock(w: made.World) -> None:
    first, second = f.draft(w), f.draft(w)
    with travel(CLOSE - timedelta(seconds=1)):
        perform(DemandFlow, first, "submit", by=w.dem_user, **CONFIRMED)
    with travel(CLOSE), refused("需求征集已于 2026-01-20 17:00:00 截止"):
        perform(DemandFlow, second, "submit", by=w.dem_user, **CONFIRMED)
    assert (first.state, second.state) == (S.SUBMITTED, S.DRAFT)


def test_no_demand_is_opened_after_the_close_nor_for_a_list_that_collects_none(w: made.World) -> None:
    late = Demand(challenge_list=w.challenge_list, number="L-1", demander=w.demander, title="迟到", field="AI")
    with travel(CLOSE), refused("截止"):
        start(DemandFlow, late, by=w.dem_user)
    other = made.world()
    with made.on(f.WRITTEN):
        row = start(ChallengeListFlow, ChallengeList(agency=other.agency, rule_set=other.rule_set, number="NONE-1",
                    division=other.agency.divisions.create(name="处"), title="不征集", year=2026), by=other.officer)  # fmt: skip
        perform(ChallengeListFlow, row, "open_collection", by=other.officer)
        with refused("不在需求征集期内"):
            start(DemandFlow, Demand(challenge_list=row, number="N-1", demander=w.demander, title="x", field="AI"), by=w.dem_user)  # fmt: skip


def test_only_the_demander_submits_and_only_its_recommender_decides(w: made.World) -> None:
    demand, other = f.draft(w), made.world()
    for stranger in (w.officer, w.rec_user, other.dem_user):
        with refused("权限", "not_permitted"):
            perform(DemandFlow, demand, "submit", by=stranger, **CONFIRMED)
    submit(w, demand)
    for stranger in (w.officer, w.dem_user, other.rec_user):
        with refused("权限", "not_permitted"):
            perform(DemandFlow, demand, "endorse", by=stranger, endorsement="同意")


def test_a_returned_demand_says_why_is_mended_and_comes_back(w: made.World) -> None:
    demand = f.submitted(w)
    with made.on(f.ENDORSED):
        with pytest.raises(Refused) as caught:
            perform(DemandFlow, demand, "send_back", by=w.rec_user, reason="太短")
        assert list(caught.value.fields) == ["reason"]
        perform(DemandFlow, demand, "send_back", by=w.rec_user, reason=REASON)
        assert told(demand, "N03")
        demand.goal = "改过的目标"
        demand.save()
        perform(DemandFlow, demand, "submit", by=w.dem_user, **CONFIRMED)
    assert demand.state == S.SUBMITTED
    digests = [e.payload["content_sha256"] for e in AuditEntry.objects.filter(object_type="projects.demand", transition="submit").order_by("seq")]  # fmt: skip
    assert len(set(digests)) == 2


def test_a_demander_withdraws_until_the_panel_has_judged(w: made.World) -> None:
    demand, judged = f.endorsed(w), f.endorsed(w)
    with made.on(f.ENDORSED):
        perform(DemandFlow, demand, "withdraw", by=w.dem_user, reason=REASON)
    assert demand.state == S.ARCHIVED
    f.appraised(w, judged)
    with refused("不能执行", "wrong_state"):
        perform(DemandFlow, judged, "withdraw", by=w.dem_user, reason=REASON)


# --- the panel ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "holds"), [(0, False), (3, False), (4, False), (5, True), (6, False), (7, True)])
def test_the_panel_is_odd_and_has_five_members_at_least(w: made.World, size: int, holds: bool) -> None:
    demand = f.endorsed(w)
    f.to_appraisal(w)
    f.scored(w, demand, size=size)
    with made.on(f.APPRAISED):
        if holds:
            perform(DemandFlow, demand, "appraise", by=w.officer, result="PASS", opinion=OPINION)
            assert demand.state == S.APPRAISED_PASS
        else:
            with refused("论证组须为不少于 5 人的单数"):
                perform(DemandFlow, demand, "appraise", by=w.officer, result="PASS", opinion=OPINION)


@pytest.mark.parametrize("tie", ["works there", "worked there", "of the recommender"])
def test_nobody_from_the_demander_or_its_recommender_sits_on_the_panel(w: made.World, tie: str) -> None:
    demand = f.endorsed(w)
    f.to_appraisal(w)
    f.scored(w, demand)
    member = Expert.objects.filter(agency=w.agency).order_by("pk")[0]
    if tie == "worked there":
        declare(ExpertTie(expert=member, kind="EMPLOYED", organisation=w.demander), by=member.user)
    else:
        member.organisation = w.demander if tie == "works there" else w.recommender
        member.save()
    with made.on(f.APPRAISED), refused(member.user.name):
        perform(DemandFlow, demand, "appraise", by=w.officer, result="FAIL", opinion=OPINION)


def test_a_demand_is_judged_only_while_its_list_is_under_appraisal(w: made.World) -> None:
    demand = f.scored(w, f.endorsed(w))
    with made.on(f.ENDORSED), refused("榜单不在论证阶段"):
        perform(DemandFlow, demand, "appraise", by=w.officer, result="PASS", opinion=OPINION)


def test_the_mean_of_the_four_dimensions_decides_who_may_pass(w: made.World) -> None:
    low, enough = f.endorsed(w), f.endorsed(w)
    f.to_appraisal(w)
    f.scored(w, low, 14)
    f.scored(w, enough, 15)
    with made.on(f.APPRAISED):
        with refused("平均分 56.00 低于通过线 60 分", "invalid_input"):
            perform(DemandFlow, low, "appraise", by=w.officer, result="PASS", opinion=OPINION)
        perform(DemandFlow, low, "appraise", by=w.officer, result="FAIL", opinion=OPINION)
        perform(DemandFlow, enough, "appraise", by=w.officer, result="PASS", opinion=OPINION)
    assert (low.state, low.mean_score) == (S.APPRAISED_FAIL, Decimal("56.00"))
    assert (enough.state, enough.mean_score) == (S.APPRAISED_PASS, Decimal("60.00"))
    assert told(low, "N04")
    entry = AuditEntry.objects.get(object_type="projects.demand", object_id=str(low.pk), transition="appraise")
    assert sorted(entry.payload["totals"].values()) == [56] * 5


# --- merging -------------------------------------------------------------------------------------------


def test_several_passed_demands_become_one_challenge_and_every_demander_is_told(w: made.World) -> None:
    unit, user = f.another_demander()
    first = f.endorsed(w, expected_yuan=1_000_000, months=12)
    second = f.endorsed(w, demander=unit, by=user, expected_yuan=3_000_000, months=30, problem="另一处也写不动")
    for demand in (first, second):
        f.appraised(w, demand)
    with made.on(f.MERGED):
        challenge = merge_demands([second, first], by=w.officer, title="合并后的榜题")
    assert (challenge.title, challenge.state) == ("合并后的榜题", Challenge.State.DRAFT)
    assert (challenge.demander_id, challenge.cap_yuan, challenge.months) == (w.demander.pk, 3_000_000, 30)
    assert "写入跟不上采集" in challenge.background
    assert "另一处也写不动" in challenge.background
    for demand in (first, second):
        demand.refresh_from_db()
        assert (demand.state, demand.merged_into_id) == (S.MERGED, challenge.pk)
        assert challenge.title in told(demand, "N04")[-1]


def test_indicators_are_copied_and_of_the_same_one_the_stricter_holds(w: made.World) -> None:
    first, second = f.draft(w), f.draft(w)
    DemandIndicator.objects.filter(demand=second, name="单节点写入吞吐").update(target=150)
    f.add_indicator(second, "写入延迟", "<=", 10, "毫秒", is_must=False)
    for demand in (first, second):
        submit(w, demand)
        with made.on(f.ENDORSED):
            perform(DemandFlow, demand, "endorse", by=w.rec_user, endorsement="同意推荐")
    for demand in (first, second):
        f.appraised(w, demand)
    with made.on(f.MERGED):
        challenge = merge_demands([first, second], by=w.officer)
    rows = [(i.no, i.name, i.target, i.is_must) for i in challenge.indicators.all()]
    assert rows == [(1, "单节点写入吞吐", 150, True), (2, "示范应用", 1, False), (3, "写入延迟", 10, False)]
    entry = AuditEntry.objects.get(object_type="projects.demand", object_id=str(second.pk), transition="merge")
    assert entry.payload["indicators"] == {"added": [3], "tightened": [1], "kept": [2]}
    assert challenge.indicators.get(no=3).evidence == "检测报告"


def test_demands_are_merged_into_an_existing_draft_of_the_same_list_only(w: made.World) -> None:
    demand = f.appraised(w, f.endorsed(w))
    foreign = made.published_list(made.world()).challenges.get()
    with made.on(f.MERGED):
        draft = start(
            ChallengeFlow,
            Challenge(challenge_list=w.challenge_list, number=next_challenge_number(w.challenge_list), title="已有榜题",
                      field="SOFTWARE", demander=w.demander, background="背景", content="内容", months=24, cap_yuan=1),
            by=w.officer,
        )  # fmt: skip
        with refused("", "invalid_input"):
            perform(DemandFlow, demand, "merge", by=w.officer, challenge=foreign.pk)
        merge_demands([demand], by=w.officer, into=draft)
    assert demand.merged_into_id == draft.pk
    assert Indicator.objects.filter(challenge=draft).count() == 2


def test_either_all_are_merged_or_none(w: made.World) -> None:
    good, failed = f.endorsed(w), f.endorsed(w)
    f.appraised(w, good)
    f.appraised(w, failed, "FAIL")
    with made.on(f.MERGED), refused("不能执行", "wrong_state"):
        merge_demands([good, failed], by=w.officer)
    good.refresh_from_db()
    assert good.state == S.APPRAISED_PASS
    assert not w.challenge_list.challenges.exists()


def test_bad_credit_that_came_to_light_later_keeps_a_demand_out_of_the_challenge(w: made.World) -> None:
    demand = f.appraised(w, f.endorsed(w))
    IntegrityRecord.objects.create(
        organisation=w.demander, conduct="虚假材料", decision_no="失信〔2026〕2号", in_force_from=date(2026, 1, 23)
    )
    with made.on(f.MERGED), refused("失信〔2026〕2号"):
        merge_demands([demand], by=w.officer)


def open_challenge_of(w: made.World, *demands: Demand) -> Challenge:
    """The list is posted with the one challenge that was made from the demands."""
    for demand in demands:
        f.appraised(w, demand)
    with made.on(f.MERGED):
        challenge = merge_demands(list(demands), by=w.officer)
        perform(ChallengeListFlow, w.challenge_list, "approve", by=w.lead)
    row = w.challenge_list
    row.bid_close_at = CLOSE + timedelta(days=60)
    row.rec_close_at = CLOSE + timedelta(days=61)
    row.save()
    with made.on(date(2026, 2, 2)):
        perform(ChallengeListFlow, row, "publish", by=w.lead)
    challenge.refresh_from_db()
    return challenge


def test_rule_2_2_no_demander_whose_demand_was_merged_may_lead_a_bid_on_the_challenge(w: made.World) -> None:
    unit, user = f.another_demander()
    challenge = open_challenge_of(w, f.endorsed(w), f.endorsed(w, demander=unit, by=user))
    pi = made.person("负责人", org=unit)
    with made.on(date(2026, 2, 3)), refused("发榜需求单位不得牵头揭自己的榜"):
        start(BidFlow, made.Bid(challenge=challenge, organisation=unit, pi=pi, title="自揭"), by=pi)


def test_experts_of_every_demander_stand_aside_in_the_review(w: made.World) -> None:
    unit, user = f.another_demander()
    challenge = open_challenge_of(w, f.endorsed(w), f.endorsed(w, demander=unit, by=user))
    member = f.panel(w)[0]
    member.organisation = unit
    member.save()
    t = made.team(w)
    with made.on(date(2026, 2, 3)):
        bid = start(BidFlow, made.Bid(challenge=challenge, organisation=t.organisation, pi=t.pi, title="揭榜"), by=t.pi)
    assert ("C12", member.pk) in {(c.code, c.expert_id) for c in blocked_pairs([member], [bid], date(2026, 2, 3))}


def test_an_archived_demand_says_why(w: made.World) -> None:
    demand = f.appraised(w, f.endorsed(w), "FAIL")
    perform(DemandFlow, demand, "archive", by=w.officer, reason=REASON)
    assert demand.state == S.ARCHIVED
    assert OutboxMessage.objects.filter(code="N04", body=REASON).exists()


# --- what the database keeps ----------------------------------------------------------------------------


def execute(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "change",
    [
        "goal = '换过的目标'", "expected_yuan = 1", "title = '换过'", "state = 'APPRAISED_PASS'", "result = 'PASS'",
        "months = 0", "months = 97", "solver_cash_yuan = own_yuan + 1", "recommender_id = demander_id", "submitted_at = NULL",
        "state = 'MERGED'", "mean_score = 99",
    ],
)  # fmt: skip
def test_by_sql_nobody_changes_what_was_handed_in_or_its_result(w: made.World, change: str) -> None:
    demand = f.endorsed(w)
    with pytest.raises(IntegrityError):
        execute(f"UPDATE projects_demand SET {change} WHERE id = %s", demand.pk)


def test_by_sql_nobody_changes_the_indicators_of_a_submitted_demand(w: made.World) -> None:
    demand = f.submitted(w)
    for sql in (
        "UPDATE projects_demandindicator SET target = 1 WHERE demand_id = %s",
        "DELETE FROM projects_demandindicator WHERE demand_id = %s",
    ):
        with pytest.raises(IntegrityError):
            execute(sql, demand.pk)


def test_by_sql_nobody_changes_points_once_the_result_is_recorded(w: made.World) -> None:
    demand = f.appraised(w, f.endorsed(w))
    for sql in (
        "UPDATE review_demandscore SET benefit = 25 WHERE demand_id = %s",
        "DELETE FROM review_demandscore WHERE demand_id = %s",
    ):
        with pytest.raises(IntegrityError):
            execute(sql, demand.pk)


def test_points_stay_within_their_scale_and_each_expert_has_one_row(w: made.World) -> None:
    demand = f.scored(w, f.endorsed(w))
    expert = f.panel(w)[0]
    for points, who in ((26, f.panel(w, 6)[5]), (20, expert)):
        with pytest.raises(IntegrityError), transaction.atomic():
            DemandScore.objects.create(
                demand=demand, expert=who, necessity=points, innovation=0, feasibility=0, benefit=0
            )


def test_by_sql_no_demand_is_merged_into_another_list(w: made.World) -> None:
    demand = f.appraised(w, f.endorsed(w))
    foreign = made.published_list(made.world()).challenges.get()
    with made.on(f.MERGED):
        merge_demands([demand], by=w.officer)
    with pytest.raises(IntegrityError):
        execute("UPDATE projects_demand SET merged_into_id = %s WHERE id = %s", foreign.pk, demand.pk)


def test_demands_are_numbered_in_their_list_without_a_gap(w: made.World) -> None:
    numbers = [f.draft(w).number for _ in range(3)]
    stem = w.challenge_list.number
    assert numbers == [f"{stem}-X001", f"{stem}-X002", f"{stem}-X003"]
    assert next_demand_number(w.challenge_list) == f"{stem}-X004"
    assert next_challenge_number(w.challenge_list) == f"{stem}-01"
