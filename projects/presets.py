"""Ready-made rule sets for 揭榜挂帅 and 赛马制 (domain 3.1.f, 4.2, 4.5). No Django import."""

from projects.rules import BandRule, CriterionRule, Rules, StageRule

_VETO = CriterionRule("VETO", "一票否决（诚信、安全、伦理、未覆盖全部指标）", 0, veto=True)

OPEN_CHALLENGE = Rules(
    programme="揭榜挂帅",
    mode="OPEN_CHALLENGE",
    criteria=(
        CriterionRule("GOAL", "目标与榜题一致性", 20),
        CriterionRule("ROUTE", "技术路线先进性与可行性", 25),
        CriterionRule("MILESTONES", "任务分解与里程碑合理性", 15),
        CriterionRule("TEAM", "团队与条件", 20),
        CriterionRule("BUDGET", "经费预算合理性", 10),
        CriterionRule("BENEFIT", "预期效益与应用前景", 10),
        _VETO,
    ),
    payment_plan=(40, 40, 20),
)

_RACE_CRITERIA = (
    CriterionRule("GOAL", "目标与榜题一致性", 15),
    CriterionRule("ROUTE", "技术路线先进性与可行性", 25),
    CriterionRule("DIVERSITY", "路线差异性", 10),
    CriterionRule("MILESTONES", "任务分解与里程碑合理性", 15),
    CriterionRule("TEAM", "团队与条件", 20),
    CriterionRule("BUDGET", "经费预算合理性", 5),
    CriterionRule("BENEFIT", "预期效益与应用前景", 10),
    _VETO,
)

HORSE_RACE = Rules(
    programme="赛马制",
    mode="HORSE_RACE",
    criteria=_RACE_CRITERIA,
    quota_per_challenge=3,
    payment_plan=(100,),
    race_stages=(
        StageRule(months=12, lanes=3, lane_yuan=1_000_000, rule="TOP_K", keep=2),
        StageRule(months=12, lanes=2, lane_yuan=1_500_000, rule="TOP_K_AND_THRESHOLD", keep=1, pass_score=75),
        StageRule(months=12, lanes=1, lane_yuan=4_000_000, rule="GATE_ONLY", keep=1),
    ),
)


def _bands(*rows: tuple[str, int, int]) -> tuple[BandRule, ...]:
    return tuple(BandRule(*row) for row in rows)


#: The technical experts' sheet of domain 3.1.b, gaps and all. Its item 5 multiplies the growth (A, whose bands
#: are below) by a feasibility coefficient (B) for which the source gives no numbers: B is left to the opinion.
BANDED = Rules(
    programme="揭榜挂帅（分档评分）",
    mode="OPEN_CHALLENGE",
    criteria=(
        CriterionRule(
            "STANDING", "企业状况", 20, bands=_bands(("国内前三", 16, 20), ("国内前十", 12, 15), ("其他", 0, 8))
        ),
        CriterionRule(
            "TECHNOLOGY", "项目技术评价", 30, bands=_bands(("领先", 24, 30), ("先进", 18, 23), ("一般", 0, 17))
        ),
        CriterionRule("BASIS", "前期基础", 20, bands=_bands(("扎实", 16, 20), ("较好", 12, 15), ("一般", 0, 11))),
        CriterionRule("MARKET", "市场评价", 15, bands=_bands(("广阔", 12, 15), ("较好", 9, 11), ("一般", 0, 8))),
        CriterionRule(
            "BENEFIT",
            "预期效益",
            15,
            bands=_bands(("增长 40% 以上", 12, 15), ("增长 30% 以上", 9, 11), ("增长不足 30%", 0, 8)),
        ),
        _VETO,
    ),
)

PRESETS = {"OPEN_CHALLENGE": OPEN_CHALLENGE, "HORSE_RACE": HORSE_RACE, "BANDED": BANDED}
