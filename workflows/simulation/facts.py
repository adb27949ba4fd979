"""Findings that follow from the list as it is written: dates, people, money, indicators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import Role
from projects.indicators import not_weaker
from projects.models import Challenge, ChallengeList, Indicator
from projects.rules import Rules
from workflows.clock import SHANGHAI
from workflows.days import add_months
from workflows.permissions import people_with
from workflows.simulation.findings import Finding, error, warning
from workflows.simulation.signing import chain_of, signers_of
from workflows.wording import listed, worded
from workflows.working_days import add_working_days, is_provisional, is_working_day

#: Offices answer the telephone in these hours: who has trouble at the close needs them.
OFFICE_HOURS = time(9), time(18)
#: The four-eye check of the forms needs two officers (domain 2.4).
NEEDED = {Role.OFF: 2, Role.LEAD: 1, Role.SEC: 1, Role.SUP: 1, Role.FIN: 1}
#: One more looks into objections to that check: both who made it stand back (domain 2.10).
THIRD_OFFICER = 3


def findings_of(row: ChallengeList, rules: Rules, publish_at: datetime) -> Iterator[Finding]:
    """Everything that can be said without playing the call. `publish_at`: when it would be published."""
    for sentence in rules.problems():
        yield error("R01", row.rule_set, worded(sentence), _("请修改规则集并发布新版本，榜单改用新版本。"))
    yield from dates(row, rules, publish_at)
    yield from people(row, rules)
    challenges = list(row.challenges.prefetch_related("indicators"))
    if not challenges:
        yield error("C01", row, _("榜单里还没有榜题。"), _("请至少录入一道榜题。"))
    yield from money(row, rules, challenges)
    for challenge in challenges:
        yield from indicators(challenge, rules)


def dates(row: ChallengeList, rules: Rules, publish_at: datetime) -> Iterator[Finding]:
    """Order and working days of every instant and of the days that will follow from them."""
    close, last = row.bid_close_at, row.rec_close_at
    if close is None or last is None:
        yield error("D01", row, _("还没有设定揭榜截止和推荐截止。"), _("请由厅局领导在榜单页设定两个截止时间。"))
        return
    earliest = publish_at + timedelta(days=rules.min_open_days)
    if close < earliest:
        yield error(
            "D02", row, _("今天发榜的话，开放不足 %s 天。") % rules.min_open_days,
            _("请把揭榜截止改到 %s 以后。") % f"{earliest.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        )  # fmt: skip
    if last < close:
        yield error("D03", row, _("推荐截止早于揭榜截止。"), _("请把推荐截止改到揭榜截止之后，通常为次日。"))
    elif rules.recommender_endorses and last - close < timedelta(hours=4):
        yield warning("D04", row, _("推荐单位在揭榜截止后不足 4 小时。"), _("建议推荐截止设在次日下午。"))
    called_until = row.demand_close_at if rules.collects_demands else None
    if called_until is not None and called_until > close - timedelta(days=rules.min_open_days):
        yield error(
            "D09", row, _("需求征集截止 %(called)s 之后，到揭榜截止已不足开放的 %(days)s 天。")
            % {"called": f"{called_until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", "days": rules.min_open_days},
            _("请把需求征集截止提前，或把揭榜截止推后。"),
        )  # fmt: skip
    for name, instant in ((_("需求征集截止"), called_until), (_("揭榜截止"), close), (_("推荐截止"), last)):
        if instant is not None:
            yield from _at_the_office(row, name, instant)
    day = close.astimezone(SHANGHAI).date()
    for name, planned in _planned(row, rules, day):
        if is_provisional(planned.year):
            cure = _("放假安排公布后请再推演一次。")
            yield warning("D06", row, _("%(name)s落在 %(year)s 年，该年放假安排尚未公布。")
                          % {"name": name, "year": planned.year}, cure)  # fmt: skip
            return


def _at_the_office(row: ChallengeList, name: str, instant: datetime) -> Iterator[Finding]:
    local = instant.astimezone(SHANGHAI)
    if not is_working_day(local.date()):
        day = add_working_days(local.date(), 0, count_start=True)
        yield warning("D05", row, _("%(name)s %(day)s 不是工作日，届时无人答疑。")
                      % {"name": name, "day": local.date()}, _("建议改到 %s。") % day)  # fmt: skip
    elif not OFFICE_HOURS[0] <= local.time() <= OFFICE_HOURS[1]:
        yield warning("D05", row, _("%(name)s %(time)s 在办公时间之外，届时无人答疑。")
                      % {"name": name, "time": f"{local:%H:%M}"}, _("建议改到 9 时至 18 时之间。"))  # fmt: skip


def _planned(row: ChallengeList, rules: Rules, close: date) -> Iterator[tuple[str, date]]:
    """Days that follow from the close, at the earliest."""
    checked = add_working_days(close, rules.formal_check_wd, count_start=False)
    yield _("形式审查结果"), checked
    shown = add_working_days(checked + timedelta(days=rules.preview_days + 14), rules.publicity_wd, count_start=False)
    yield _("拟立项公示期满"), shown
    longest = max((c.months for c in row.challenges.all()), default=0)
    yield _("项目结束"), add_months(shown, longest)


def people(row: ChallengeList, rules: Rules) -> Iterator[Finding]:
    """Every role that has to act, with enough holders who may log in."""
    for role, needed in NEEDED.items():
        held = len(people_with(role, agency=row.agency_id))
        if held < needed:
            yield error(
                "P01", role.label, _("需要 %(needed)s 人，现有 %(held)s 人。") % {"needed": needed, "held": held},
                _("请系统管理员为%(agency)s增设该角色人员。") % {"agency": row.agency},
            )  # fmt: skip
    yield from signing(row)
    officers = {user.pk for role in (Role.OFF, Role.AGY) for user in people_with(role, agency=row.agency_id)}
    if len(officers) < THIRD_OFFICER:
        yield warning("P04", Role.OFF.label,
                      _("形式审查的两人须回避异议调查和复审，而经办人员只有 %s 人。") % len(officers),
                      _("建议另设一名不参与审查的经办人员。"))  # fmt: skip
    if rules.recommender_endorses and not people_with(Role.REC):
        yield error("P02", Role.REC.label, _("规则要求推荐，但没有推荐单位人员。"), _("请先登记推荐单位及其人员。"))
    for challenge in row.challenges.select_related("demander"):
        if rules.user_opinion_required and not people_with(Role.DEM, organisation=challenge.demander_id):
            yield error("P03", challenge, _("规则要求用户意见，但需求方没有登录人员。"), _("请为需求方登记人员。"))


def signing(row: ChallengeList) -> Iterator[Finding]:
    """The approval chain: somebody in each role, and no person needed twice (domain 2.1)."""
    chain = chain_of(row)
    for role in [role for role, people in chain.items() if not people and role not in NEEDED]:
        yield error("P01", role.label, _("榜单会签需要 1 人，现有 0 人。"),
                    _("请系统管理员为%(agency)s增设该角色人员。") % {"agency": row.agency})  # fmt: skip
    if all(chain.values()) and len(signers_of(chain)) < len(chain):
        names = listed(str(role.label) for role in chain)
        yield error("P05", row, _("会签和批准须由不同的人办理（%s），而担任这些角色的人不够分。") % names,
                    _("请为其中一个角色增设另一名人员，或减少会签环节。"))  # fmt: skip


def money(row: ChallengeList, rules: Rules, challenges: list[Challenge]) -> Iterator[Finding]:
    """What may be awarded against what is set aside; stages of a race against its lanes."""
    if row.quota_target > len(challenges) * rules.quota_per_challenge:
        yield warning("M01", row, _("拟立项数 %(target)s 多于榜题数乘以每题名额 %(most)s。") % {
            "target": row.quota_target, "most": len(challenges) * rules.quota_per_challenge,
        }, _("请核对年度拟立项数或增加榜题。"))  # fmt: skip
    needed = sum(stage.lanes * stage.lane_yuan for stage in rules.race_stages)
    for challenge in challenges:
        if not challenge.cap_yuan:
            yield error("M02", challenge, _("榜金为 0。"), _("请填写榜金。"))
        if rules.mode != "HORSE_RACE":
            continue
        if rules.race_stages and challenge.lanes != rules.race_stages[0].lanes:
            yield error("M03", challenge, _("榜题设 %(lanes)s 条赛道，规则集第一阶段为 %(first)s 条。") % {
                "lanes": challenge.lanes, "first": rules.race_stages[0].lanes,
            }, _("请使两处一致。"))  # fmt: skip
        if needed > challenge.cap_yuan:
            yield error("M04", challenge, _("各阶段赛道经费合计 %(need)s 万元，超过榜金 %(cap)s 万元。") % {
                "need": f"{needed / 10_000:,.2f}", "cap": f"{challenge.cap_yuan / 10_000:,.2f}",
            }, _("请提高榜金，或减少赛道数、每赛道经费。"))  # fmt: skip


def indicators(challenge: Challenge, rules: Rules) -> Iterator[Finding]:
    """Each target and its way there: no node asks for more than the end does."""
    rows = list(challenge.indicators.all())
    if not any(row.is_must for row in rows):
        yield error("I01", challenge, _("没有必达指标。"), _("请至少设一项可考核的必达指标。"))
    for name, value in ((_("知识产权约定"), challenge.ip_terms), (_("攻关内容"), challenge.content)):
        if not value.strip():
            yield error("I02", challenge, _("%s没有填写。") % name, _("请在榜题页补填。"))
    for row in rows:
        yield from _nodes(challenge, row)


def _nodes(challenge: Challenge, row: Indicator) -> Iterator[Finding]:
    if row.comparator not in (">=", "<="):
        return
    for no, value in sorted(row.milestone_values.items(), key=lambda item: int(item[0])):
        try:
            node = Decimal(str(value))
        except ArithmeticError:
            yield error("I03", challenge, _("“%(name)s”第 %(no)s 节点的值不是数字。") % {"name": row.name, "no": no},
                        _("请改为数字。"))  # fmt: skip
            continue
        if node != row.target and not_weaker(row.comparator, row.target, node):
            yield warning("I04", challenge, _("“%(name)s”第 %(no)s 节点的要求高于最终指标。")
                          % {"name": row.name, "no": no}, _("请核对里程碑值与指标值是否填反。"))  # fmt: skip
