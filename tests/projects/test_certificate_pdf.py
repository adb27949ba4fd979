"""Certificates as paper: what is printed, on one page, in real glyphs, the same bytes every time."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pypdf import PdfReader

from projects.documents import fonts
from projects.documents.certificate import TITLES, render_certificate, render_certificates, wan
from projects.documents.content import CertificateContent
from projects.documents.fonts import MissingFont, faces_for
from projects.documents.qr import QUIET_ZONE, SYMBOL_MM, qr_image

AWARD = CertificateContent(
    kind="AWARD",
    number="鲁科立〔2026〕0012号",
    holder="齐鲁人工智能研究院",
    project_number="SDJB-2026-AI-007-01",
    project_title="面向国产算力集群的大模型训练调度关键技术",
    pi="欧阳明远",
    issuer="海岱省科学技术厅",
    issued_on=date(2026, 3, 8),
    partners=("泉城大学", "东岳超算中心有限公司"),
    period_start=date(2026, 4, 1),
    period_end=date(2028, 3, 31),
    money_yuan=12_345_678,
    programme="揭榜挂帅",
    challenge="万卡级国产算力集群大模型训练效率提升",
    token="Xk3v_9QmPz-rT5wLbY2aHg",
)
MM = 72 / 25.4


def read(paper: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(paper))


def text_of(paper: bytes) -> str:
    return "".join(read(paper).pages[0].extract_text().split())


@pytest.fixture(scope="module")
def award() -> bytes:
    from django.conf import settings

    assert settings.PUBLIC_URL
    return render_certificate(AWARD)


def test_everything_on_record_is_printed(award: bytes) -> None:
    text = text_of(award)
    for printed in (
        "立项证书", AWARD.number, AWARD.holder, AWARD.project_number, AWARD.project_title, AWARD.pi,
        AWARD.issuer, "揭榜挂帅", "泉城大学、东岳超算中心有限公司", "2026年4月至2028年3月", "1,234.57万元",
        "2026年3月8日", "电子印章接入前无签章效力", "验证码Xk3v_9Qm", "/verify/",
    ):  # fmt: skip
        assert printed in text, printed


def test_it_is_one_a4_landscape_page_in_tagged_chinese_with_its_number_as_title(award: bytes) -> None:
    reader = read(award)
    page = reader.pages[0]
    assert len(reader.pages) == 1
    assert math.isclose(page.mediabox.width, 297 * MM, abs_tol=0.5)
    assert math.isclose(page.mediabox.height, 210 * MM, abs_tol=0.5)
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "zh-CN"
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == f"立项证书 {AWARD.number}"
    assert reader.metadata.author == AWARD.issuer
    assert reader.metadata["/CreationDate"] == "D:20260308"
    assert b"pdfaid" in reader.xmp_metadata.stream.get_data()  # type: ignore[union-attr]


def test_fonts_are_embedded_and_named(award: bytes) -> None:
    reader = read(award)
    assert reader.metadata is not None
    assert "song=" in str(reader.metadata["/fonts"])
    embedded: Any = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    for font in embedded.values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
    assert len(award) < 150_000


def test_the_same_content_gives_the_same_bytes(award: bytes) -> None:
    assert render_certificate(AWARD) == award
    assert render_certificate(replace(AWARD, pi="李明")) != award


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("AWARD", "准予立项。特发此证。"),
        ("ACCEPTANCE", "已完成任务书约定的攻关任务，经验收专家组评议和社会公示，通过验收。特发此证。"),
        ("WINNER", "在“万卡级国产算力集群大模型训练效率提升”榜题的揭榜攻关中"),
    ],
)
def test_each_kind_has_its_title_and_words_and_none_is_a_science_award(kind: str, sentence: str) -> None:
    text = text_of(render_certificate(replace(AWARD, kind=kind)))
    assert TITLES[kind] in text
    assert sentence in text
    assert "科学技术奖" not in text


def test_what_is_not_known_is_left_out_without_an_empty_label() -> None:
    text = text_of(
        render_certificate(replace(AWARD, partners=(), money_yuan=None, period_end=None, programme="", token=""))
    )
    for label in ("参加单位", "立项经费", "执行期限", "None", "验证码Xk"):
        assert label not in text


def test_a_batch_prints_each_its_own() -> None:
    papers = render_certificates([replace(AWARD, number=f"鲁科立〔2026〕{n:04d}号", pi=f"丁{n}") for n in range(5)])
    assert [f"〔2026〕{n:04d}号" in text_of(paper) for n, paper in enumerate(papers)] == [True] * 5
    assert render_certificates([]) == []


@pytest.mark.parametrize("size", [10, 40, 80])
def test_long_names_are_set_closer_and_stay_on_one_page(size: int) -> None:
    content = replace(
        AWARD,
        holder="国家人工智能联合创新研究院" * 9,
        project_title="关键技术研究与应用示范" * 7,
        partners=tuple("联" * size + n for n in "甲乙丙丁"),
        issuer="东部经济技术开发区科学技术与工业信息化局",
    )
    paper = render_certificate(content)
    assert len(read(paper).pages) == 1
    text = text_of(paper)
    assert content.holder in text
    assert "、".join(content.partners) in text


def test_rare_characters_of_extension_b_are_printed_not_boxed() -> None:
    """𠮷 and 𫖮 are in 通用规范汉字表's reach, 𪚥 only in a rare-character face."""
    rare = "𠮷𫖮𪚥"
    text = text_of(render_certificate(replace(AWARD, pi=rare)))
    assert f"项目负责人{rare}" in text
    printed = {c for found in faces_for("kai", rare).values() for c in found}
    assert printed == set(rare)


def test_a_character_that_no_font_has_stops_the_paper_with_its_name() -> None:
    with pytest.raises(MissingFont, match=r"（U\+F8FF）.*apt-get install"):
        render_certificate(replace(AWARD, pi="张\uf8ff"))


def test_without_any_chinese_font_the_cure_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "installed_faces", dict)
    with pytest.raises(MissingFont, match="fonts-noto-cjk"):
        render_certificate(AWARD)


def test_markup_in_names_is_printed_as_text() -> None:
    evil = '<img src="http://127.0.0.1:9/x"><script>1</script>'
    assert "".join(evil.split()) in text_of(render_certificate(replace(AWARD, project_title=evil)))


def test_the_qr_code_holds_the_address_with_the_token_in_its_quiet_zone(settings: Any) -> None:
    import segno

    settings.PUBLIC_URL = "https://jiebang.example.gov.cn/"
    from projects.documents.certificate import verify_url

    url = verify_url(AWARD.token)
    assert url == "https://jiebang.example.gov.cn/verify/Xk3v_9QmPz-rT5wLbY2aHg/"
    image, side = qr_image(url)
    modules = segno.make(url, error="m", boost_error=False, micro=False).symbol_size(border=0)[0]
    assert image.startswith("data:image/svg+xml")
    assert math.isclose(side / (modules + 2 * QUIET_ZONE) * modules, SYMBOL_MM, abs_tol=0.01)
    assert SYMBOL_MM / modules >= 0.7, "a phone needs modules of at least 0.7 mm"


def test_content_survives_json_and_never_carries_the_token() -> None:
    data = AWARD.to_data()
    assert "token" not in data
    assert CertificateContent.from_data(data) == replace(AWARD, token="")
    assert CertificateContent.from_data({**data, "added_later": 1}) == replace(AWARD, token="")


def test_money_is_rounded_half_up() -> None:
    assert wan(12_345_650) == "1,234.57"
    assert wan(0) == "0.00"
