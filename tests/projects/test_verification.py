"""Anyone verifies a certificate by its QR code or by number and check code, and learns no more."""

from __future__ import annotations

import hashlib
import io
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pypdf import PdfReader

from attachments import store
from projects import verification
from projects.models import Certificate
from projects.tasks import PaperChanged, build_certificate_pdf
from tests import delivery_factories as f
from workflows.certificate import CertificateFlow
from workflows.engine import perform
from workflows.outbox import deliver_pending

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def _own_bucket_and_fresh_counts(settings: Any) -> None:
    settings.S3_BUCKET = "jiebang-tests"
    cache.delete_many([verification.counter_of(a) for a in ("127.0.0.1", "203.0.113.7", "203.0.113.8")])


@pytest.fixture
def w() -> f.World:
    return f.world()


@pytest.fixture
def certificate(w: f.World) -> Certificate:
    found = prepared(w)
    with f.on(DAY):
        perform(CertificateFlow, found, "issue", by=w.lead)
    build_certificate_pdf.run(found.pk)
    found.refresh_from_db()
    return found


def prepared(w: f.World) -> Certificate:
    f.issued_decision(w, scores=("90",))
    return w.projects[0].certificates.get()


def page(certificate: Certificate, client: Client | None = None) -> Any:
    return (client or Client()).get(f"/verify/{certificate.token}/")


def test_the_paper_is_stored_with_its_digest_and_says_what_was_issued(certificate: Certificate) -> None:
    paper = store.read_all(certificate.object_key)
    assert hashlib.sha256(paper).hexdigest() == certificate.pdf_sha256
    text = "".join(PdfReader(io.BytesIO(paper)).pages[0].extract_text().split())
    assert certificate.number in text
    assert certificate.project.title in text
    assert certificate.token[:8] in text


def test_building_it_again_changes_nothing(certificate: Certificate) -> None:
    key, digest = certificate.object_key, certificate.pdf_sha256
    assert build_certificate_pdf.run(certificate.pk) == key
    store.delete(key)
    assert build_certificate_pdf.run(certificate.pk) == key, "a lost paper is drawn again, byte for byte"
    certificate.refresh_from_db()
    assert (certificate.object_key, certificate.pdf_sha256) == (key, digest)


def test_a_lost_paper_is_never_replaced_by_a_different_one(certificate: Certificate) -> None:
    store.delete(certificate.object_key)
    Certificate.objects.filter(pk=certificate.pk).update(pdf_sha256="0" * 64)
    with pytest.raises(PaperChanged, match=certificate.number):
        build_certificate_pdf.run(certificate.pk)
    assert store.size_of(certificate.object_key) is None


def test_a_certificate_that_is_not_issued_has_no_paper(w: f.World) -> None:
    waiting = prepared(w)
    assert build_certificate_pdf.run(waiting.pk) == ""
    assert page(waiting).status_code == 404


def test_issuing_has_the_paper_drawn_by_the_outbox(w: f.World) -> None:
    found = prepared(w)
    with f.on(DAY):
        perform(CertificateFlow, found, "issue", by=w.lead)
    deliver_pending()
    found.refresh_from_db()
    assert store.size_of(found.object_key)


def test_the_qr_page_shows_the_certificate_and_no_person(certificate: Certificate) -> None:
    answer = page(certificate)
    shown = answer.content.decode()
    assert answer.status_code == 200
    project = certificate.project
    for text in (
        "立项证书", certificate.number, project.organisation.name, project.number, project.title, "有效",
        certificate.pdf_sha256,
    ):  # fmt: skip
        assert str(text) in shown
    assert project.pi.name not in shown
    assert "已撤销" not in shown
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_paper_is_downloaded_with_the_digest_that_the_page_shows(certificate: Certificate) -> None:
    answer = Client().get(f"/verify/{certificate.token}/certificate.pdf")
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == certificate.pdf_sha256
    assert answer.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(("transition", "label"), [("revoke", "已撤销"), ("reissue", "已补发"), ("correct", "已更正")])
def test_a_certificate_out_of_force_says_so_first_and_gives_no_paper(
    w: f.World, certificate: Certificate, transition: str, label: str
) -> None:
    with f.on(date(2026, 7, 1)):
        perform(CertificateFlow, certificate, transition, by=w.lead, reason=f.REASON)
    shown = page(certificate).content.decode()
    assert f"<h1>{label}</h1>" in shown
    assert "现在有效" not in shown
    assert "certificate.pdf" not in shown
    assert Client().get(f"/verify/{certificate.token}/certificate.pdf").status_code == 404


def test_an_unknown_token_gets_a_friendly_page(certificate: Certificate) -> None:
    for token in ("x" * 22, certificate.token[:-1], certificate.token + "A", "二维码", "a" * 500):
        answer = Client().get(f"/verify/{token}/")
        assert answer.status_code == 404
        assert "查无此证" in answer.content.decode()


def by_hand(number: str, code: str, client: Client | None = None) -> Any:
    return (client or Client()).post("/verify/", {"number": number, "code": code})


def test_number_and_check_code_lead_to_the_same_page(certificate: Certificate) -> None:
    code, number = certificate.token[:8], str(certificate.number)
    typed = [
        number,
        f"  {number} ",
        number.replace("〔", "[").replace("〕", "]"),
        number.replace("〔", "（").replace("〕", "）"),
    ]
    for given in typed:
        assert by_hand(given, code).headers["Location"] == f"/verify/{certificate.token}/"


def test_a_wrong_code_and_a_wrong_number_answer_alike(certificate: Certificate) -> None:
    code, number = certificate.token[:8], str(certificate.number)
    answers = [by_hand(number, "00000000"), by_hand("鲁科立〔1999〕0001号", code), by_hand(number, "码")]
    assert {answer.status_code for answer in answers} == {404}
    assert all("没有编号与验证码都相符的证书" in answer.content.decode() for answer in answers)
    assert certificate.token not in answers[0].content.decode()


def test_an_empty_form_says_where_to_find_what_is_missing() -> None:
    answer = by_hand("", "")
    assert answer.status_code == 422
    assert "印在证书标题下方" in answer.content.decode()
    assert Client().get("/verify/").status_code == 200


def test_more_than_thirty_tries_a_minute_are_turned_away(certificate: Certificate) -> None:
    client = Client(REMOTE_ADDR="203.0.113.7")
    for _ in range(verification.TRIES):
        assert by_hand("鲁科立〔1999〕0001号", "00000000", client).status_code == 404
    answer = by_hand(str(certificate.number), certificate.token[:8], client)
    assert answer.status_code == 429
    assert "请 60 秒后再试" in answer.content.decode()
    assert answer.headers["Retry-After"] == "60"
    assert page(certificate, client).status_code == 429
    assert page(certificate, Client(REMOTE_ADDR="203.0.113.8")).status_code == 200
    forged = client.get(f"/verify/{certificate.token}/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert forged.status_code == 429, "a header that anybody can send is no address"


def test_with_the_cache_down_the_public_still_verifies(certificate: Certificate, settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    assert page(certificate).status_code == 200
