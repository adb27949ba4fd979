"""What a bid takes over from the profiles of its unit and its PI, so that nobody types it twice."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Organisation, User

LONGEST_TEAM = 2000


def team_words(organisation: Organisation, pi: User) -> str:
    """A beginning for 团队与条件; the team rewrites it as it likes."""
    about = "，".join(filter(None, [pi.job_title, pi.speciality]))
    person = "：".join(filter(None, [_("项目负责人 %s") % pi.name + (f"（{about}）" if about else ""), pi.biography]))
    parts = [organisation.introduction, person if pi.biography else ""]
    return "\n".join(filter(None, parts))[:LONGEST_TEAM]


def missing_facts(organisation: Organisation, pi: User) -> list[str]:
    """Names of what the agency needs to know about a bidder and is in no profile yet. A job title or a degree
    is never among them: 揭榜 knows no such thresholds (domain 2.2)."""
    asked = [(organisation, "legal_person"), (organisation, "contact_phone"), (pi, "phone")]
    return [
        f"{_('单位资料') if row is organisation else _('负责人资料')}·{row._meta.get_field(name).verbose_name}"  # type: ignore[union-attr]
        for row, name in asked
        if not getattr(row, name)
    ]


def frozen(organisation: Organisation, pi: User) -> dict[str, Any]:
    """As they stand at the hand-in. Telephone numbers stay out: a snapshot is read by many."""
    return {
        "organisation": {
            "uscc": organisation.uscc, "name": organisation.name, "kind": organisation.kind, "region": organisation.region,
            "legal_person": organisation.legal_person, "introduction": organisation.introduction,
        },
        "pi": {
            "id": pi.pk, "name": pi.name, "job_title": pi.job_title, "speciality": pi.speciality, "biography": pi.biography,
        },
    }  # fmt: skip
