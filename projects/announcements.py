"""What was announced to everybody, the latest first: lists published, calls corrected or extended, notices begun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from itertools import chain
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from config.templatetags.jiebang import instant
from projects.models import Amendment, PublicNotice
from projects.queries import challenges_visible_to, lists_visible_to, notices_visible_to
from workflows.clock import SHANGHAI
from workflows.models import AuditEntry

#: As many as a reader who looks once a month can have missed.
LATEST = 50
#: Lists whose corrections are looked for: an older one has long been closed.
LISTS_LOOKED_AT = 200


@dataclass(frozen=True)
class Announcement:
    """`key` tells apart what happened on one page."""

    at: datetime
    key: str
    category: str
    title: str
    text: str
    path: str
    agency: str


def announcements(field: str = "") -> list[Announcement]:
    """At most `LATEST`; with `field` (a `Challenge.Field`) only what concerns a challenge in it. Five queries."""
    found = list(chain(_lists(field), _notices(field)))
    return sorted(found, key=lambda one: (one.at, one.path, one.key), reverse=True)[:LATEST]


def _lists(field: str) -> Iterator[Announcement]:
    shown = challenges_visible_to(None)
    shown = shown.filter(field=field) if field else shown
    lists = lists_visible_to(None).filter(published_at__isnull=False, pk__in=shown.values("challenge_list"))
    rows = {row.pk: row for row in lists.select_related("agency").order_by("-published_at", "-pk")[:LISTS_LOOKED_AT]}
    titles: dict[int, list[str]] = {pk: [] for pk in rows}
    for parent, title in (
        shown.filter(challenge_list__in=rows).order_by("number").values_list("challenge_list", "title")
    ):
        titles[parent].append(title)
    for row in rows.values():
        assert row.published_at is not None  # filtered above
        text = _("揭榜截止 %(close)s。榜题：%(titles)s") % {
            "close": instant(row.bid_close_at), "titles": "；".join(titles[row.pk])
        }  # fmt: skip
        yield _announcement(row, row.published_at, "published", _("榜单发布"), text)
    for change in Amendment.objects.filter(challenge_list__in=rows):
        until = _("揭榜截止延长至 %s。") % instant(change.new_close_at) if change.new_close_at else ""
        row = rows[change.challenge_list_id]
        yield _announcement(row, change.at, f"amended-{change.no}", change.get_kind_display(), f"{until}{change.text}")


def _notices(field: str) -> Iterator[Announcement]:
    rows = notices_visible_to(None).select_related("agency")
    if field:
        concerned = challenges_visible_to(None).filter(field=field)
        rows = rows.filter(
            Q(decision__challenge_list__in=concerned.values("challenge_list"))
            | Q(race__challenge__in=concerned)
            | Q(acceptance__project__bid__challenge__in=concerned)
        )
    found = {row.pk: row for row in rows.order_by("-starts_on", "-pk")[:LATEST]}
    begun = {int(entry.object_id): entry.at for entry in _entries(PublicNotice, found, "publish")}
    for pk, row in found.items():
        assert row.starts_on is not None  # the public reads no notice that has not begun
        at = begun.get(pk) or datetime.combine(row.starts_on, time(), SHANGHAI)
        text = _("公示期 %(first)s 至 %(last)s（含首尾两日）。") % {"first": row.starts_on, "last": row.ends_on}
        yield _announcement(row, at, "begun", str(row.get_kind_display()), f"{text}{row.body}")


def _entries(model: Any, ids: Iterable[int], transition: str) -> Iterable[AuditEntry]:
    return AuditEntry.objects.filter(
        object_type=model._meta.label_lower, object_id__in=[str(pk) for pk in ids], transition=transition
    ).only("at", "object_id")


def _announcement(row: Any, at: datetime, key: str, category: str, text: str) -> Announcement:
    return Announcement(
        at, key, category, f"{category}：{row.title}", text, row.get_absolute_url(), row.agency.short_name
    )
