"""Words that stand for a secret, planted where the secret is kept, and who may read each of them.

A canary is a word that occurs nowhere else, so that finding it in an answer proves a leak, and not
finding it proves that the answer tells nothing. Names of people are replaced before they act: the
audit chain remembers the name under which somebody acted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count

from accounts.models import Role, User
from projects.models import Challenge
from projects.presets import PRESETS
from review.models import Assignment, ScoreSheet
from tests import delivery_factories as made
from tests.api import worlds
from tests.delivery_factories import on
from workflows.assignment import AssignmentFlow
from workflows.engine import perform
from workflows.objection import ObjectionFlow, file_objection
from workflows.score_sheet import ScoreSheetFlow

#: Every canary begins with this and ends with `x`: a search for its stem finds it, the echo of the search does not.
STEM = "Zqk"
_serial = count(1)
#: Each bid is read by two of three technical experts only.
SHARED = replace(
    PRESETS["OPEN_CHALLENGE"], aggregation="mean", assignment="matched", panel_seats={"TECHNICAL": 3, "FINANCE": 1},
    bid_seats={"TECHNICAL": 2, "FINANCE": 1},
)  # fmt: skip


@dataclass
class Canary:
    """`word` is read by the users in `told_to` (keys) and by nobody else."""

    word: str
    what: str
    told_to: set[int]

    @property
    def stem(self) -> str:
        return self.word.partition("@")[0][:-1]


@dataclass
class Town:
    """Everybody who looks, by a name for the failure message, and every secret."""

    readers: dict[str, User | None] = field(default_factory=dict)
    canaries: list[Canary] = field(default_factory=list)
    #: Staff of the agency being populated; the auditor last.
    staff: list[User] = field(default_factory=list)

    def hide(self, what: str, told_to: Iterable[User], word: str | None = None) -> Canary:
        self.canaries.append(Canary(word or new_word(), what, {user.pk for user in told_to}))
        return self.canaries[-1]

    def kept_from(self, reader: User | None) -> list[Canary]:
        return [c for c in self.canaries if reader is None or reader.pk not in c.told_to]


def new_word() -> str:
    return f"{STEM}{next(_serial):03d}x"


def populate() -> Town:
    """One agency whose panel is scoring, one whose project was delivered after an objection, and strangers."""
    town = Town()
    strangers = made.world()
    town.readers |= {
        "公众": None,
        "别省经办": strangers.officer,
        "无关团队": made.team(strangers).pi,
        "系统管理员": made.person("系统", Role.SYS),
    }
    auditor = made.person("审计", Role.AUD)
    _agency(town, "评分中", auditor, closed=False)
    _agency(town, "已交付", auditor, closed=True)
    town.readers["审计"] = auditor
    # Whoever writes challenges chooses from the directory of units: that names them, not what they ask for.
    writers = {user.pk for who, user in town.readers.items() if user is not None and who.endswith("经办")}
    for canary in town.canaries:
        if canary.what.endswith("不公开的需求方"):
            canary.told_to |= writers
    return town


def _agency(town: Town, label: str, auditor: User, *, closed: bool) -> None:
    r = worlds.submitted(0, rules=None if closed else SHARED)
    w = r.w
    town.staff = [w.officer, w.second_officer, w.lead, r.secretary, w.supervisor, w.finance, auditor]
    w.demander.name = town.hide(f"{label}：不公开的需求方", [*town.staff, w.dem_user])
    w.demander.save(update_fields=["name"])
    w.challenge_list.challenges.update(demander_is_hidden=True)
    knows_experts = [r.secretary, w.supervisor, auditor]
    for number, expert in enumerate(r.experts):
        _disguise(town, expert, f"{label}：专家 {number} 的", [expert, *knows_experts])
    challenge = w.challenge_list.challenges.get()
    routes = [_bid(town, r, challenge, label) for _ in range(3)]
    worlds.checked(r)
    r = worlds.seated(r)
    seats = list(r.round.assignments.filter(state="PLEDGED").select_related("expert__user").order_by("alias"))
    for route in routes:
        sheets = ScoreSheet.objects.filter(bid__route=route.word).select_related("assignment__expert")
        route.told_to |= {sheet.assignment.expert.user_id for sheet in sheets}
    chair = r.round.chair
    assert chair is not None
    for seat in seats if closed else seats[:1]:
        # Once the round is closed the deciding staff reads what was written, and the chair did before.
        readers = {seat.expert.user, *knows_experts}
        _score(town, seat, label, [*readers, chair.expert.user, *town.staff] if closed else [*readers])
    if closed:
        _decide(town, r, label)
    member = next(seat for seat in reversed(seats) if seat.pk != chair.pk)
    idle = next(user for user in r.experts if not user.expert_records.get().assignments.exists())
    people = {
        "经办": w.officer, "负责人": w.teams[0].pi, "对手": w.teams[1].pi, "专家": member.expert.user,
    }  # fmt: skip
    if not closed:
        people |= {
            "领导": w.lead, "秘书": r.secretary, "监督": w.supervisor, "推荐": w.rec_user, "需求": w.dem_user,
            "组长": chair.expert.user, "未抽中的专家": idle,
        }  # fmt: skip
    town.readers |= {f"{label}·{role}": user for role, user in people.items()}
    _plant_drafts(town, r, label)  # last: the factories above know one list per agency


def _disguise(town: Town, user: User, whose: str, told_to: list[User]) -> None:
    """Name, account, address and phone of somebody who is not to be known."""
    user.name = town.hide(f"{whose}姓名", told_to).word
    user.username = town.hide(f"{whose}账号", told_to).word
    user.email = town.hide(f"{whose}邮箱", told_to, f"{new_word()}@canary.example").word
    user.phone = town.hide(f"{whose}电话", told_to, f"1990{next(_serial):07d}").word
    user.save()


def _bid(town: Town, r: worlds.Reviewed, challenge: Challenge, label: str) -> Canary:
    """A bid whose technical route is read by its team, the recommender, the agency and its panel."""
    w = r.w
    canary = town.hide(f"{label}：申请的技术路线", [])
    made.submitted_bid(w, challenge, route=canary.word)
    team = w.teams[-1]
    canary.told_to |= {user.pk for user in (team.pi, team.admin, w.rec_user, *town.staff)}
    return canary


def _plant_drafts(town: Town, r: worlds.Reviewed, label: str) -> None:
    """What is being prepared is read by those who prepare it."""
    w = r.w
    hidden_list, hidden_challenge = worlds.drafts(w)
    for record, what in ((hidden_list, "未发布的榜单"), (hidden_challenge, "未发布的榜题")):
        record.title = town.hide(f"{label}：{what}", [*town.staff, w.dem_user]).word
        record.save(update_fields=["title"])


def _score(town: Town, seat: Assignment, label: str, readers: list[User]) -> None:
    expert = seat.expert.user
    with on(worlds.SCORED):
        for rank, sheet in enumerate(seat.sheets.order_by("bid_id")):
            word = town.hide(f"{label}：{seat.alias} 的评审意见", readers).word
            given = worlds.points(rank)
            given["comment"] += word
            perform(ScoreSheetFlow, sheet, "submit", by=expert, **given)
        perform(AssignmentFlow, seat, "submit_all", by=expert)


def _decide(town: Town, r: worlds.Reviewed, label: str) -> None:
    """Judged and on public notice; somebody objects. Who, is known to himself and the supervisor."""
    w = r.w
    worlds.judged(r)
    made.noticed_decision(w)
    author = made.person("异议人")
    knows = [author, w.supervisor, town.staff[-1]]
    _disguise(town, author, f"{label}：异议人的", knows)
    with on(made.NOTICED, 11):
        filed = file_objection(
            w.notice, by=author, grounds="公示第一项的指标与事实不符，请核查。",
            author_name=town.hide(f"{label}：异议人的署名", knows).word,
            author_contact=town.hide(f"{label}：异议人的联系方式", knows).word,
        )  # fmt: skip
        perform(ObjectionFlow, filed, "register", by=w.officer, name_is_real=True)
    town.readers[f"{label}·异议人"] = author
