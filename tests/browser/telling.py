"""The chapters that both whole stories share, from publication to a verified certificate, each told by clicking.

Only the timers (closing, the end of a notice) and the background worker act by themselves, as in the product.
Days follow the worked timeline of domain 2.17.
"""

from __future__ import annotations

import io
import re
from datetime import date

from django.contrib.auth.hashers import make_password
from django.urls import reverse
from playwright.sync_api import expect
from pypdf import PdfReader

from accounts.models import Division, Role, User
from attachments import store
from projects.models import Acceptance, Bid, Certificate, ChallengeList, Milestone, Project, Tranche
from projects.tasks import build_certificate_pdf
from review.models import Assignment
from tests.browser.desk import PASSWORD, Desk
from tests.delivery_factories import World, experts, person, team
from tests.wording import comment_of
from workflows.invariants import broken

COMMENT = (
    "目标明确，路线可行，团队与条件具备，里程碑设置合理，经费与任务匹配，预期效益较好，风险总体可控，建议按程序推进。"
)


def cast(w: World, teams: int) -> User:
    """Everybody of the story with a password; returns the secretary of the review."""
    Division.objects.create(agency=w.agency, name="高新技术处")
    secretary = person("秘书", Role.SEC, agency=w.agency)
    for _ in range(teams):
        team(w)
    experts(w)
    User.objects.update(password=make_password(PASSWORD))
    return secretary


def post_a_list(desk: Desk, w: World, *, lanes: int) -> ChallengeList:
    """Written by the officer, approved and published by the leader."""
    desk.on(date(2026, 2, 2))
    page = desk.goto(w.officer, "/new/list/")
    desk.save(page, "list.save", title="数字经济关键技术攻关", number="SD-2026-01", year=2026, quota_target=1,
              division=w.agency.divisions.get().pk, rule_set=w.rule_set.pk,
              contact="高新技术处 0531-00000000", introduction="面向产业一线的真实技术需求公开张榜，谁有本事谁揭榜。",
              bid_close_at="2026-04-21 17:00", rec_close_at="2026-04-22 15:00")  # fmt: skip
    row = w.challenge_list
    page = desk.goto(w.officer, reverse("challenge_new", args=[row.number]))
    desk.save(page, "challenge.save", **{
        "title": "工业现场毫秒级时序数据库内核", "field": "SOFTWARE", "demander": w.demander.pk, "cap_yuan": "1000",
        "months": 24, "lanes": lanes, "background": "产线长期受制于写入瓶颈。", "content": "研制内核并在产线验证。",
        "scenario": "需求单位产线", "bidder_conditions": "中国境内注册的法人单位。", "ip_terms": "归揭榜方所有，需求方优先实施。",
        "indicators-0-name": "单节点写入吞吐", "indicators-0-comparator": ">=", "indicators-0-target": "500",
        "indicators-0-unit": "万点/秒", "indicators-0-check_method": "第三方测试", "indicators-0-steps": "200/400",
        "indicators-1-name": "P99 查询时延", "indicators-1-comparator": "<=", "indicators-1-target": "20",
        "indicators-1-unit": "毫秒", "indicators-1-check_method": "第三方测试", "indicators-1-steps": "40/30",
    })  # fmt: skip
    url = row.get_absolute_url()
    desk.act(w.officer, url, "list.open_collection")
    desk.act(w.officer, url, "list.appraise")
    desk.act(w.lead, url, "list.approve")
    assert desk.page(None).goto(url).status == 404, "nobody outside sees a list before it is published"  # type: ignore[union-attr]
    desk.on(date(2026, 3, 2))
    desk.act(w.lead, url, "list.publish")
    expect(desk.goto(None, url).locator("main")).to_contain_text("工业现场毫秒级时序数据库内核")
    return row


def bid(desk: Desk, w: World, n: int) -> Bid:
    """Filled in section by section, with real files; endorsed by its unit and the recommender."""
    t = w.teams[n]
    page = desk.goto(t.pi, reverse("bid_new", args=[w.challenge.number]))
    desk.save(page, "bid.create", title=f"自主时序数据库内核研制（方案{n + 1}）")
    desk.save(page, "bid.save", recommender=w.recommender.pk, summary="以列存与冷热分层解决写入瓶颈。",
              route_tag=f"路线{n + 1}", route="一、总体架构；二、关键技术；三、验证办法。", team="核心成员十八人。")  # fmt: skip
    desk.save(page, "bid.save", **{"i1-promised": "520", "i1-present_level": "300", "i1-proof": "自测报告",
                                   "i2-promised": "18", "i2-present_level": "35", "i2-proof": "自测报告"})  # fmt: skip
    desk.save(page, "bid.save")
    desk.save(page, "bid.save", requested_yuan="200", matching_yuan="300")
    found = Bid.objects.get(organisation=t.organisation)
    url = found.get_absolute_url()
    page = desk.goto(t.pi, url)
    for slot in ("PROPOSAL", "PLEDGE"):
        desk.upload(page, slot, found.title)
    desk.act(t.pi, url, "bid.hand_in", pledge=True)
    desk.act(t.admin, url, "bid.unit_endorse", matching_confirmed=True)
    desk.act(w.rec_user, url, "bid.recommend", endorsement="方案可行，团队具备条件，同意推荐。")
    return found


def check_formally(desk: Desk, w: World, rows: list[Bid]) -> None:
    for row in rows:
        desk.act(w.officer, row.get_absolute_url(), "bid.begin_formal_check")
        url = reverse("formal_check", args=[row.uuid])
        desk.act(w.officer, url, "formal-check.check", result="PASS")
        desk.act(w.second_officer, url, "formal-check.confirm")


def review(desk: Desk, w: World, secretary: User, scores: dict[int, str]) -> None:
    """Drawn before a witness; scored by three experts; closed by the chair. `scores` by bid."""
    page = desk.goto(w.officer, reverse("round_new", args=[w.challenge.number]))
    desk.save(page, "round.create", secretary=secretary.pk)
    round_ = w.challenge.rounds.get()
    url = round_.get_absolute_url()
    desk.act(w.officer, url, "round.begin_draw", witness=w.supervisor.pk)
    desk.act(w.supervisor, url, "round.draw")
    seats = list(round_.assignments.select_related("expert__user").order_by("alias"))
    for seat in seats:
        desk.act(seat.expert.user, seat.get_absolute_url(), "assignment.accept")
        desk.act(seat.expert.user, seat.get_absolute_url(), "assignment.pledge", confidentiality=True, integrity=True)
    desk.act(secretary, url, "round.name_chair", chair=seats[0].pk)
    desk.act(secretary, url, "round.open_preview")
    desk.act(secretary, url, "round.open_scoring", scoring_until="2026-05-24 17:00")
    for seat in seats:
        score(desk, w, seat, scores)
    desk.act(secretary, url, "round.collate")
    chair, *members = seats
    desk.act(chair.expert.user, url, "round.draft_opinion", panel_opinion=COMMENT, sign_until="2026-05-30 17:00")
    for seat in members:
        desk.act(seat.expert.user, seat.get_absolute_url(), "assignment.sign_opinion")
    desk.act(w.supervisor, url, "round.see_opinion")
    # Nobody here reads for three minutes, which is a flag (D5).
    desk.act(chair.expert.user, url, "round.close", flags_considered=True)


def score(desk: Desk, w: World, seat: Assignment, scores: dict[int, str]) -> None:
    by = seat.expert.user
    for n, sheet in enumerate(seat.sheets.order_by("pk")):
        left, given = float(scores[sheet.bid_id]), {}
        for criterion in w.rule_set.rules.criteria:
            if not criterion.veto:
                given[f"score_{criterion.code.lower()}"] = points = min(left, criterion.max_score)
                left -= points
        page = desk.goto(by, sheet.get_absolute_url())
        desk.save(page, "score-sheet.submit", **given, recommendation="RECOMMEND", comment=comment_of(seat.alias, n))
        expect(page.locator(".jb-alert-success")).to_be_visible()
    desk.act(by, seat.get_absolute_url(), "assignment.submit_all")


def decide(desk: Desk, w: World, row: ChallengeList) -> None:
    """Two meetings, a public notice over five working days, the official document."""
    desk.on(date(2026, 5, 25))
    desk.act(w.officer, row.get_absolute_url(), "list.begin_decision")
    url = w.decision.get_absolute_url()
    desk.act(w.officer, url, "award.submit_to_joint_meeting")
    desk.act(w.officer, url, "award.submit_to_office_meeting", minutes="联席会一致同意。")
    carry_out(desk, w, "publicise", minutes="办公会审议通过。")
    desk.on(date(2026, 6, 1), 9)
    desk.act(w.officer, w.notice.get_absolute_url(), "notice.publish")
    expect(desk.goto(None, w.notice.get_absolute_url()).locator("main")).to_contain_text(w.teams[0].organisation.name)
    desk.on(date(2026, 6, 6), 1)
    desk.on(date(2026, 6, 10))
    carry_out(desk, w, "issue", document_no="鲁科字〔2026〕29号")


def carry_out(desk: Desk, w: World, kind: str, **words: str) -> None:
    """The officer previews and proposes a step for all bids; the leader reads the same and carries it out."""
    page = desk.goto(w.officer, reverse("batch_new", args=[w.challenge_list.number, kind]))
    desk.save(page, "decision-batch.preview", **words)
    desk.save(page, "decision-batch.create")
    desk.act(w.lead, w.decision.batches.order_by("-pk")[0].get_absolute_url(), "decision-batch.approve")


def sign(desk: Desk, w: World, project: Project) -> None:
    admin = next(t.admin for t in w.teams if t.pi.pk == project.pi_id)
    url = project.get_absolute_url()
    for user, action in [(project.pi, "sign_by_pi"), (admin, "sign_by_unit"), (w.rec_user, "sign_by_recommender"),
                         (w.lead, "sign_by_agency")]:  # fmt: skip
        desk.act(user, url, f"project.{action}", agree=True)


def pay(desk: Desk, w: World, project: Project, day: date) -> None:
    """Whatever has met its condition is requested, approved and paid by three people."""
    for _tranche in project.tranches.filter(state=Tranche.State.CONDITION_MET).order_by("no"):
        desk.act(project.pi, project.get_absolute_url(), "tranche.request", at="#tranches")
        desk.act(w.lead, "/tranches/", "tranche.approve")
        desk.act(w.finance, "/tranches/?state=APPROVED", "tranche.pay", paid_on=day)


def report(desk: Desk, milestone: Milestone, *values: str) -> None:
    pi = milestone.project.pi
    page = desk.goto(pi, milestone.get_absolute_url())
    desk.upload(page, "TEST_REPORT", milestone.name)
    numbers = milestone.indicators.order_by("indicator__no").values_list("indicator__no", flat=True)
    actual = {f"actual_{no}": value for no, value in zip(numbers, values, strict=False)}
    desk.act(pi, milestone.get_absolute_url(), "milestone.report", report="按计划完成，测试数据见附件。",
             spent_yuan="600000", test_body="省软件评测中心", **actual)  # fmt: skip


def accept(desk: Desk, w: World, project: Project, day: date) -> Acceptance:
    """Application, test, panel of five, decision; its notice runs and ends."""
    desk.on(day)
    desk.act(project.pi, project.get_absolute_url(), "project.begin_closing")
    acceptance = project.acceptance
    url = acceptance.get_absolute_url()
    page = desk.goto(project.pi, url)
    desk.upload(page, "ACCEPTANCE", project.title)
    desk.act(project.pi, url, "acceptance.apply", report="任务书各项指标均已完成，详见总结报告。",
             spent_yuan="1900000", measured_1="530", measured_2="17")  # fmt: skip
    desk.act(w.officer, url, "acceptance.check_material")
    panel = "\n".join(f"专家{name} 第{name}大学" for name in "甲乙丙丁戊")
    desk.act(w.officer, url, "acceptance.schedule", meeting_on=day, panel=panel)
    desk.act(w.officer, url, "acceptance.test")
    desk.act(w.officer, url, "acceptance.hold_panel")
    desk.act(
        w.officer, url, "acceptance.sign_opinion", score="88", result="PASSED", opinion="逐项测试合格，同意通过验收。"
    )
    desk.act(w.lead, url, "acceptance.approve")
    desk.act(w.officer, w.notice.get_absolute_url(), "notice.publish")
    end = w.notice.ends_on
    assert end is not None
    desk.on(date.fromordinal(end.toordinal() + 1), 1)
    return acceptance


def issue_certificate(desk: Desk, w: World, project: Project, kind: str) -> Certificate:
    """Issued by the leader; its PDF is drawn by the worker; anybody verifies what the paper says."""
    found = project.certificates.get(kind=kind)
    desk.act(
        w.lead,
        project.get_absolute_url(),
        "certificate.issue",
        at=f"#certificates li:has-text('{found.get_kind_display()}')",
    )
    build_certificate_pdf(found.pk)  # what the worker does with the message in the outbox
    found.refresh_from_db()
    paper = store.read_all(found.object_key)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)
    assert found.number is not None
    assert found.number in text
    code = re.search(r"验证码\s*(\S+)", text)
    assert code is not None, text
    page = desk.goto(None, "/verify/")
    page.fill("[name=number]", found.number)
    page.fill("[name=code]", code[1])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".jb-verdict-good")).to_be_visible()
    expect(page.locator("main")).to_contain_text(project.title)
    path = desk.folder / f"{kind}.pdf"
    path.write_bytes(paper)
    page.locator("#compare-input").set_input_files(path)
    expect(page.locator(".jb-compare-result")).to_contain_text("逐字节相同")
    return found


def to_decision(desk: Desk, w: World, scores: tuple[str, ...], *, lanes: int = 1) -> None:
    """From the empty agency to the issued decision."""
    secretary = cast(w, len(scores))
    row = post_a_list(desk, w, lanes=lanes)
    desk.on(date(2026, 4, 10))
    bids = [bid(desk, w, n) for n in range(len(scores))]
    desk.on(date(2026, 4, 22), 16)
    desk.on(date(2026, 4, 29))
    check_formally(desk, w, bids)
    desk.act(w.officer, row.get_absolute_url(), "list.begin_review")
    desk.on(date(2026, 5, 20))
    review(desk, w, secretary, {b.pk: s for b, s in zip(bids, scores, strict=True)})
    decide(desk, w, row)


def assert_sound() -> None:
    assert not any(broken().values()), broken()
