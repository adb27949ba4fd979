"""Pages of the pool: who sees which names, what the table, its export and the import show, the expert's own record."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import IntegrityRecord, Role
from projects.queries import visible
from review.models import Expert, ExpertImport, ExpertLeave
from review.pool.reading import read_table
from review.pool.sample import sample
from tests import delivery_factories as made
from tests import pool_factories as f
from tests.pool_factories import Pool, csv_of
from workflows import clock, pool

pytestmark = pytest.mark.django_db
CANARY, WORD = "金丝雀专家", "金丝雀关键词"
REASON = "经核对原始记录，情况属实，特此登记"


@pytest.fixture
def p() -> Pool:
    return f.pool()


def client_of(user: Any) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def read(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(read_table("x.xlsx", content, "姓名").rows) if content[:2] == b"PK" else str(content.decode())


def everything(user: Any, entry: Expert, row: ExpertImport) -> str:
    """All that a person gets from every address of the pool, refusals included."""
    addresses = [
        "/experts/", f"/experts/?q={CANARY[:2]}", "/experts/?sort=-credit", "/experts/export.csv", f"/experts/{entry.pk}/",
        "/experts/import/", row.get_absolute_url(), "/experts/import/sample.xlsx", "/expert-fees/", f"/expert-fees/{entry.pk}/",
        "/expert-profile/", "/workbench/", "/audit/?kind=review.expert", "/audit/?kind=review.expertimport",
        f"/audit/?kind=review.expert&id={entry.pk}",
    ]  # fmt: skip
    return "".join(read(client_of(user).get(url)) for url in addresses)


# --- who sees names (3.6) -----------------------------------------------------------------------------


def test_no_name_of_the_pool_reaches_anybody_but_its_keepers_and_the_supervisor(p: Pool) -> None:
    entry = p.expert(CANARY, keywords=[WORD])
    pool.take_out(entry, by=p.secretary, reason=REASON)
    row = p.upload(csv_of(p.row(CANARY, entry.user.email, 职称="讲师")))
    other = f.pool()
    colleague = p.expert("同库专家")
    strangers = [
        None, p.w.officer, p.w.second_officer, p.w.lead, p.w.finance, p.w.rec_user, p.w.dem_user, made.person("路人"),
        made.person("系统", Role.SYS), other.secretary, other.w.supervisor, other.w.officer, colleague.user,
    ]  # fmt: skip
    for user in strangers:
        told = everything(user, entry, row)
        assert CANARY not in told, user
        assert WORD not in told, user
        assert entry.user.email not in told, user
        assert entry not in visible(Expert, user)
        assert row not in visible(ExpertImport, user)
    for user in (p.secretary, p.w.supervisor, made.person("专业机构", Role.AGY, agency=p.agency)):
        told = everything(user, entry, row)
        assert told.count(CANARY) > 5, user
    assert CANARY in everything(entry.user, entry, row)


def test_an_officer_is_told_why_the_pool_is_closed_to_him(p: Pool) -> None:
    for url in ("/experts/", "/experts/export.csv", "/experts/import/", "/experts/import/template.xlsx"):
        response = client_of(p.w.officer).get(url)
        assert response.status_code == 403
        assert "专家库" not in str(client_of(p.w.officer).get("/workbench/").content.decode())


def test_an_expert_who_opens_his_entry_comes_to_his_own_record(p: Pool) -> None:
    entry = p.expert(CANARY)
    response = client_of(entry.user).get(entry.get_absolute_url(), follow=True)
    assert response.redirect_chain[-1][0] == f"/expert-profile/{p.agency.code}/"
    assert client_of(p.secretary).get("/expert-profile/").status_code == 404


# --- the table ----------------------------------------------------------------------------------------


def test_the_table_is_narrowed_by_what_the_pool_is_asked_for(p: Pool) -> None:
    other_unit = made.organisation("审计所")
    plain = p.expert("甲", discipline_codes=["52020"], keywords=["求解器"])
    finance = p.expert("乙", seat_type="FINANCE", fields=[], organisation=other_unit, discipline_codes=["63044"])
    out = p.expert("丙", is_active=False, discipline_codes=["5202010"])
    poor = p.expert("丁", fields=["AI"])
    pool.note_credit(poor, "UNFAIR", by=p.w.supervisor, note=REASON)
    client = client_of(p.secretary)

    def found(**query: str) -> set[int]:
        return {row.pk for row, *_rest in client.get("/experts/", query).context["rows"]}

    assert found() == {plain.pk, finance.pk, out.pk, poor.pk}
    assert found(q="甲") == found(q="求解") == {plain.pk}
    assert found(q=other_unit.name) == found(seat_type="FINANCE") == {finance.pk}
    assert found(discipline="520") == found(discipline="520.20") == {plain.pk, out.pk}
    assert found(discipline="52020 OR 1=1") == found(), "what is no code does not narrow"
    assert found(field="AI") == found(grade="D") == {poor.pk}
    assert found(standing="OUT") == {out.pk}
    assert found(standing="IN_POOL") == {plain.pk, finance.pk, poor.pk}


def test_the_table_costs_the_same_with_two_and_with_sixty_experts(p: Pool, django_assert_max_num_queries: Any) -> None:
    client = client_of(p.secretary)
    for number in (2, 58):
        for _ in range(number):
            pool.note_credit(p.expert(), "ON_TIME", by=p.secretary, note=REASON)
        with django_assert_max_num_queries(6):
            page = client.get("/experts/")
    assert len(page.context["rows"]) == 50
    assert page.context["page"].has_next


def test_the_export_holds_the_filtered_table_and_no_number_of_a_card_and_no_formula(p: Pool) -> None:
    entry = p.expert("=cmd()", title="@教授")
    pool.keep_identity(entry, by=entry.user, kind="ID_CARD", number=f.ID_NUMBER, bank="岱海银行", account=f.CARD)
    p.expert("乙", seat_type="FINANCE")
    told = read(client_of(p.secretary).get("/experts/export.csv?seat_type=TECHNICAL"))
    assert told.splitlines()[1].startswith("'=cmd(),")
    assert "'@教授" in told
    assert "乙" not in told
    for secret in (f.ID_NUMBER, f.CARD, "002X", "0128", "岱海银行"):
        assert secret not in told


# --- one entry ----------------------------------------------------------------------------------------


def test_an_entry_shows_standing_credit_bars_and_what_its_reader_may_do(p: Pool) -> None:
    entry = p.expert(CANARY)
    IntegrityRecord.objects.create(
        user=entry.user, conduct="未按规定回避", decision_no="岱科监 9 号", in_force_from=clock.today()
    )
    url = entry.get_absolute_url()
    client = client_of(p.secretary)
    assert client.post(f"{url}credit/", {"event": "LATE", "reason": REASON}).status_code == 302
    assert client.post(f"{url}take_out/", {"reason": REASON}).status_code == 302
    told = read(client.get(url))
    for part in ("已移出", "未按规定回避", "逾期提交", "移出专家库", "重新入库", REASON):
        assert part in told
    assert client.post(f"{url}take_in/", {"reason": "短"}).status_code == 422
    assert client.post(f"{url}credit/", {"event": "UNFAIR", "reason": REASON}).status_code == 422
    supervisor = read(client_of(p.w.supervisor).get(url))
    assert "评审不公正" in supervisor
    assert 'data-submit="expert.take_in"' not in supervisor
    assert client_of(p.w.officer).post(f"{url}renew/", {"reason": REASON}).status_code == 404
    assert client.post(f"{url}delete/", {"reason": REASON}).status_code == 302, "no such step"


# --- the import ---------------------------------------------------------------------------------------


def test_a_file_is_uploaded_read_row_by_row_and_applied_with_the_button(p: Pool) -> None:
    client = client_of(p.secretary)
    data = csv_of(p.row("丙", "bing@example.cn"), p.row("丁", "坏邮箱"))
    response = client.post("/experts/import/", {"agency": p.agency.pk, "file": f.posted(data, "名单.csv")}, follow=True)
    row = ExpertImport.objects.get()
    told = read(response)
    for part in ("还没有写入专家库", "名单.csv", "新增", "“坏邮箱”不是邮箱地址", "请核对，例"):
        assert part in told
    assert "坏邮箱" not in read(client.get(f"{row.get_absolute_url()}?fate=NEW"))
    assert "名单.csv" in read(client.get("/workbench/"))
    client.post(reverse("act", args=["expert-import", row.pk, "apply"]), {"seen_version": row.version})
    assert Expert.objects.get(agency=p.agency).user.name == "丙"


def test_a_file_that_cannot_be_read_comes_back_with_the_cure(p: Pool) -> None:
    response = client_of(p.secretary).post("/experts/import/", {"agency": p.agency.pk, "file": f.posted(b"PKx")})
    assert response.status_code == 422
    assert "另存为" in read(response)
    assert client_of(p.w.supervisor).post("/experts/import/", {"file": f.posted(b"x")}).status_code == 403


def test_another_agencys_pool_cannot_be_chosen(p: Pool) -> None:
    other = f.pool()
    data = csv_of(p.row("丙", "bing@example.cn"))
    response = client_of(p.secretary).post("/experts/import/", {"agency": other.agency.pk, "file": f.posted(data)})
    assert response.status_code == 422
    assert not ExpertImport.objects.exists()


def test_the_sample_holds_rows_of_every_fate(p: Pool) -> None:
    for _ in range(5):
        p.expert()
    data = sample(p.agency)
    assert len(read_table("s.xlsx", data, "姓名").rows) == 10
    row = p.upload(data, "s.xlsx")
    assert min(row.new_count, row.changed_count, row.same_count, row.refused_count) >= 1, f.faults(row)
    assert client_of(p.secretary).get("/experts/import/sample.xlsx").content[:2] == b"PK"


# --- the expert's own record --------------------------------------------------------------------------


def fields(p: Pool, **changed: Any) -> dict[str, Any]:
    return {
        "unit": p.unit.name, "title": "教授", "fields_": ["SOFTWARE"], "keywords": "求解器、网格", "discipline_codes": "520.40",
        "languages": "英语", "max_panels_per_year": "6", "max_bids_per_round": "8", **changed,
    }  # fmt: skip


def test_an_expert_edits_his_record_and_faults_name_the_cure(p: Pool) -> None:
    entry = p.expert()
    client, url = client_of(entry.user), f"/expert-profile/{p.agency.code}/"
    assert client.post(url, fields(p)).status_code == 302
    entry.refresh_from_db()
    assert (entry.keywords, entry.discipline_codes, entry.max_bids_per_round) == (["求解器", "网格"], ["52040"], 8)
    for changed, told in (
        ({"unit": "没听说过"}, "请告知评审秘书登记"), ({"discipline_codes": "计算机"}, "GB/T 13745"),
        ({"fields_": []}, "至少选一个领域"), ({"keywords": "、".join(map(str, range(21)))}, "超过 20 项"),
        ({"birth_month": "75-8"}, ""),
    ):  # fmt: skip
        response = client.post(url, fields(p, **changed))
        assert response.status_code == 422, changed
        assert told in read(response)
    entry.refresh_from_db()
    assert entry.keywords == ["求解器", "网格"]


def test_words_that_several_colleagues_use_are_suggested(p: Pool) -> None:
    p.expert(keywords=["网格", "孤词"])
    p.expert(keywords=["网格", "求解器"])
    entry = p.expert(keywords=["求解器"])
    assert client_of(entry.user).get(f"/expert-profile/{p.agency.code}/").context["suggestions"] == ["网格"]


def test_words_of_his_own_texts_are_suggested_first_and_never_those_he_has(p: Pool) -> None:
    p.expert(keywords=["网格"])
    p.expert(keywords=["网格"])
    entry = p.expert(
        keywords=["求解器"], speciality="计算流体力学", achievements="长期研究求解器与多相流仿真，主持多相流仿真平台。"
    )
    found = client_of(entry.user).get(f"/expert-profile/{p.agency.code}/").context["suggestions"]
    assert "多相流仿真" in found
    assert "求解器" not in found
    assert found[-1] == "网格"


def test_an_expert_registers_leaves_that_do_not_overlap_and_takes_them_back(p: Pool) -> None:
    entry = p.expert()
    client, url = client_of(entry.user), f"/expert-profile/{p.agency.code}/leaves/"
    assert client.post(url, {"starts_on": "2099-01-01", "ends_on": "2099-01-10"}).status_code == 302
    overlapping = client.post(url, {"starts_on": "2099-01-10", "ends_on": "2099-01-20"})
    assert overlapping.status_code == 422
    assert "2099-01-01 – 2099-01-10 重叠" in read(overlapping)
    leave = ExpertLeave.objects.get()
    assert client_of(p.expert().user).post(f"{url}{leave.pk}/drop/").status_code == 404
    client.post(f"{url}{leave.pk}/drop/")
    assert not ExpertLeave.objects.exists()


def test_confirming_is_one_click_and_shows_until_when(p: Pool) -> None:
    entry = p.expert(valid_until=clock.today())
    client, url = client_of(entry.user), f"/expert-profile/{p.agency.code}/"
    assert "过期后不再参加抽取" in read(client.get(url))
    assert "有效期至" in read(client.post(f"{url}confirm/", follow=True))
    entry.refresh_from_db()
    assert entry.confirmed_on == clock.today()
    assert "过期后不再参加抽取" not in read(client.get(url))
