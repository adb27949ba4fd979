"""证书: prepared → issued → revoked, or replaced by a reissued or corrected one.

Rules: domain 2.13, 5.9. Its number is allotted at issue, per agency, kind and year, without gaps; what
it says is frozen then. Never titled 科学技术奖 (奖励条例 36 条).
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agency, Role
from projects.documents.content import CertificateContent
from projects.models import AwardDecision, Certificate, Project, RaceLane
from workflows.canonical import sha256_of
from workflows.days import day_of
from workflows.engine import Flow
from workflows.permissions import any_of, is_lead, is_system, people_with
from workflows.pinned_rules import list_of
from workflows.state import State, holds

S, Kind = Certificate.State, Certificate.Kind


def source_is_final(flow: CertificateFlow) -> State.CONDITION:
    """The decision that the certificate attests can no longer change (domain 2.13)."""
    certificate, project = flow.object, flow.object.project
    match certificate.kind:
        case Kind.AWARD:
            final = list_of(project).award_decision.state == AwardDecision.State.ISSUED
            final = final and project.state not in (Project.State.TERMINATED, Project.State.REVOKED)
        case Kind.ACCEPTANCE:
            final = project.state == Project.State.ACCEPTED
        case _:
            lane: RaceLane | None = getattr(project, "lane", None)
            final = lane is not None and lane.state == RaceLane.State.WINNER
    return holds(final, _("证书所依据的决定尚未生效（或已失效），不能签发；请先办结立项或验收决定。"))


class CertificateFlow(Flow):
    model = Certificate
    slug = "certificate"
    related = ("project__agency__organisation", "project__organisation", "project__pi")
    state = State(S, default=S.PREPARED)
    next_steps = {S.PREPARED: (Role.LEAD.label, gettext_lazy("签发"))}

    @state.transition(
        source=S.PREPARED, target=S.ISSUED, label=gettext_lazy("签发证书"), permission=is_lead,
        conditions=[source_is_final], style="success", help=gettext_lazy("签发时取号，内容随即固定。"),
    )  # fmt: skip
    def issue(self) -> None:
        """Number, frozen content with its digest, and the PDF after commit (N17)."""
        certificate = self.object
        certificate.issued_on = day_of(self.now)
        certificate.series, certificate.serial = self._next_in_series()
        certificate.number = number_of(certificate)
        certificate.content = content_of(certificate).to_data()
        self.evidence["number"] = certificate.number
        self.evidence["content_sha256"] = sha256_of(certificate.content)
        self.after_commit("projects.tasks.build_certificate_pdf", certificate.pk)
        self._tell(_("证书已签发：%s") % certificate.number)

    @state.transition(
        source=[S.ISSUED, S.REISSUED, S.CORRECTED], target=S.REVOKED, label=gettext_lazy("撤销证书"),
        permission=any_of(is_lead, is_system), needs_reason=True, style="danger",
    )  # fmt: skip
    def revoke(self) -> None:
        """The public verification shows 已撤销 from now on."""
        self.object.revoke_reason = self.reason[:300]
        self._tell(_("证书已撤销：%s") % self.object.number)

    @state.transition(
        source=S.ISSUED, target=S.REISSUED, label=gettext_lazy("补发"), permission=is_lead, needs_reason=True,
        style="warning", help=gettext_lazy("原证书标为已补发，另备一份待签发的新证书。"),
    )  # fmt: skip
    def reissue(self) -> None:
        self._replace()

    @state.transition(
        source=S.ISSUED, target=S.CORRECTED, label=gettext_lazy("更正"), permission=is_lead,
        needs_reason=True,
        style="warning", help=gettext_lazy("原证书标为已更正，另备一份待签发的新证书，按现行记载填写。"),
    )  # fmt: skip
    def correct(self) -> None:
        self._replace()

    def _replace(self) -> None:
        # Stored before the new one: a project has one valid certificate of a kind at any moment.
        self.object.save(update_fields=["state"])
        self.start(CertificateFlow, Certificate(kind=self.object.kind, project=self.object.project))

    def _next_in_series(self) -> tuple[str, int]:
        """The next number of this agency, kind and year.

        The agency's row is locked until commit, so that of two certificates issued at once the second
        waits for the first: a number that was rolled back is given out again, and none is missing.
        """
        certificate = self.object
        agency = Agency.objects.select_for_update(no_key=True).get(pk=certificate.project.agency_id)
        series = f"{agency.code}:{certificate.kind}:{certificate.issued_on.year}"
        last = Certificate.objects.filter(series=series).order_by("-serial").values_list("serial", flat=True).first()
        return series, (last or 0) + 1

    def _tell(self, subject: str) -> None:
        project = self.object.project
        people = [project.pi, *people_with(Role.ORG, organisation=project.organisation_id)]
        self.notify("N17", people, subject, self.reason)


def number_of(certificate: Certificate) -> str:
    """By kind (domain 5.9): 鲁科立〔2026〕0012号, 鲁科验〔2026〕0007号, JB2026-SDKJ-0007.

    The winner's pattern carries the agency's code because its mark would not tell tenants apart.
    """
    agency, year = certificate.project.agency, certificate.issued_on.year  # type: ignore[union-attr]
    mark = agency.document_mark.removesuffix("字")
    match certificate.kind:
        case Kind.AWARD:
            return f"{mark}立〔{year}〕{certificate.serial:04d}号"
        case Kind.ACCEPTANCE:
            return f"{mark}验〔{year}〕{certificate.serial:04d}号"
        case _:
            return f"JB{year}-{agency.code.upper()}-{certificate.serial:04d}"


def content_of(certificate: Certificate) -> CertificateContent:
    """What the certificate says, from what is on record at its issue. Needs number and day."""
    project = certificate.project
    challenge = project.bid.challenge
    results = {Kind.ACCEPTANCE: "通过验收", Kind.WINNER: "优胜"}
    assert certificate.number is not None
    assert certificate.issued_on is not None
    return CertificateContent(
        kind=certificate.kind,
        number=certificate.number,
        holder=project.organisation.name,
        project_number=project.number,
        project_title=project.title,
        pi=project.pi.name,
        issuer=project.agency.organisation.name,
        issued_on=certificate.issued_on,
        partners=tuple(p.organisation.name for p in project.bid.partners.select_related("organisation").order_by("pk")),
        period_start=project.starts_on,
        period_end=project.ends_on,
        # A lane's award is what it may reach, not what it was given.
        money_yuan=project.award_yuan if certificate.kind == Kind.AWARD and not hasattr(project, "lane") else None,
        programme=challenge.challenge_list.rule_set.rules.programme,
        challenge=challenge.title,
        result=results.get(Kind(certificate.kind), ""),
    )
