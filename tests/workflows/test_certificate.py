"""证书: numbered without gaps, frozen at issue, never titled 科学技术奖."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from projects.models import Certificate
from tests import delivery_factories as f
from workflows.canonical import sha256_of
from workflows.certificate import CertificateFlow
from workflows.engine import perform
from workflows.models import AuditEntry, OutboxMessage
from workflows.refused import Refused

pytestmark = pytest.mark.django_db
S = Certificate.State
DAY = date(2026, 6, 15)


@pytest.fixture(scope="module")
def w_base(module_db: None) -> f.World:
    w = f.world()
    f.active_project(w)
    return w


@pytest.fixture
def w(w_base: f.World, db: None) -> f.World:
    return f.fresh(w_base)


def issued(w: f.World, certificate: Certificate, day: date = DAY) -> Certificate:
    with f.on(day):
        perform(CertificateFlow, certificate, "issue", by=w.lead)
    return certificate


def several_awards(w: f.World, count: int) -> list[Certificate]:
    f.issued_decision(w, scores=("90",) * count, lanes=count, requested_yuan=1_000_000)
    return [p.certificates.get() for p in w.projects]


def test_an_award_certificate_says_who_what_and_when(w: f.World) -> None:
    project = w.projects[0]
    certificate = issued(w, project.certificates.get())
    mark = w.agency.document_mark.removesuffix("字")
    assert certificate.number == f"{mark}立〔2026〕0001号"
    assert certificate.content["holder"] == project.organisation.name
    assert certificate.content["pi"] == project.pi.name
    assert certificate.content["money_yuan"] == 2_000_000
    assert certificate.content["period_end"] == "2028-06-12"
    entry = AuditEntry.objects.get(object_type="projects.certificate", transition="issue")
    assert entry.payload["content_sha256"] == sha256_of(certificate.content)


def test_the_pdf_is_made_after_commit(w: f.World) -> None:
    certificate = issued(w, w.projects[0].certificates.get())
    job = OutboxMessage.objects.get(task="projects.tasks.build_certificate_pdf")
    assert job.arguments == [certificate.pk]


def test_numbers_run_without_gaps_per_agency_kind_and_year() -> None:
    w, other = f.world(quota=5), f.world(quota=5)
    first, second, third = several_awards(w, 3)
    for no, (certificate, day) in enumerate([(first, DAY), (second, DAY), (third, date(2027, 1, 4))]):
        issued(w, certificate, day)
        assert certificate.serial == (1, 2, 1)[no]
    (elsewhere,) = several_awards(other, 1)
    assert issued(other, elsewhere).serial == 1


def test_a_number_whose_issue_failed_is_given_out_again() -> None:
    w = f.world(quota=5)
    first, second = several_awards(w, 2)
    with transaction.atomic():
        issued(w, first)
        transaction.set_rollback(True)
    assert issued(w, second).serial == 1


def test_only_the_leader_issues_and_only_what_is_final(w: f.World) -> None:
    project = w.projects[0]
    certificate = project.certificates.get()
    with f.on(DAY), pytest.raises(Refused, match="权限"):
        perform(CertificateFlow, certificate, "issue", by=w.officer)
    from workflows.project import ProjectFlow

    with f.on(DAY):
        perform(ProjectFlow, project, "terminate", by=w.lead, reason=f.REASON)
        with pytest.raises(Refused, match="尚未生效（或已失效）"):
            perform(CertificateFlow, certificate, "issue", by=w.lead)
    assert certificate.number is None


def test_revoking_needs_a_reason_and_shows_it(w: f.World) -> None:
    certificate = issued(w, w.projects[0].certificates.get())
    with f.on(DAY):
        with pytest.raises(Refused, match="理由"):
            perform(CertificateFlow, certificate, "revoke", by=w.lead)
        perform(CertificateFlow, certificate, "revoke", by=w.lead, reason=f.REASON)
    assert (certificate.state, certificate.revoke_reason) == (S.REVOKED, f.REASON)


@pytest.mark.parametrize(("step", "state"), [("reissue", S.REISSUED), ("correct", S.CORRECTED)])
def test_a_replaced_certificate_leaves_a_new_one_to_be_issued(w: f.World, step: str, state: str) -> None:
    old = issued(w, w.projects[0].certificates.get())
    with f.on(DAY):
        perform(CertificateFlow, old, step, by=w.lead, reason=f.REASON)
    new = Certificate.objects.get(state=S.PREPARED)
    assert old.state == state
    issued(w, new)
    assert (old.serial, new.serial) == (1, 2)
    assert old.token != new.token


def test_a_project_has_one_valid_certificate_of_a_kind(w: f.World) -> None:
    certificate = w.projects[0].certificates.get()
    with pytest.raises(IntegrityError, match="one_valid_certificate_per_kind"), transaction.atomic():
        Certificate.objects.create(kind="AWARD", project=certificate.project, created_at=certificate.created_at)


@pytest.mark.parametrize("column", ["number", "content", "issued_on", "token"])
def test_the_database_keeps_an_issued_certificate_as_it_was(w: f.World, column: str) -> None:
    issued(w, w.projects[0].certificates.get())
    new = {"content": "{}", "issued_on": "2020-01-01"}.get(column, "x")
    with (
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE projects_certificate SET {column} = %s", [new])


def test_the_pdfs_place_may_still_be_written(w: f.World) -> None:
    issued(w, w.projects[0].certificates.get())
    assert Certificate.objects.update(object_key="certificates/1.pdf", pdf_sha256="0" * 64) == 1


def test_no_certificate_calls_itself_a_science_prize() -> None:
    assert not [label for label in Certificate.Kind.labels if "科学技术奖" in str(label)]
