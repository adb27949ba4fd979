"""The house's map: what each role finds in the navigation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Role

STAFF = (Role.OFF, Role.AGY, Role.LEAD)


@dataclass(frozen=True)
class Link:
    """`view` is a URL name or a path; `roles` empty: everybody who sees the section."""

    label: Any
    view: str
    icon: str
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True)
class Section:
    label: Any
    roles: tuple[Role, ...]
    links: tuple[Link, ...] = field(default_factory=tuple)


PUBLIC_LINKS = (
    Link(_("首页"), "home", "home"),
    Link(_("榜单"), "lists", "list-details"),
    Link(_("榜题"), "challenges", "target"),
    Link(_("公示"), "notices", "speakerphone"),
    Link(_("证书核验"), "verify", "certificate"),
)

SECTIONS = (
    Section(
        _("我的"),
        (),
        (
            Link(_("待办与期限"), "workbench", "checklist"),
            Link(_("消息"), "notifications", "bell"),
            Link(_("领域订阅"), "subscriptions", "rss"),
        ),
    ),
    Section(
        _("揭榜"),
        (Role.PI, Role.ORG, Role.REC, Role.DEM),
        (
            Link(_("找榜题"), "challenges", "search", (Role.PI, Role.ORG)),
            Link(_("揭榜申请"), "bids", "file-text", (Role.PI, Role.ORG, Role.REC)),
            Link(_("技术需求"), "demands", "bulb", (Role.DEM, Role.REC)),
            Link(_("项目"), "projects", "folder"),
            Link(_("赛马"), "races", "flag"),
        ),
    ),
    Section(
        _("评审"),
        (Role.EXP,),
        (
            Link(_("评审任务"), "reviews", "clipboard-text"),
            Link(_("专家资料"), "expert_profile", "id-badge-2"),
            Link(_("利害关系"), "ties", "users-minus"),
        ),
    ),
    Section(
        _("发榜"),
        (*STAFF, Role.SUP),
        (
            Link(_("榜单"), "lists", "list-details", STAFF),
            Link(_("技术需求"), "demands", "bulb"),
            Link(_("榜题"), "challenges", "target", STAFF),
        ),
    ),
    Section(
        _("受理与评审"),
        (*STAFF, Role.SEC, Role.SUP),
        (
            Link(_("揭榜申请"), "bids", "file-text", (*STAFF, Role.SEC)),
            Link(_("个别延期"), "extensions", "clock-plus", (*STAFF, Role.SUP)),
            Link(_("专家库"), "experts", "address-book", (Role.SEC, Role.AGY, Role.SUP)),
            Link(_("评审轮次"), "rounds", "users-group"),
            Link(_("评审总览"), "review_overview", "chart-dots"),
            Link(_("立项审定"), "decisions", "gavel", (*STAFF, Role.SEC, Role.SUP)),
        ),
    ),
    Section(
        _("公示与异议"),
        (*STAFF, Role.SUP),
        (
            Link(_("公示"), "notices", "speakerphone"),
            Link(_("异议"), "objections", "message-report"),
            Link(_("复审"), "reconsiderations", "rotate-2"),
        ),
    ),
    Section(
        _("执行与验收"),
        (*STAFF, Role.FIN, Role.SUP),
        (
            Link(_("项目"), "projects", "folder"),
            Link(_("赛马"), "races", "flag"),
            Link(_("验收"), "acceptances", "rosette-discount-check"),
            Link(_("经费拨付"), "tranches", "coin-yuan"),
            Link(_("评审费"), "expert_fees", "cash", (Role.FIN,)),
            Link(_("证书"), "certificates", "certificate"),
        ),
    ),
    Section(
        _("监督"),
        (Role.SUP, Role.AUD),
        (Link(_("抽取记录"), "draws", "dice-5", (Role.SUP,)), Link(_("审计日志"), "audit", "shield-check")),
    ),
    Section(_("运行"), (Role.SYS,), (Link(_("消息投递"), "outbox", "mail"),)),
)
