"""What differs between programmes, as data (domain 2, 3, 4). No Django import.

`Rules` is the typed reading of `RuleSet.data`. A field that a rule set does not name has the
default below, so that an older published version keeps its meaning when a field is added.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from itertools import pairwise
from typing import Any

from projects.sentences import Sentence
from projects.sentences import sentence as _

#: The rules of domain 3.2. `grouped` takes its weights from `class_weights`; `norm` measures each expert
#: on the bids of the round that all experts scored.
AGGREGATIONS = ("mean", "trim1", "median", "grouped", "norm")

#: Who judges what: every seat every bid, or each bid by a few seats that suit it best (decision 0025).
ASSIGNMENTS = ("panel", "matched")

#: Who may be asked to sign a list: officer, agency administrator, supervisor, finance (role codes of domain 1.5).
LIST_SIGNERS = ("OFF", "AGY", "SUP", "FIN")


#: How far back a relation counts, in years; 0: for ever. Rules that look at today only have none (domain 3.5).
CONFLICT_LOOKBACK_YEARS = {"C04": 3, "C05": 3, "C06": 3, "C08": 0, "C09": 3, "C14": 3}


@dataclass(frozen=True)
class BandRule:
    """A span of whole points that may be ticked, both ends included. Between two bands lies nothing (domain 3.1.b)."""

    label: str
    low: int
    high: int

    @property
    def shown(self) -> Sentence:
        return _("“%(label)s”（%(low)s–%(high)s 分）", label=self.label, low=self.low, high=self.high)

    def __str__(self) -> str:
        return str(self.shown)


@dataclass(frozen=True)
class CriterionRule:
    """One row of the score sheet. `max_score` in points; a veto item has 0 points.

    With `bands` the expert ticks one, and his points lie in it; without, all points up to the maximum are open.
    """

    code: str
    name: str
    max_score: int
    veto: bool = False
    bands: tuple[BandRule, ...] = ()

    def __post_init__(self) -> None:
        """As stored in a rule set or frozen in a round, a band is a dictionary."""
        bands = tuple(band if isinstance(band, BandRule) else BandRule(**band) for band in self.bands)
        object.__setattr__(self, "bands", bands)

    def band(self, label: str) -> BandRule | None:
        return next((band for band in self.bands if band.label == label), None)

    def at_most(self, points: Decimal) -> Decimal:
        """The highest points not above `points` that some band holds; the lowest of all when none does."""
        if not self.bands or any(band.low <= points <= band.high for band in self.bands):
            return points
        below = [band.high for band in self.bands if band.high < points]
        return Decimal(max(below) if below else min(band.low for band in self.bands))

    def band_problems(self) -> list[Sentence]:
        """Sentences about bands that no sheet could be filled in with."""
        if self.veto:
            return [_("一票否决项“%(name)s”不计分，不能设档次", name=self.name)] if self.bands else []
        found = [
            _(
                "“%(name)s”的档次%(band)s应在 0–%(most)s 分之间，且下限不高于上限",
                name=self.name,
                band=band.shown,
                most=self.max_score,
            )
            for band in self.bands
            if not 0 <= band.low <= band.high <= self.max_score
        ]
        labels = [band.label for band in self.bands]
        if len(set(labels)) < len(labels) or not all(label.strip() and len(label) <= 40 for label in labels):
            found.append(_("“%(name)s”的档次名称应各不相同，1–40 字", name=self.name))
        ordered = sorted(self.bands, key=lambda band: (band.low, band.high))
        for lower, upper in pairwise(ordered):
            if upper.low <= lower.high:
                found.append(
                    _("“%(name)s”的档次%(lower)s与%(upper)s重叠", name=self.name, lower=lower.shown, upper=upper.shown)
                )
        if ordered and not found and ordered[-1].high != self.max_score:
            found.append(
                _(
                    "“%(name)s”最高档应到满分 %(most)s 分，现到 %(high)s 分",
                    name=self.name,
                    most=self.max_score,
                    high=ordered[-1].high,
                )
            )
        return found


@dataclass(frozen=True)
class StageRule:
    """One leg of a race: months, lanes that run, yuan per lane and how many go on."""

    months: int
    lanes: int
    lane_yuan: int
    rule: str = "TOP_K"
    keep: int = 1
    pass_score: int = 60


@dataclass(frozen=True)
class Rules:
    """A programme's rules. Durations in days (`d`) or working days (`wd`), money in yuan."""

    programme: str = "揭榜挂帅"
    mode: str = "OPEN_CHALLENGE"
    min_open_days: int = 15
    unit_endorses: bool = True
    recommender_endorses: bool = True
    recommender_quota: int = 15
    max_partners: int = 4
    lead_bids_per_pi_per_list: int = 1
    matching_ratio_percent: int = 0
    required_slots: tuple[str, ...] = ("PROPOSAL", "PLEDGE")
    formal_check_wd: int = 10
    correction_wd: int = 3
    preview_days: int = 5
    panel_seats: dict[str, int] = field(default_factory=lambda: {"TECHNICAL": 3, "INDUSTRY": 1, "FINANCE": 1})
    standby_per_seat_type: int = 1
    #: `matched`: each bid is judged by `bid_seats` (seat type → experts), each expert judges from so many to so many.
    assignment: str = "panel"
    bid_seats: dict[str, int] = field(default_factory=dict)
    bids_per_expert: tuple[int, int] = (1, 20)
    #: Hours an invited expert has to answer, and from then on to sign the pledge (domain 2.5 TIMEOUT).
    invitation_hours: int = 48
    pledge_hours: int = 48
    #: Seats that must have scored before the collation; 0: every seat.
    quorum: int = 0
    odd_panel: bool = True
    #: Hours an expert has to answer the chair's question about a flagged score (domain 3.7).
    query_hours: int = 48
    #: 答辩 (domain 3.8): minutes of talk and of questions, minutes between two teams, persons a team may bring.
    defence: bool = False
    defence_minutes: tuple[int, int] = (20, 20)
    defence_buffer: int = 5
    defence_persons: int = 3
    criteria: tuple[CriterionRule, ...] = ()
    aggregation: str = "trim1"
    #: Seat type → per cent of the score, for `grouped` only; every seat type of the panel has one.
    class_weights: dict[str, int] = field(default_factory=dict)
    pass_score: int = 75
    quota_per_challenge: int = 1
    reserve_count: int = 1
    publicity_wd: int = 5
    contract_days: int = 20
    payment_plan: tuple[int, ...] = (40, 40, 20)
    milestone_pass_score: int = 60
    report_grace_days: int = 15
    race_stages: tuple[StageRule, ...] = ()
    user_opinion_required: bool = False
    #: 需求征集 (domain 2.1, 2.2). Off: the officer writes the challenges himself.
    collects_demands: bool = False
    min_collection_days: int = 10
    demand_max_months: int = 36
    #: Own money and cash for the solver, in per cent of the money asked for (local examples: 400 and 40).
    demand_match_percent: int = 0
    demand_cash_percent: int = 0
    demander_clean_years: int = 3
    appraisal_panel: int = 5
    appraisal_pass_score: int = 60
    #: Role codes that sign a list, in this order and each another person, before the leader approves it.
    list_signers: tuple[str, ...] = ()
    #: Recusal rule → years; a rule set may name some, the others keep their default.
    conflict_lookback_years: dict[str, int] = field(default_factory=lambda: dict(CONFLICT_LOOKBACK_YEARS))

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Rules:
        """Read `RuleSet.data`. Raises ValueError that names an unknown field."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise ValueError(f"unknown rule: {', '.join(unknown)}")
        values = dict(data)
        values["criteria"] = tuple(CriterionRule(**row) for row in data.get("criteria", []))
        values["race_stages"] = tuple(StageRule(**row) for row in data.get("race_stages", []))
        values["conflict_lookback_years"] = CONFLICT_LOOKBACK_YEARS | data.get("conflict_lookback_years", {})
        for name in ("required_slots", "payment_plan", "list_signers", "defence_minutes", "bids_per_expert"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)

    @property
    def is_matched(self) -> bool:
        return self.assignment == "matched"

    @property
    def judging_seats(self) -> dict[str, int]:
        """Seat type → how many of the panel judge each bid."""
        return self.bid_seats if self.is_matched else self.panel_seats

    @property
    def reviews_per_bid(self) -> int:
        return sum(self.judging_seats.values())

    @property
    def needed_seats(self) -> int:
        """How many experts must have scored before the secretary collates."""
        return self.quorum or sum(self.panel_seats.values())

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    def problems(self) -> list[Sentence]:
        """Sentences that keep a rule set from being published; empty when it is sound."""
        found = []
        total = sum(c.max_score for c in self.criteria)
        if total != 100:
            found.append(_("评审指标分值合计应为 100，现为 %(total)s", total=total))
        for criterion in self.criteria:
            found += criterion.band_problems()
        if sum(self.payment_plan) != 100:
            found.append(_("拨付比例合计应为 100%%，现为 %(total)s%%", total=sum(self.payment_plan)))
        seats = sum(self.panel_seats.values())
        is_odd = self.odd_panel and not self.is_matched
        if is_odd and (seats < 3 or seats % 2 == 0):
            found.append(_("评审组人数应为不少于 3 的单数，现为 %(seats)s", seats=seats))
        elif seats < 3:
            found.append(_("评审组人数应为不少于 3 的数，现为 %(seats)s", seats=seats))
        found += self._problems_of_rounds(seats)
        if self.aggregation not in AGGREGATIONS:
            known = {"most": AGGREGATIONS[:-1], "last": AGGREGATIONS[-1], "rule": self.aggregation or _("空")}
            found.append(_("汇总规则应为 %(most)s 或 %(last)s，现为 %(rule)s", **known))
        found += self._class_weight_problems()
        found += self._problems_of_matching()
        if self.aggregation == "trim1" and self.reviews_per_bid < 5:
            found.append(_("去掉最高最低分的规则要求评审组不少于 5 人"))
        if self.publicity_wd < 5:
            found.append(_("拟立项公示不得少于 5 个工作日"))
        if self.collects_demands and (self.appraisal_panel < 5 or self.appraisal_panel % 2 == 0):
            found.append(_("需求论证组人数应为不少于 5 的单数，现为 %(panel)s", panel=self.appraisal_panel))
        if unknown := sorted(set(self.list_signers) - set(LIST_SIGNERS)):
            found.append(_("榜单会签角色只能是 %(known)s，现有 %(unknown)s", known=LIST_SIGNERS, unknown=unknown))
        if len(set(self.list_signers)) < len(self.list_signers):
            found.append(_("榜单会签的每个角色只能出现一次"))
        if unknown := sorted(set(self.conflict_lookback_years) - set(CONFLICT_LOOKBACK_YEARS)):
            found.append(
                _(
                    "回避追溯年限只适用于 %(known)s，现有 %(unknown)s",
                    known=tuple(CONFLICT_LOOKBACK_YEARS),
                    unknown=unknown,
                )
            )
        if any(not 0 <= years <= 50 for years in self.conflict_lookback_years.values()):
            found.append(_("回避追溯年限应为 0（不限）至 50 年"))
        if self.mode == "HORSE_RACE" and not self.race_stages:
            found.append(_("赛马制至少要有一个阶段"))
        for before, after in zip(self.race_stages, self.race_stages[1:], strict=False):
            if before.keep != after.lanes:
                found.append(
                    _("上一阶段晋级 %(keep)s 家，下一阶段却有 %(lanes)s 条赛道", keep=before.keep, lanes=after.lanes)
                )
        return found

    def _class_weight_problems(self) -> list[Sentence]:
        """`grouped` needs a share for each seat type of the panel and for no other (domain 3.2: each class n ≥ 1)."""
        weights, seated = self.class_weights, {kind for kind, n in self.judging_seats.items() if n}
        if self.aggregation != "grouped":
            return [_("类别权重（class_weights）只用于 grouped 规则，请删去或改用该规则")] if weights else []
        found = []
        if missing := sorted(seated - set(weights)):
            found.append(_("按类别加权时每类席位都要有权重，缺少 %(missing)s", missing=missing))
        if absent := sorted(set(weights) - seated):
            found.append(_("有权重的类别在评审组中没有席位：%(absent)s", absent=absent))
        if odd := sorted(kind for kind, percent in weights.items() if type(percent) is not int or percent <= 0):
            found.append(_("类别权重应为大于 0 的整数百分比，请改正 %(odd)s", odd=odd))
        elif sum(weights.values()) != 100:
            found.append(_("类别权重合计应为 100%%，现为 %(total)s%%", total=sum(weights.values())))
        return found

    def _problems_of_matching(self) -> list[Sentence]:
        if self.assignment not in ASSIGNMENTS:
            known = {"one": ASSIGNMENTS[0], "other": ASSIGNMENTS[1], "rule": self.assignment or _("空")}
            return [_("评审分工应为 %(one)s 或 %(other)s，现为 %(rule)s", **known)]
        if not self.is_matched:
            return [_("每份申请的席位（bid_seats）只用于 matched 分工，请删去或改用该分工")] if self.bid_seats else []
        found, reviews = [], self.reviews_per_bid
        if self.odd_panel and (reviews < 3 or reviews % 2 == 0):
            found.append(_("每份申请的评审人数应为不少于 3 的单数，现为 %(reviews)s", reviews=reviews))
        elif reviews < 3:
            found.append(_("每份申请的评审人数应为不少于 3 的数，现为 %(reviews)s", reviews=reviews))
        if short := sorted(k for k, n in self.bid_seats.items() if not 0 <= n <= self.panel_seats.get(k, 0)):
            found.append(_("每份申请的席位不能多于评审组同类席位，请改正 %(short)s", short=short))
        if self.quorum:
            found.append(_("按匹配分工时不设法定人数：每份申请的评审都要评齐，请把 quorum 设为 0"))
        if len(self.bids_per_expert) != 2 or not 0 <= self.bids_per_expert[0] <= self.bids_per_expert[1]:
            found.append(_("每位专家承担的申请数（bids_per_expert）应写明最少和最多，且最少不大于最多"))
        return found

    def _problems_of_rounds(self, seats: int) -> list[Sentence]:
        found = []
        if self.quorum and not 3 <= self.quorum <= seats:
            found.append(
                _("评审法定人数应在 3 与评审组人数 %(seats)s 之间，现为 %(quorum)s", seats=seats, quorum=self.quorum)
            )
        elif self.odd_panel and self.quorum and self.quorum % 2 == 0:
            found.append(_("评审组须为单数，法定人数也应为单数，现为 %(quorum)s", quorum=self.quorum))
        if min(self.invitation_hours, self.pledge_hours, self.query_hours) < 1:
            found.append(_("专家答复邀请、签署承诺和答复询问的期限都不少于 1 小时"))
        if self.defence and (len(self.defence_minutes) != 2 or min(self.defence_minutes) < 1):
            found.append(_("答辩时长应写明陈述和提问的分钟数，都不少于 1 分钟"))
        if self.defence and self.defence_persons < 1:
            found.append(_("答辩到场人数上限不少于 1 人"))
        return found
