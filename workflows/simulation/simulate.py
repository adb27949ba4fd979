"""The simulation of one list: what its text tells, then the call played to its end (issue of 流榜 and dead ends)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from projects.models import Challenge, ChallengeList
from review.models import ReviewRound
from workflows import clock
from workflows.panel_draw import eligible, plan_of, shortage
from workflows.simulation.call import Call, DeadEnd
from workflows.simulation.delivery import deliver
from workflows.simulation.facts import findings_of
from workflows.simulation.findings import Finding, Report, error
from workflows.simulation.rehearsal import rehearsal
from workflows.wording import told

#: States of a list that has not been published yet: only these can be simulated.
BEFORE = [
    ChallengeList.State.DRAFT, ChallengeList.State.COLLECTING, ChallengeList.State.APPRAISING,
    ChallengeList.State.DEMAND_NOTICE, ChallengeList.State.APPROVED,
]  # fmt: skip

#: Rules that could not be published, or figures that are none: there is nothing to play.
UNPLAYABLE = {"R01", "I03"}


def simulate(row: ChallengeList, publish_at: datetime | None = None) -> Report:
    """Run `row` through a synthetic call that begins at `publish_at` (now). Nothing is kept.

    The first challenge is played; the panels of all are counted. Raises
    ValueError when the list has already been published.
    """
    if row.state not in BEFORE:
        raise ValueError(f"{row.number} is {row.state}: only a list that is not yet published can be simulated")
    publish_at = publish_at or clock.now()
    rules = row.rule_set.rules
    report = Report(list(findings_of(row, rules, publish_at)))
    challenge = row.challenges.order_by("number").first()
    report.findings += _panels(row, publish_at)
    if challenge is None or row.bid_close_at is None or UNPLAYABLE & {found.code for found in report.findings}:
        return report
    with rehearsal():
        # A fresh instance: the caller's must not keep what is undone.
        call = Call(ChallengeList.objects.select_related("agency", "rule_set").get(pk=row.pk), rules, publish_at)
        try:
            call.to_award(Challenge.objects.get(pk=challenge.pk))
            deliver(call)
            report.is_complete = True
        except DeadEnd as end:
            report.findings.append(_dead_end(end))
        report.findings += [found for found in call.findings if found not in report.findings]
        report.steps = call.steps
    return report


def _panels(row: ChallengeList, at: datetime) -> list[Finding]:
    """Panels of all challenges, counted on the pool as it is: the play may not come so far."""
    found = []
    for challenge in row.challenges.select_related("challenge_list__rule_set"):
        review_round = ReviewRound(challenge=challenge)
        missing = shortage(eligible(review_round, at)[0], plan_of(review_round))
        if missing:
            cure = _("请在专家库增补该领域专家，或调整评审组构成。")
            found.append(error("E01", challenge, _("评审组凑不齐：%s。") % told(missing), cure))
    return found


def _dead_end(end: DeadEnd) -> Finding:
    where = _("%(day)s “%(label)s”办不下去") % {
        "day": f"{end.at.astimezone(clock.SHANGHAI):%Y-%m-%d}", "label": end.label,
    }  # fmt: skip
    return error("S01", where, " ".join(map(str, end.sentences)), _("请按提示修改榜单、榜题或规则集后再推演。"))
