"""立项通知书: what it says, in the geometry of GB/T 9704-2012, for the project's readers."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from projects.documents.award_notice import AwardNotice, notice_of, render_award_notice
from tests import delivery_factories as f

MM = 72 / 25.4
NOTICE = AwardNotice(
    issuer="海岱省科学技术厅", document_no="海科字〔2026〕29号", issued_on=date(2026, 6, 10),
    addressee="齐鲁人工智能研究院", list_number="SD-2026-01", list_title="数字经济揭榜挂帅榜单",
    challenge="万卡级国产算力集群大模型训练效率提升", project_number="SD-2026-01-P007",
    project_title="面向国产算力集群的大模型训练调度关键技术", pi="欧阳明远",
    partners=("泉城大学", "东岳超算中心有限公司"), recommender="泉城市科学技术局", months=24,
    award_yuan=12_000_000, is_race=False, payment_plan=(40, 40, 20), contract_due_on=date(2026, 7, 10),
    contact="高新技术处 0531-88880000",
)  # fmt: skip


def pages(paper: bytes) -> list[Any]:
    return list(PdfReader(io.BytesIO(paper)).pages)


def text_of(paper: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in pages(paper))


def placed(page: Any) -> list[tuple[float, float, str]]:
    """(x, y from the paper's top, text) in mm of every run of text."""
    found: list[tuple[float, float, str]] = []

    def note(text: str, matrix: list[float], text_matrix: list[float], font: Any, size: float) -> None:
        if text.strip():
            # WeasyPrint draws upside down in a flipped coordinate system of CSS pixels.
            x, y = text_matrix[4] * matrix[0] + matrix[4], text_matrix[5] * matrix[3] + matrix[5]
            found.append((x / MM, 297 - y / MM, text.strip()))

    page.extract_text(visitor_text=note)
    return found


def test_it_says_who_is_awarded_what_and_what_to_do_until_when() -> None:
    text = text_of(render_award_notice(NOTICE))
    for said in (
        "海岱省科学技术厅文件", "海科字〔2026〕29号", "齐鲁人工智能研究院：", "SD-2026-01-P007", "欧阳明远",
        "泉城大学、东岳超算中心有限公司", "24个月", "1,200.00万元", "分3笔拨付，比例依次为40%、40%、20%",
        "2026年7月10日前", "2026年6月10日", "抄送：泉城市科学技术局。", "2026年6月10日印发", "—1—", "—2—",
        "电子印章接入前无签章效力",
    ):  # fmt: skip
        assert said in text, said


def test_text_keeps_to_the_block_of_the_standard() -> None:
    paper = render_award_notice(NOTICE)
    assert len(pages(paper)) == 2
    first = pages(paper)[0]
    assert math.isclose(first.mediabox.width, 210 * MM, abs_tol=0.5)
    runs = placed(first)
    body = [(x, y) for x, y, text in runs if "—" not in text]
    assert min(x for x, _ in body) >= 28 - 0.5
    assert all(37 <= y <= 37 + 225 + 1 for _, y in body), "天头 37 mm, 版心 225 mm"
    number = next(y for _, y, text in runs if "—" in text)
    assert number > 37 + 225


def test_lines_are_28_95_points_apart_so_that_22_fit() -> None:
    second = sorted({round(y, 1) for x, y, _ in placed(pages(render_award_notice(NOTICE))[1])})
    steps = [b - a for a, b in pairwise(second[:11])]
    assert all(math.isclose(step * MM, 28.95, abs_tol=0.4) for step in steps)
    assert 22 * 28.95 <= 225 * MM < 23 * 28.95


def test_the_date_never_stands_on_a_page_without_text() -> None:
    for lines in range(0, 60, 6):
        paper = render_award_notice(replace(NOTICE, partners=tuple(f"第{n}参加单位有限公司" for n in range(lines))))
        last = "".join(pages(paper)[-1].extract_text().split())
        assert "联系方式：" in last
        assert "2026年6月10日" in last


def test_a_lane_is_told_that_its_money_depends_on_the_stages() -> None:
    text = text_of(render_award_notice(replace(NOTICE, is_race=True, payment_plan=())))
    assert "实行赛马制，按阶段考核结果核定，最高1,200.00万元" in text
    assert "笔拨付" not in text


@pytest.mark.django_db
def test_the_project_readers_get_it_from_the_day_of_issue(settings: Any) -> None:
    settings.S3_BUCKET = "jiebang-tests"
    w = f.world()
    f.issued_decision(w)
    project = w.projects[0]
    notice = notice_of(project)
    assert notice is not None
    assert (notice.document_no, notice.issued_on) == ("鲁科字〔2026〕29号", f.ISSUED)
    address = reverse("award_notice", args=[project.number])
    answers = [client_of(user).get(address) for user in (project.pi, w.officer, project.pi)]
    assert [a.status_code for a in answers] == [200] * 3
    assert answers[0].content == answers[1].content == answers[2].content
    assert project.title in text_of(answers[0].content)
    assert client_of(f.world().officer).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert address in client_of(project.pi).get(project.get_absolute_url()).content.decode()


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client
