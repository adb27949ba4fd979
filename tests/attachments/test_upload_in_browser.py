"""The uploader in a real browser: content policy, cross-origin PUT, digest, errors, list."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright

from attachments import store
from attachments.models import Attachment
from projects.models import ChallengeList
from tests.attachments.files import Draft, pdf, sha256

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    # Playwright keeps an event loop in this thread, in which Django would refuse to query.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(base_url=live_server.url, locale="zh-CN")
        yield context.new_page()
        # Beside that loop Django has opened a connection of its own, which only here can be closed.
        connections.close_all()
        browser.close()


@pytest.fixture
def panel(page: Page, draft: Draft) -> Page:
    """The page of a draft bid whose list closes in some days, with its PI logged in."""
    soon = timezone.now() + timedelta(days=5)
    ChallengeList.objects.update(bid_close_at=soon, rec_close_at=soon + timedelta(days=1))
    client = Client()
    client.force_login(draft.team.pi)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "domain": "localhost", "path": "/"}])
    page.goto(draft.bid.get_absolute_url())
    return page


def test_a_file_is_chosen_and_appears_in_the_list(panel: Page, draft: Draft, tmp_path: Path) -> None:
    path = tmp_path / "揭榜申报书.pdf"
    path.write_bytes(pdf(2))
    panel.get_by_label("材料类别").select_option("PROPOSAL")
    panel.get_by_label("选择文件").set_input_files(path)
    expect(panel.get_by_role("link", name="揭榜申报书.pdf")).to_be_visible()
    expect(panel.locator("[data-announce]")).to_contain_text("已上传：揭榜申报书.pdf")
    file = Attachment.objects.get(holder_id=draft.bid.pk)
    assert (file.status, file.sha256) == ("STORED", sha256(path.read_bytes()))
    assert store.read_all(file.object_key) == path.read_bytes()
    with panel.expect_download() as download:
        panel.get_by_role("link", name="揭榜申报书.pdf").click()
    assert download.value.suggested_filename == "揭榜申报书.pdf"
    panel.once("dialog", lambda dialog: dialog.accept())
    panel.get_by_role("button", name="移除 揭榜申报书.pdf").click()
    expect(panel.get_by_text("还没有材料。")).to_be_visible()


def test_what_is_wrong_is_said_beside_the_file_and_can_be_tried_again(
    panel: Page, draft: Draft, tmp_path: Path
) -> None:
    fake, program = tmp_path / "冒充.pdf", tmp_path / "工具.exe"
    fake.write_bytes(b"<html>")
    program.write_bytes(b"MZ")
    chooser = panel.get_by_label("选择文件")
    chooser.set_input_files([fake, program])
    expect(panel.get_by_text("“冒充.pdf”：文件内容不是 PDF 格式，请用原软件重新导出后上传。").first).to_be_visible()
    expect(panel.get_by_text("“工具.exe”的格式不在受理范围").first).to_be_visible()
    assert not Attachment.objects.filter(holder_id=draft.bid.pk).exists()
    panel.get_by_role("button", name="关闭 工具.exe").click()
    expect(panel.locator(".jb-uploads li")).to_have_count(1)
    panel.route("**/jiebang-tests/**", lambda route: route.abort())
    good = tmp_path / "承诺书.pdf"
    good.write_bytes(pdf())
    panel.get_by_role("button", name="关闭 冒充.pdf").click()
    chooser.set_input_files(good)
    expect(panel.get_by_text("网络中断，“承诺书.pdf”没有传完，请检查网络后点“重试”。").first).to_be_visible()
    panel.unroute("**/jiebang-tests/**")
    panel.get_by_role("button", name="重试 承诺书.pdf").click()
    expect(panel.get_by_role("link", name="承诺书.pdf")).to_be_visible()
