"""Reminders before a deadline (domain 2.18): each is sent once, however often the sweep comes by.

What makes it once is the message's unique key. A sweep that comes late sends the most urgent reminder
that is due, not all that were missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.models import Role, User
from projects.closing import last_close_of
from projects.models import Bid, BidEditor, BidExtension, ChallengeList, Milestone, Objection, Project, Reconsideration
from review.models import Expert
from workflows import clock
from workflows.bid import BidFlow
from workflows.clock import SHANGHAI
from workflows.days import end_of, start_of
from workflows.models import OutboxMessage
from workflows.outbox import wake_worker
from workflows.permissions import people_of_organisations, people_with
from workflows.refusals import FILE_DAYS, last_day_to_file
from workflows.reminder import Reminder, reminders_of, step_due
from workflows.review_reminders import review_reminders
from workflows.working_days import add_working_days

__all__ = ["BID_STEPS", "send_reminders", "step_due"]

#: Before the bidders' close (N02).
BID_STEPS = {
    "T-7d": timedelta(days=7),
    "T-3d": timedelta(days=3),
    "T-24h": timedelta(hours=24),
    "T-2h": timedelta(hours=2),
}
#: Before the recommenders' close, a day later as a rule (N02).
ENDORSE_STEPS = {"T-24h": timedelta(hours=24), "T-2h": timedelta(hours=2)}
#: Before a contract (N12), a milestone (N13) or a reconsideration (N11) is due.
DAY_STEPS = {"T-7d": timedelta(days=7), "T-1d": timedelta(days=1)}
#: Working days before the reply to an objection is due (N11, domain 2.18).
REPLY_STEPS_WD = {"T-5wd": 5, "T-1wd": 1}

#: Before an entry of the expert pool expires (N19, domain 3.4).
EXPIRES_SOON = timedelta(days=30)
POOL_STEPS = {"T-30d": EXPIRES_SOON, "T-7d": timedelta(days=7)}

#: Texts of a bid that a reminder does not need; before a close there are thousands of drafts.
_LONG = ("summary", "route", "team", "snapshot")


def send_reminders() -> int:
    """Write every reminder that is due now into the outbox; return how many are new."""
    due = list(_due())
    if not due:
        return 0
    with transaction.atomic():
        before = set(OutboxMessage.objects.filter(key__in=[r.message.key for r in due]).values_list("key", flat=True))
        new = [r.written() for r in due if r.message.key not in before]
        # Two sweeps side by side: the unique key lets one of them write.
        OutboxMessage.objects.bulk_create(new, ignore_conflicts=True)
        if new:
            transaction.on_commit(wake_worker)
    return len(new)


def _due() -> Iterator[Reminder]:
    yield from _drafts()
    yield from _endorsements()
    yield from _contracts()
    yield from _milestones()
    yield from _replies()
    yield from _reconsiderations()
    yield from _pool_entries()
    yield from review_reminders()


def _drafts() -> Iterator[Reminder]:
    """Teams whose bid is not handed in yet, and units that have not passed it on (N02)."""
    now = clock.now()
    soon = (now, now + max(BID_STEPS.values()))
    with_list = Q(challenge__challenge_list__state="PUBLISHED", challenge__challenge_list__bid_close_at__range=soon)
    extended = Exists(BidExtension.objects.filter(bid=OuterRef("pk"), state="GRANTED", bid_until__range=soon))
    found = Bid.objects.filter(with_list | extended, state__in=[Bid.State.DRAFT, Bid.State.UNIT_REVIEW])
    bids = list(found.select_related("pi", "challenge__challenge_list").order_by("pk").defer(*_LONG))
    admins = people_of_organisations(Role.ORG, (bid.organisation_id for bid in bids))
    writers: dict[int, list[User]] = {}
    for editor in BidEditor.objects.filter(bid__in=found.values("pk")).select_related("user"):
        writers.setdefault(editor.bid_id, []).append(editor.user)
    for bid in bids:
        close = last_close_of(bid)
        assert close is not None  # the query asks for it
        subject = _("尚未提交：%s") % bid.title
        body = _("揭榜将于 %s 截止，草稿不算申报。") % f"{close.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        people = [bid.pi, *writers.get(bid.pk, []), *admins.get(bid.organisation_id, [])]
        yield from reminders_of("N02", bid, close, BID_STEPS, people, subject, body, more=partial(missing_in, bid))


def _endorsements() -> Iterator[Reminder]:
    """Recommenders on whom bids wait: what they do not pass on by their own close is no submission (N02)."""
    now = clock.now()
    soon = (now, now + max(ENDORSE_STEPS.values()))
    found = Bid.objects.filter(
        state=Bid.State.REC_REVIEW, challenge__challenge_list__state="PUBLISHED",
        challenge__challenge_list__rec_close_at__range=soon, recommender__isnull=False,
    )  # fmt: skip
    waiting: dict[tuple[ChallengeList, int], list[str]] = {}
    for bid in found.select_related("challenge__challenge_list").order_by("pk").defer(*_LONG):
        assert bid.recommender_id is not None  # the query asks for it
        waiting.setdefault((bid.challenge.challenge_list, bid.recommender_id), []).append(bid.title)
    endorsers = people_of_organisations(Role.REC, {recommender for _row, recommender in waiting})
    for (row, recommender), titles in waiting.items():
        close = row.rec_close_at
        assert close is not None  # the query asks for it
        subject = _("还有 %(count)s 份申请待推荐：%(list)s") % {"count": len(titles), "list": row.title}
        body = _("推荐将于 %s 截止，逾期未推荐的不算申报。") % f"{close.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        body += "".join(f"\n· {title}" for title in titles)
        yield from reminders_of("N02", row, close, ENDORSE_STEPS, endorsers.get(recommender, []), subject, body)


def missing_in(bid: Bid) -> str:
    """What stands between a draft and its hand-in, in the words of the flow's own conditions."""
    if bid.state == Bid.State.UNIT_REVIEW:
        return _("现在等待单位审核并报送。")
    flow = BidFlow(bid, by=bid.pi)
    hand_in = next(t for t in BidFlow.transitions_from(Bid.State.DRAFT) if t.slug == "hand_in")
    unmet = [str(getattr(found, "message", "")) for ask in hand_in.conditions if not (found := ask(flow))]
    if not unmet:
        return _("材料已经齐全，只差提交：请打开申请并点“提交单位审核”。")
    return _("还差 %(count)s 项：%(list)s") % {"count": len(unmet), "list": "".join(f"\n· {one}" for one in unmet)}


def _contracts() -> Iterator[Reminder]:
    today = clock.today()
    found = Project.objects.filter(state="PENDING_CONTRACT", contract_due_on__range=(today, today + timedelta(days=7)))
    for project in found.select_related("pi").order_by("pk"):
        people = [project.pi, *people_with(Role.ORG, organisation=project.organisation_id)]
        subject = _("请在 %(day)s 前签署任务书：%(name)s") % {"day": project.contract_due_on, "name": project}
        yield from reminders_of("N12", project, end_of(project.contract_due_on), DAY_STEPS, people, subject)


def _milestones() -> Iterator[Reminder]:
    """T-30 is the transition `soon` itself."""
    today = clock.today()
    found = Milestone.objects.filter(state="DUE_SOON", due_on__range=(today, today + timedelta(days=7)))
    for milestone in found.filter(project__state="ACTIVE").select_related("project__pi").order_by("pk"):
        subject = _("里程碑将于 %(day)s 到期：%(name)s") % {"day": milestone.due_on, "name": milestone}
        yield from reminders_of("N13", milestone, end_of(milestone.due_on), DAY_STEPS, [milestone.project.pi], subject)


def _replies() -> Iterator[Reminder]:
    today = clock.today()
    latest = add_working_days(today, max(REPLY_STEPS_WD.values()) + 1, count_start=False)
    found = Objection.objects.filter(state__in=Objection.PENDING_STATES, reply_due_on__range=(today, latest))
    for objection in found.select_related("notice").order_by("pk"):
        due = objection.reply_due_on
        assert due is not None  # the query asks for it
        agency = objection.notice.agency_id
        people = [*people_with(Role.OFF, agency=agency), *people_with(Role.SUP, agency=agency)]
        subject = _("异议 %(no)s 须在 %(day)s 前答复") % {"no": objection.number, "day": due}
        steps = {name: _working_days_lead(due, days) for name, days in REPLY_STEPS_WD.items()}
        yield from reminders_of("N11", objection, end_of(due), steps, people, subject)


def _reconsiderations() -> Iterator[Reminder]:
    """Those that wait for the unit's seal, and those that wait for their decision (N11, domain 2.10)."""
    today = clock.today()
    latest = today + max(DAY_STEPS.values())
    asked_since = start_of(today - timedelta(days=FILE_DAYS))
    unsealed = Reconsideration.objects.filter(state="FILED", refused_at__gte=asked_since)
    for row in unsealed.select_related("bid__pi").order_by("pk"):
        last = last_day_to_file(row.refused_at)
        people = [row.bid.pi, *people_with(Role.ORG, organisation=row.bid.organisation_id)]
        subject = _("复审申请 %(no)s 须在 %(day)s 前由单位盖章提出") % {"no": row.number, "day": last}
        yield from reminders_of("N11", row, end_of(last), DAY_STEPS, people, subject)
    undecided = Reconsideration.objects.filter(state__in=["SEALED", "UNDER_REVIEW"], decide_by__range=(today, latest))
    for row in undecided.select_related("bid__challenge__challenge_list", "reviewer").order_by("pk"):
        due, agency = row.decide_by, row.bid.challenge.challenge_list.agency_id
        assert due is not None  # the query asks for it
        leads = [*people_with(Role.LEAD, agency=agency), *people_with(Role.SUP, agency=agency)]
        people = [*leads, row.reviewer] if row.reviewer else leads
        subject = _("复审申请 %(no)s 须在 %(day)s 前作出决定") % {"no": row.number, "day": due}
        yield from reminders_of("N11", row, end_of(due), DAY_STEPS, people, subject)


def _pool_entries() -> Iterator[Reminder]:
    """Experts whose entry expires: to themselves, not to those who keep the pool."""
    today = clock.today()
    found = Expert.objects.filter(is_active=True, valid_until__range=(today, today + EXPIRES_SOON))
    for expert in found.select_related("user").defer("achievements").order_by("pk"):
        subject = _("请在 %s 前核对专家资料并确认信息属实") % expert.valid_until
        body = _("过期后不再参加抽取。打开“专家资料”，核对后点“确认信息属实”即可续期。")
        yield from reminders_of("N19", expert, end_of(expert.valid_until), POOL_STEPS, [expert.user], subject, body)


def _working_days_lead(due: date, days: int) -> timedelta:
    """From the beginning of the day that lies so many working days before `due` until the end of `due`."""
    first = add_working_days(due, -days, count_start=False)
    return end_of(due) - end_of(first - timedelta(days=1))
