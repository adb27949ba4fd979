"""The rosters: published lists, their challenges, awards, certificates, notices.

What is in them an anonymous reader could have found on the pages: rows by `projects.queries`, withheld
facts by `projects.disclosure`. Columns are promises to programs (domain 9 no. 16): add at the end, never rename.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from config.templatetags.jiebang import shown_target
from projects.disclosure import may_see_demander
from projects.models import Certificate, Challenge, ChallengeList, Indicator, PublicNotice, RuleSet
from projects.open_data.roster import Column, Roster, table_of
from projects.open_data.types import (
    ADDRESS,
    COUNT,
    DAY,
    DECIMAL,
    DIGEST,
    FLAG,
    INSTANT,
    TARGETS_BY_STAGE,
    TEXT,
    code_of,
)
from projects.queries import certificates_for_everybody, challenges_visible_to, lists_visible_to, notices_visible_to
from workflows.official import official

#: Rows fetched at once; each such fetch costs one query more for what hangs on the rows.
AT_ONCE = 500


def _address(row: Any) -> str:
    return f"{settings.PUBLIC_URL}{row.get_absolute_url()}"


def _label(name: str) -> Any:
    """The getter of a choice's official words."""
    return lambda row: official(getattr(row, f"get_{name}_display")())


def _streamed(rows: QuerySet[Any]) -> Iterator[Any]:
    return rows.iterator(chunk_size=AT_ONCE)


# --- lists ----------------------------------------------------------------------------------------------


def _lists(number: str | None) -> Iterator[ChallengeList]:
    rows = lists_visible_to(None).select_related("agency__organisation", "rule_set").order_by("number")
    shown = Count("challenges", filter=~Q(challenges__state=Challenge.State.DRAFT))
    return _streamed((rows.filter(number=number) if number else rows).annotate(challenge_count=shown))


LISTS = Roster(
    "lists",
    _("榜单名录"),
    _("已公示或已发布的榜单，每批一行。"),
    (
        Column("number", _("榜单编号"), _("批次编号，唯一"), TEXT, lambda row: row.number),
        Column("title", _("榜单名称"), _("榜单全称"), TEXT, lambda row: row.title),
        Column("year", _("年度"), _("所属年度"), COUNT, lambda row: row.year),
        Column("agency", _("主管部门"), _("发榜部门全称"), TEXT, lambda row: row.agency.organisation.name),
        Column("mode", _("组织方式代码"), _("揭榜挂帅或赛马制"), code_of(RuleSet.Mode), lambda row: row.rule_set.mode),
        Column(
            "mode_label", _("组织方式"), _("组织方式名称"), TEXT, lambda row: official(row.rule_set.get_mode_display())
        ),
        Column("quota_target", _("拟立项数"), _("计划支持的项目数"), COUNT, lambda row: row.quota_target),
        Column("challenge_count", _("榜题数"), _("已公开的榜题数"), COUNT, lambda row: row.challenge_count),
        Column("published_at", _("发榜时间"), _("北京时间；未发榜为空"), INSTANT, lambda row: row.published_at, True),
        Column("bid_close_at", _("揭榜截止"), _("揭榜团队提交的截止时刻"), INSTANT, lambda row: row.bid_close_at, True),
        Column("rec_close_at", _("推荐截止"), _("推荐单位推荐的截止时刻"), INSTANT, lambda row: row.rec_close_at, True),
        Column("state", _("状态代码"), _("榜单所处环节"), code_of(ChallengeList.State), lambda row: row.state),
        Column("state_label", _("状态"), _("环节名称"), TEXT, _label("state")),
        Column("contact", _("联系方式"), _("榜单咨询电话等"), TEXT, lambda row: row.contact, True),
        Column("introduction", _("说明"), _("榜单说明"), TEXT, lambda row: row.introduction, True),
        Column("url", _("网址"), _("榜单页面"), ADDRESS, _address),
    ),
    _lists,
)

# --- challenges -----------------------------------------------------------------------------------------


def _challenges(number: str | None) -> Iterator[Challenge]:
    rows = challenges_visible_to(None).select_related(
        "challenge_list__agency__organisation", "challenge_list__rule_set", "demander"
    )
    rows = rows.prefetch_related("indicators").order_by("challenge_list__number", "number")
    return _streamed(rows.filter(challenge_list__number=number) if number else rows)


def _demander(row: Challenge) -> str | None:
    return row.demander.name if may_see_demander(None, row) else None


INDICATORS = (
    Column("no", _("序号"), _("指标序号"), COUNT, lambda row: row.no),
    Column("name", _("指标"), _("指标名称"), TEXT, lambda row: row.name),
    Column(
        "comparator", _("比较"), _("不低于、不高于、等于、范围或达成"), code_of(Indicator.Comparator),
        lambda row: row.comparator,
    ),
    Column("target", _("指标值"), _("十进制数；范围时为下限"), DECIMAL, lambda row: row.target),
    Column("target_high", _("指标上限"), _("范围的上限，其余为空"), DECIMAL, lambda row: row.target_high, True),
    Column("unit", _("单位"), _("计量单位"), TEXT, lambda row: row.unit, True),
    Column("is_must", _("必达"), _("是否必达指标"), FLAG, lambda row: row.is_must),
    Column("check_method", _("考核方式"), _("如何测定"), TEXT, lambda row: row.check_method),
    Column(
        "milestone_values", _("里程碑指标值"), _("各节点（阶段）应达到的值，键为节点序号"), TARGETS_BY_STAGE,
        lambda row: {str(no): str(value) for no, value in row.milestone_values.items()},
    ),
    Column("evidence", _("证明材料"), _("达标以什么材料证明"), TEXT, lambda row: row.evidence, True),
)  # fmt: skip

CHALLENGES = Roster(
    "challenges",
    _("榜题名录"),
    _("已公开榜单中的榜题及其考核指标，每题一行。需求方要求匿名的，需求方一栏为空。"),
    (
        Column("list", _("榜单编号"), _("所属榜单"), TEXT, lambda row: row.challenge_list.number),
        Column("list_title", _("榜单名称"), _("所属榜单全称"), TEXT, lambda row: row.challenge_list.title),
        Column(
            "agency", _("主管部门"), _("发榜部门全称"), TEXT, lambda row: row.challenge_list.agency.organisation.name
        ),
        Column(
            "mode", _("组织方式代码"), _("揭榜挂帅或赛马制"), code_of(RuleSet.Mode),
            lambda row: row.challenge_list.rule_set.mode,
        ),
        Column("number", _("榜题编号"), _("唯一"), TEXT, lambda row: row.number),
        Column("title", _("榜题名称"), _("榜题全称"), TEXT, lambda row: row.title),
        Column("field", _("技术领域代码"), _("所属技术领域"), code_of(Challenge.Field), lambda row: row.field),
        Column("field_label", _("技术领域"), _("领域名称"), TEXT, _label("field")),
        Column("demander", _("需求方"), _("需求单位全称；要求匿名的为空"), TEXT, _demander, True),
        Column("cap_yuan", _("榜金（元）"), _("财政支持上限，整数元"), COUNT, lambda row: row.cap_yuan),
        Column("months", _("实施期限（月）"), _("自签约起"), COUNT, lambda row: row.months),
        Column("lanes", _("拟支持项数"), _("赛马制为赛道数"), COUNT, lambda row: row.lanes),
        Column("state", _("状态代码"), _("榜题所处环节"), code_of(Challenge.State), lambda row: row.state),
        Column("state_label", _("状态"), _("环节名称"), TEXT, _label("state")),
        Column(
            "published_at", _("发榜时间"), _("北京时间；未发榜为空"), INSTANT,
            lambda row: row.challenge_list.published_at, True,
        ),
        Column(
            "bid_close_at", _("揭榜截止"), _("揭榜团队提交的截止时刻"), INSTANT,
            lambda row: row.challenge_list.bid_close_at, True,
        ),
        Column("background", _("需求背景"), _("为什么需要"), TEXT, lambda row: row.background),
        Column("content", _("攻关内容"), _("要解决什么"), TEXT, lambda row: row.content),
        Column("scenario", _("应用场景"), _("最终用户及应用场景"), TEXT, lambda row: row.scenario, True),
        Column("bidder_conditions", _("揭榜条件"), _("对揭榜方的要求"), TEXT, lambda row: row.bidder_conditions, True),
        Column("ip_terms", _("知识产权约定"), _("成果归属"), TEXT, lambda row: row.ip_terms, True),
        Column(
            "indicators", _("考核指标"), _("全部考核指标，按序号"),
            table_of(INDICATORS, lambda row: f"{row.name} {shown_target(row)}"), lambda row: row.indicators.all(),
        ),
        Column("url", _("网址"), _("榜题页面"), ADDRESS, _address),
    ),
    _challenges,
)  # fmt: skip

# --- notices, and the awards they announce --------------------------------------------------------------

_LIST_OF_NOTICE = Coalesce(
    "decision__challenge_list__number",
    "race__challenge__challenge_list__number",
    "acceptance__project__bid__challenge__challenge_list__number",
)


def _public_notices(number: str | None) -> QuerySet[Any]:
    rows = notices_visible_to(None).annotate(list_number=_LIST_OF_NOTICE)
    rows = rows.select_related("agency__organisation").order_by("starts_on", "number")
    return rows.filter(list_number=number) if number else rows


#: The columns a notice's row may have (`workflows.notice.COLUMNS`, domain 2.12); each may be missing.
NOTICE_ROWS = (
    Column("number", _("编号"), _("申报或项目编号"), TEXT, lambda row: row.get("number"), True),
    Column("title", _("项目名称"), _("公示的名称"), TEXT, lambda row: row.get("title"), True),
    Column("unit", _("牵头单位"), _("承担单位全称"), TEXT, lambda row: row.get("unit"), True),
    Column("pi", _("负责人"), _("项目负责人姓名"), TEXT, lambda row: row.get("pi"), True),
    Column("yuan", _("经费（元）"), _("公示的财政经费，整数元"), COUNT, lambda row: row.get("yuan"), True),
    Column("period", _("实施周期"), _("如“24个月”"), TEXT, lambda row: row.get("period"), True),
    Column("outcome", _("结论"), _("公示的结论，如“拟立项”“备选”“通过”"), TEXT, lambda row: row.get("outcome"), True),
)


def _in_one_line(row: dict[str, Any]) -> str:
    return " ".join(str(row[name]) for name in ("number", "title", "unit", "outcome") if row.get(name))


NOTICES = Roster(
    "notices",
    _("公示名录"),
    _("拟立项、阶段考核、验收结果公示，每份一行。"),
    (
        Column("number", _("公示编号"), _("唯一"), TEXT, lambda row: row.number),
        Column("kind", _("类别代码"), _("公示类别"), code_of(PublicNotice.Kind), lambda row: row.kind),
        Column("kind_label", _("类别"), _("类别名称"), TEXT, _label("kind")),
        Column("agency", _("主管部门"), _("公示部门全称"), TEXT, lambda row: row.agency.organisation.name),
        Column("list", _("榜单编号"), _("所涉榜单"), TEXT, lambda row: row.list_number),
        Column("title", _("标题"), _("公示标题"), TEXT, lambda row: row.title),
        Column("body", _("正文"), _("公示正文"), TEXT, lambda row: row.body),
        Column("starts_on", _("公示开始"), _("当日计入"), DAY, lambda row: row.starts_on, True),
        Column("ends_on", _("公示结束"), _("当日计入"), DAY, lambda row: row.ends_on, True),
        Column("state", _("状态代码"), _("公示所处环节"), code_of(PublicNotice.State), lambda row: row.state),
        Column("state_label", _("状态"), _("环节名称"), TEXT, _label("state")),
        Column("rows", _("公示内容"), _("公示的各行"), table_of(NOTICE_ROWS, _in_one_line), lambda row: row.rows),
        Column(
            "content_sha256", _("内容摘要值"), _("发布时内容的 SHA-256"), DIGEST,
            lambda row: row.content_sha256 or None, True,
        ),
        Column("url", _("网址"), _("公示页面"), ADDRESS, _address),
    ),
    lambda number: _streamed(_public_notices(number)),
)  # fmt: skip


def _awards(number: str | None) -> Iterator[tuple[Any, dict[str, Any]]]:
    notices = _public_notices(number).filter(kind=PublicNotice.Kind.AWARD)
    return ((notice, row) for notice in _streamed(notices) for row in notice.rows)


AWARDS = Roster(
    "awards",
    _("立项名单"),
    _("拟立项公示中的各项，每项一行；备选也在其中，以结论区分。以公示为准，公示撤回的不再列出。"),
    (
        Column("list", _("榜单编号"), _("所属榜单"), TEXT, lambda pair: pair[0].list_number),
        Column("notice", _("公示编号"), _("列出该项的公示"), TEXT, lambda pair: pair[0].number),
        Column("agency", _("主管部门"), _("公示部门全称"), TEXT, lambda pair: pair[0].agency.organisation.name),
        *(
            Column(c.key, c.head, c.says, c.type, lambda pair, get=c.get: get(pair[1]), c.may_be_empty)  # type: ignore[misc]
            for c in NOTICE_ROWS
        ),
        Column("starts_on", _("公示开始"), _("当日计入"), DAY, lambda pair: pair[0].starts_on, True),
        Column("ends_on", _("公示结束"), _("当日计入"), DAY, lambda pair: pair[0].ends_on, True),
        Column(
            "notice_state",
            _("公示状态代码"),
            _("公示所处环节"),
            code_of(PublicNotice.State),
            lambda pair: pair[0].state,
        ),
        Column(
            "notice_state_label", _("公示状态"), _("环节名称"), TEXT, lambda pair: official(pair[0].get_state_display())
        ),
        Column("url", _("网址"), _("公示页面"), ADDRESS, lambda pair: _address(pair[0])),
    ),
    _awards,
)

# --- certificates ---------------------------------------------------------------------------------------


def _certificates(number: str | None) -> Iterator[Certificate]:
    rows = certificates_for_everybody().select_related("project__bid__challenge__challenge_list")
    rows = rows.defer("token", "object_key", "revoke_reason").order_by("issued_on", "series", "serial")
    return _streamed(rows.filter(project__bid__challenge__challenge_list__number=number) if number else rows)


def _said(name: str) -> Any:
    """The getter of what the paper says, as frozen at issue."""
    return lambda row: row.content[name]


CERTIFICATES = Roster(
    "certificates",
    _("证书名录"),
    _("已签发的证书，每份一行，撤销、更正、补发的仍列出并注明。核验原件请用二维码或验证码。"),
    (
        Column("number", _("证书编号"), _("唯一"), TEXT, lambda row: row.number),
        Column("kind", _("类别代码"), _("证书类别"), code_of(Certificate.Kind), lambda row: row.kind),
        Column("kind_label", _("类别"), _("类别名称"), TEXT, _label("kind")),
        Column("holder", _("持证单位"), _("签发时的单位全称"), TEXT, _said("holder")),
        Column("project_number", _("项目编号"), _("立项项目编号"), TEXT, _said("project_number")),
        Column("project_title", _("项目名称"), _("立项项目名称"), TEXT, _said("project_title")),
        Column("issuer", _("发证单位"), _("签发部门全称"), TEXT, _said("issuer")),
        Column("issued_on", _("签发日期"), _("证书上的日期"), DAY, lambda row: row.issued_on),
        Column("state", _("状态代码"), _("是否有效"), code_of(Certificate.State), lambda row: row.state),
        Column("state_label", _("状态"), _("状态名称"), TEXT, _label("state")),
        Column("is_valid", _("有效"), _("现在是否有效"), FLAG, lambda row: row.state == Certificate.State.ISSUED),
        Column(
            "list", _("榜单编号"), _("项目所属榜单"), TEXT, lambda row: row.project.bid.challenge.challenge_list.number
        ),
        Column(
            "pdf_sha256", _("文件摘要值"), _("证书 PDF 的 SHA-256；尚未生成为空"), DIGEST,
            lambda row: row.pdf_sha256 or None, True,
        ),
    ),
    _certificates,
)  # fmt: skip

ROSTERS = {roster.name: roster for roster in (LISTS, CHALLENGES, AWARDS, CERTIFICATES, NOTICES)}
