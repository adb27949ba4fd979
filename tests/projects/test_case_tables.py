"""The queues of notices, objections, extensions and reconsiderations: narrowed, ordered, taken along as CSV."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from projects.models import Objection
from tests import delivery_factories as f
from workflows.objection import file_objection

pytestmark = pytest.mark.django_db
AUTHOR = "金丝雀某人"


@pytest.fixture(scope="module")
def base(module_db: None) -> f.World:
    """A notice with two objections."""
    w = f.world()
    f.noticed_decision(w)
    with f.on(date(2026, 6, 3)):
        for _ in range(2):
            file_objection(
                w.notice,
                by=f.person("群众"),
                author_name=AUTHOR,
                author_contact="13800000000",
                grounds="该项目重复立项，依据见附件",
            )
    return w


@pytest.fixture
def w(base: f.World, db: None) -> f.World:
    return f.fresh(base)


def read(user: Any, url: str) -> str:
    client = Client()
    if user is not None:
        client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.getvalue().decode()


def numbers(user: Any, query: str = "") -> list[str]:
    """Of objections in the export, in its order."""
    return [line.split(",")[0] for line in read(user, f"/objections/export.csv{query}").splitlines()[1:]]


def test_a_queue_is_narrowed_and_ordered_and_exported_as_it_is_shown(w: f.World) -> None:
    first, second = Objection.objects.order_by("pk").values_list("number", flat=True)
    assert numbers(w.officer) == [second, first]
    assert numbers(w.officer, "?sort=number") == [first, second]
    assert numbers(w.officer, f"?q={first}") == [first]
    assert numbers(w.officer, "?state=CLOSED") == []
    assert first in read(w.officer, "/objections/?state=RECEIVED&sort=-due")
    assert "没有符合条件的记录" in read(w.officer, "/objections/?state=CLOSED")


def test_an_export_holds_what_its_reader_may_see_and_no_author(w: f.World) -> None:
    assert AUTHOR not in read(w.officer, "/objections/export.csv")
    assert numbers(f.world().officer) == []
    assert numbers(w.officer, f"?q={AUTHOR}") == [], "nobody finds out who objects by searching"
    assert Client().get("/objections/export.csv").status_code == 302


def test_the_public_narrows_and_exports_notices(w: f.World) -> None:
    with f.on(date(2026, 6, 3)):
        assert w.notice.title in read(None, f"/notices/?kind=AWARD&q={w.notice.number}")
        assert w.notice.title not in read(None, "/notices/?kind=STAGE")
        text = read(None, "/notices/export.csv")
    assert text.startswith("\ufeff公示编号,公示,类别")
    assert "拟立项公示" in text
    assert "2026-06-01" in text


def test_lists_are_ordered_by_what_their_reader_chooses(w: f.World) -> None:
    other = f.published_list(f.world())
    own = w.challenge_list.number
    for query, first in (("?sort=number", min(own, other.number)), ("?sort=-number", max(own, other.number))):
        page = read(None, f"/lists/{query}")
        assert min((own, other.number), key=page.index) == first


@pytest.mark.parametrize("name", ["extensions", "reconsiderations"])
def test_the_other_queues_answer_the_same_way(w: f.World, name: str) -> None:
    assert "导出 CSV" in read(w.officer, f"/{name}/?q=x&sort=-unit&state=nonsense")
    assert read(w.officer, f"/{name}/export.csv").count("\r\n") == 1
