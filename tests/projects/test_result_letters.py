"""结果告知书: what it says, whose names it keeps, who may read it, and that its paper is drawn once."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import Role, User
from attachments import store
from projects.documents.result_letter import LetterPress, ResultLetter
from projects.models import Bid, DecisionLetter
from projects.tasks import draw_decision_letters
from review.models import Expert, ScoreSheet
from tests import delivery_factories as f
from tests.workflows.conftest import module_db  # noqa: F401
from workflows.award import AwardDecisionFlow
from workflows.decision_batch import preview
from workflows.decision_plan import Words
from workflows.engine import perform
from workflows.models import AuditEntry
from workflows.refused import Refused

NUMBER = "鲁科字〔2026〕29号"
COMMENT = "目标明确，路线可行。胶东测试中心李建国团队的同类装置可供对照，团队与条件具备，风险可控，建议按程序推进。"
LETTER = ResultLetter(
    kind="REJECT", bid_id=1, issuer="海岱省科学技术厅", document_no="海科字〔2026〕29号", addressee="齐鲁人工智能研究院",
    list_number="SD-2026-01", list_title="数字经济揭榜挂帅榜单", challenge="万卡级国产算力集群大模型训练效率提升",
    bid_number="SD-2026-01-001-B00007", bid_title="面向国产算力集群的训练调度", pi="欧阳明远", score="72.50",
    award_yuan=0, is_race=False, reason="综合得分 72.50，未达到合格线 75 分。",
    opinions=("技术路线尚不完整，关键指标缺少测试依据。", "团队基础较好，经费测算偏高。"),
    contact="高新技术处 0531-88880000", told_on="2026-06-10", contest_until="2026-06-25",
)  # fmt: skip


def text_of(paper: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(paper)).pages)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_refused_team_reads_reason_opinions_and_how_to_contest_until_when() -> None:
    text = text_of(LetterPress([LETTER]).draw(LETTER))
    for said in (
        "海岱省科学技术厅文件", "海科字〔2026〕29号", "齐鲁人工智能研究院：", "不予立项。", "综合得分：72.50分",
        "理由：综合得分72.50，未达到合格线75分。", "（1）技术路线尚不完整", "（2）团队基础较好",
        "在2026年6月25日前向我单位书面申请复审", "学术判断有不同意见的，不作为申请复审的理由", "2026年6月10日印发",
    ):  # fmt: skip
        assert said in text, said


def test_letters_that_are_told_together_have_the_same_bytes_each_time() -> None:
    letters = [LETTER, ResultLetter(**{**vars(LETTER), "kind": "AWARD", "award_yuan": 2_000_000, "reason": ""})]
    first, again = (
        [press.draw(letter) for letter in letters] for press in (LetterPress(letters), LetterPress(letters))
    )
    assert first == again
    assert "立项经费200.00万元" in text_of(first[1])


@pytest.fixture(scope="module")
def cleared(module_db: None) -> f.World:  # noqa: F811
    w = f.world()
    f.cleared_decision(w, scores=("90", "80", "60"), comment=COMMENT)
    return w


@pytest.fixture
def w(cleared: f.World, db: None, settings: Any) -> f.World:
    settings.S3_BUCKET = "jiebang-tests"
    return f.fresh(cleared)


def issued(w: f.World) -> list[DecisionLetter]:
    with f.on(f.ISSUED):
        f.carried_out(w, "ISSUE", document_no=NUMBER)
    return list(DecisionLetter.objects.filter(decision=w.decision).order_by("pk"))


def in_the_pool(w: f.World, name: str, unit: str) -> None:
    organisation = f.organisation(unit)
    organisation.name = unit
    organisation.save()
    user = f.person(name, org=organisation)
    user.name = name
    user.save()
    Expert.objects.create(agency=w.agency, user=user, organisation=organisation, seat_type="TECHNICAL", title="教授")


@pytest.mark.django_db
def test_papers_are_drawn_once_and_their_digest_is_noted(w: f.World) -> None:
    letters = issued(w)
    assert draw_decision_letters.run(w.decision.pk) == 3
    assert draw_decision_letters.run(w.decision.pk) == 0
    for letter in letters:
        letter.refresh_from_db()
        paper = store.read_all(letter.object_key)
        assert hashlib.sha256(paper).hexdigest() == letter.pdf_sha256
        assert letter.bid.title in text_of(paper)


@pytest.mark.django_db
def test_a_team_downloads_its_own_letter_and_no_other(w: f.World) -> None:
    award, _reserve, reject = issued(w)
    paths = [reverse("letter", args=[found.bid.uuid, found.kind.lower()]) for found in (award, reject)]
    own, others = w.teams[0], w.teams[2]
    for user in (own.pi, own.admin, w.rec_user, w.officer):
        answer = client_of(user).get(paths[0])
        assert answer.status_code == 200, user
        assert "准予立项" in text_of(answer.content)
    for user in (others.pi, others.admin, w.dem_user, w.finance, f.world().officer):
        assert client_of(user).get(paths[0]).status_code == 404, user
    assert client_of(own.pi).get(paths[1]).status_code == 404
    assert Client().get(paths[0]).status_code == 302


@pytest.mark.django_db
def test_rule_2_0_the_collated_opinions_go_with_the_result_and_name_nobody(w: f.World) -> None:
    letter = issued(w)[2]
    assert letter.content["opinions"] == [COMMENT] * 3
    seats = [sheet.assignment for sheet in ScoreSheet.objects.filter(bid=letter.bid).select_related("assignment")]
    text = str(letter.content)
    for seat in seats:
        assert seat.alias not in text
        assert seat.expert.user.name not in text
        assert seat.expert.organisation.name not in text


@pytest.mark.django_db
def test_rule_2_0_an_opinion_that_names_an_expert_or_a_unit_of_the_pool_does_not_go_out(w: f.World) -> None:
    in_the_pool(w, "李建国", "胶东测试中心")
    secretary = f.person("秘书", Role.SEC, agency=w.agency)
    with f.on(f.ISSUED):
        with pytest.raises(Refused, match="评审秘书先修改"):
            f.carried_out(w, "ISSUE", document_no=NUMBER)
        page = client_of(secretary).get(reverse("decision_opinions", args=[w.challenge_list.number])).content.decode()
        assert "有 9 条意见须先修改" in page
        assert "胶东测试中心、李建国" in page
        sheets = ScoreSheet.objects.filter(bid__challenge__challenge_list=w.challenge_list).order_by("pk")
        clean = "目标明确，路线可行。已有同类装置可供对照，团队与条件具备，风险可控，建议按程序推进。"
        first = sheets[0]
        with pytest.raises(Refused, match="李建国"):
            perform(AwardDecisionFlow, w.decision, "edit_opinion", by=secretary, sheet=first.pk, text=COMMENT[10:],
                    names_nobody=False)  # fmt: skip
        with pytest.raises(Refused, match="权限"):
            perform(AwardDecisionFlow, w.decision, "edit_opinion", by=w.officer, sheet=first.pk, text=clean)
        for sheet in sheets:
            perform(AwardDecisionFlow, w.decision, "edit_opinion", by=secretary, sheet=sheet.pk, text=clean)
        f.carried_out(w, "ISSUE", document_no=NUMBER)
    told = DecisionLetter.objects.filter(decision=w.decision)
    assert [letter.content["opinions"] for letter in told] == [[clean] * 3] * 3
    assert set(sheets.values_list("comment", flat=True)) == {COMMENT}, "the original is kept"
    entry = AuditEntry.objects.filter(transition="edit_opinion").order_by("seq")[0]
    assert entry.payload["original_sha256"] == hashlib.sha256(COMMENT.encode()).hexdigest()


@pytest.mark.django_db
def test_the_secretary_may_say_that_a_word_is_no_name(w: f.World) -> None:
    in_the_pool(w, "明确", "某单位")
    secretary = f.person("秘书", Role.SEC, agency=w.agency)
    with f.on(f.ISSUED):
        assert preview(w.decision, "ISSUE", w.officer, Words(document_no=NUMBER)).named
        for sheet in ScoreSheet.objects.filter(bid__challenge__challenge_list=w.challenge_list):
            perform(AwardDecisionFlow, w.decision, "edit_opinion", by=secretary, sheet=sheet.pk, text=COMMENT,
                    names_nobody=True)  # fmt: skip
        f.carried_out(w, "ISSUE", document_no=NUMBER)
    assert Bid.objects.filter(state="AWARDED", challenge__challenge_list=w.challenge_list).exists()


@pytest.mark.django_db
def test_a_sample_of_each_kind_can_be_printed_before_anything_is_decided(w: f.World) -> None:
    with f.on(f.ISSUED):
        for kind, said in (("award", "准予立项"), ("reserve", "列为备选"), ("reject", "不予立项")):
            path = reverse("decision_sample", args=[w.challenge_list.number, kind])
            assert said in text_of(client_of(w.officer).get(path).content)
            assert client_of(w.teams[0].pi).get(path).status_code == 404
    assert not DecisionLetter.objects.filter(decision=w.decision).exists()
