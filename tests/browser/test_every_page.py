"""What holds for every page: nothing for axe to find, no sideways scrolling, no script or policy error."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import Role, User
from projects.models import Bid, ChallengeList
from tests.browser.desk import Open
from tests.delivery_factories import (
    RACE_321,
    World,
    issued_decision,
    on,
    person,
    published_list,
    sign,
    team,
    world,
)
from tests.pool_factories import CARD, ID_NUMBER, Pool
from workflows.bid import BidFlow
from workflows.challenge_list import ChallengeListFlow
from workflows.engine import start
from workflows.pool import keep_identity

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = Path(settings.BASE_DIR) / "static" / "vendor" / "axe" / "axe.min.js"


def addresses(w: World, bid: Bid) -> list[tuple[User | None, str]]:
    """One page of every kind, with somebody who may see it."""
    decided = w.projects[0].bid
    round_ = decided.challenge.rounds.get()
    seat = round_.assignments.order_by("alias").first()
    sheet = seat.sheets.first()
    number = decided.challenge.challenge_list.number
    public = ["/", "/lists/", f"/lists/{number}/", "/challenges/", decided.challenge.get_absolute_url(), "/notices/",
              w.notice.get_absolute_url(), "/login/", "/verify/", "/open/", "/challenges/?q=引擎", "/challenges/?q=没有的词",
              "/nowhere/"]  # fmt: skip
    team = ["/workbench/", "/bids/", bid.get_absolute_url(), reverse("bid_new", args=[bid.challenge.number])]
    project = w.projects[0]
    staff = ["/workbench/", "/bids/", f"/lists/{number}/", "/new/list/", f"/lists/{bid.challenge.challenge_list.number}/",
             decided.get_absolute_url(), reverse("formal_check", args=[decided.uuid]), round_.get_absolute_url(), "/rounds/",
             f"/decisions/{number}/", f"/decisions/{number}/?view=list", f"/decisions/{number}/opinions/", f"/decisions/{number}/preview/issue/",
             w.decision.batches.first().get_absolute_url(), project.get_absolute_url(), project.milestones.first().get_absolute_url(),
             w.race.get_absolute_url(), "/objections/", "/reconsiderations/", "/extensions/", "/tranches/", "/certificates/", "/acceptances/"]  # fmt: skip
    expert = ["/reviews/", seat.get_absolute_url(), sheet.get_absolute_url()]
    found: list[tuple[User | None, str]] = [(None, url) for url in public]
    found += [(bid.pi, url) for url in team] + [(w.officer, url) for url in staff]
    found += [(seat.expert.user, url) for url in expert]
    found += [
        (person("审计", Role.AUD), "/audit/"),
        (person("系统", Role.SYS), "/outbox/"),
        (w.supervisor, "/draws/"),
        (w.officer, "/notifications/"),
        (w.officer, "/subscriptions/?field=AI"),
    ]
    keeper = person("秘书", Role.SEC, agency=w.agency)
    row = Pool(w, keeper, seat.expert.organisation).upload_some(seat.expert)
    entry = seat.expert.get_absolute_url()
    found += [
        (keeper, url)
        for url in ("/experts/", "/experts/?q=没有的词", entry, "/experts/import/", row.get_absolute_url())
    ]
    profile = f"/expert-profile/{w.agency.code}/"
    found += [(seat.expert.user, url) for url in (profile, f"{profile}identity/")]
    keep_identity(seat.expert, by=seat.expert.user, kind="ID_CARD", number=ID_NUMBER, bank="岱海银行", account=CARD)
    found += [(w.finance, url) for url in ("/expert-fees/", f"/expert-fees/{seat.expert_id}/")]
    return found


@pytest.fixture
def everything(db: None) -> list[tuple[User | None, str]]:
    w = world(RACE_321)
    issued_decision(w, scores=("92", "90", "88"), lanes=3, cap_yuan=20_000_000)
    for project in w.projects:
        sign(w, project)
    other = world()
    t = team(other)
    bid = Bid(challenge=published_list(other).challenges.get(), organisation=t.organisation, pi=t.pi, title="草稿")
    with on(date(2026, 4, 1)):
        start(BidFlow, bid, by=t.pi)
    return addresses(w, bid)


def look(page: Page, url: str) -> dict[str, Any]:
    page.goto(url)
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return found


def test_every_page_is_accessible_fits_its_window_and_keeps_the_policy(
    everything: list[tuple[User | None, str]], open_as: Open
) -> None:
    """Axe is injected, so it needs a window without the content policy; the narrow one keeps it."""
    wide: dict[int | None, Page] = {}
    narrow: dict[int | None, Page] = {}
    complaints: list[str] = []
    for user, url in everything:
        key = user.pk if user else None
        if key not in wide:
            wide[key] = open_as(user, bypass_csp=True)
            narrow[key] = open_as(user, narrow=True)
            narrow[key].on(
                "console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None
            )
        for violation in look(wide[key], url)["violations"]:
            complaints.append(f"{url}: {violation['id']} {violation['nodes'][0]['html'][:120]}")
        narrow[key].goto(url)
        width = narrow[key].evaluate("document.documentElement.scrollWidth")
        if width > 390:
            complaints.append(f"{url}: {width} px wide on a phone")
    assert not complaints, "\n".join(complaints)


def test_buttons_work_without_script(open_as: Open) -> None:
    w = world()
    division = w.agency.divisions.create(name="高新处")
    row = ChallengeList(agency=w.agency, division=division, rule_set=w.rule_set, number="SD-1", title="榜单", year=2026)
    start(ChallengeListFlow, row, by=w.officer)
    page = open_as(w.officer, java_script_enabled=False)
    page.goto(row.get_absolute_url())
    page.click("[data-action='list.open_collection']")
    page.click("[data-submit='list.open_collection']")
    assert "已办理：启动需求征集" in page.inner_text(".jb-alert-success")
