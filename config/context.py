"""What the frame of every page needs: navigation by role, unread notifications, the server's clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role, User
from config.navigation import PUBLIC_LINKS, SECTIONS, Link
from workflows import clock
from workflows.models import Notification


@dataclass(frozen=True)
class ShownLink:
    label: str
    url: str
    icon: str
    is_here: bool


@dataclass(frozen=True)
class ShownSection:
    label: str
    links: list[ShownLink]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template context `shell`. Two queries for a person who is logged in, none for the public."""
    user = getattr(request, "user", None)
    context: dict[str, Any] = {"now": clock.now(), "sections": [], "roles": [], "unread": 0}
    links = PUBLIC_LINKS
    if isinstance(user, User):
        context["sections"] = _sections(request, {Role(grant.role) for grant in user.grants})
        context["roles"] = sorted({_role_line(grant) for grant in user.grants})
        context["unread"] = Notification.objects.filter(user=user, read_at=None).count()
        links = (Link(_("工作台"), "workbench", "layout-dashboard"), *PUBLIC_LINKS)  # type: ignore[assignment]
    context["links"] = [_shown(request, link) for link in links]
    return {"shell": context}


def _sections(request: HttpRequest, roles: set[Role]) -> list[ShownSection]:
    shown, seen = [], set[str]()
    for section in SECTIONS:
        if section.roles and not (roles & set(section.roles)):
            continue
        links = [
            link for link in section.links if link.view not in seen and (not link.roles or roles & set(link.roles))
        ]
        seen |= {link.view for link in links}
        if links:
            shown.append(ShownSection(str(section.label), [_shown(request, link) for link in links]))
    # Under /reviews/ties/ one is not at /reviews/, too.
    here = max((link.url for section in shown for link in section.links if link.is_here), key=len, default="")
    return [
        replace(section, links=[replace(link, is_here=link.url == here) for link in section.links]) for section in shown
    ]


def _shown(request: HttpRequest, link: Link) -> ShownLink:
    url = link.view if link.view.startswith("/") else reverse(link.view)
    is_here = request.path == url if url in ("/", "/workbench/") else request.path.startswith(url)
    return ShownLink(str(link.label), url, link.icon, is_here)


def _role_line(grant: Any) -> str:
    scope = grant.agency.short_name if grant.agency_id else ""
    return f"{grant.get_role_display()}{'·' if scope else ''}{scope}"
