"""立项通知书 of one project, for its readers."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from attachments import store
from projects.documents.award_notice import AwardNotice, notice_of, render_award_notice
from projects.models import Project
from projects.queries import projects_visible_to


@login_required
@require_safe
def award_notice(request: HttpRequest, number: str) -> HttpResponse:
    """The notice as PDF, from the day the award was issued. Drawn once for each content, then kept."""
    query = projects_visible_to(request.user).select_related(
        "bid__challenge__challenge_list__rule_set", "bid__recommender", "organisation", "pi", "agency__organisation"
    )
    project: Project = get_object_or_404(query.distinct(), number=number)
    notice = notice_of(project)
    if notice is None:
        raise Http404
    headers = {"Content-Disposition": store.content_disposition(f"立项通知书 {project.number}.pdf")}
    return HttpResponse(_paper(project, notice), content_type="application/pdf", headers=headers)


def _paper(project: Project, notice: AwardNotice) -> bytes:
    content = json.dumps(asdict(notice), default=str, sort_keys=True, ensure_ascii=False)
    key = f"award-notices/{project.pk}/{sha256(content.encode()).hexdigest()}.pdf"
    try:
        if store.size_of(key) is not None:
            return store.read_all(key)
        paper = render_award_notice(notice)
        store.put(key, paper, "application/pdf")
    except store.STORE_ERRORS:
        # A store that is down costs a second of drawing, not the paper.
        return render_award_notice(notice)
    return paper
